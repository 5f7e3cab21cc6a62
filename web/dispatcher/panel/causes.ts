// The causes and parts that an outage is closed with: dispatch/causes.py and dispatch/failed_equipment.py.

export const causes = [
  "tree",
  "wind",
  "lightning",
  "ice_or_snow",
  "flood",
  "animal",
  "vehicle",
  "dig_in",
  "vandalism",
  "equipment",
  "overload",
  "customer",
  "other",
  "unknown",
] as const;

export const failed_equipment = [
  "conductor",
  "connector",
  "insulator",
  "pole",
  "crossarm",
  "cable",
  "cable_joint",
  "fuse",
  "switch",
  "breaker",
  "arrester",
  "transformer",
  "protection",
  "service_drop",
  "meter",
  "none",
  "other",
  "unknown",
] as const;

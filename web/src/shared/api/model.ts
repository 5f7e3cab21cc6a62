// The shapes that the API answers with (api/schemas). Ids are text, times are ISO 8601 with zone.

export const outage_statuses = [
  "predicted",
  "confirmed",
  "partially_restored",
  "restored",
  "closed",
  "dismissed",
  "merged",
] as const;
export type OutageStatus = (typeof outage_statuses)[number];

export type OutageAction =
  | "confirm"
  | "dismiss"
  | "assign"
  | "reassign"
  | "recall"
  | "etr"
  | "restore"
  | "close"
  | "reopen"
  | "device"
  | "split"
  | "merge";

export const job_statuses = [
  "assigned",
  "accepted",
  "en_route",
  "on_site",
  "working",
  "finished",
  "declined",
  "recalled",
] as const;
export type JobStatus = (typeof job_statuses)[number];

export interface Job {
  id: string;
  kind: "repair" | "assessment" | "make_safe";
  outage_id: string | null;
  /** What it is to make safe, where it is no work on an outage. */
  hazard_id: string | null;
  crew_id: string;
  status: JobStatus;
  travel_minutes: number;
  travel_source: string;
  assigned_at: string;
  accepted_at: string | null;
  en_route_at: string | null;
  on_site_at: string | null;
  working_at: string | null;
  ended_at: string | null;
  ended_because: string | null;
}

export interface Candidate {
  device: string;
  phases: string;
  probability: number;
  equivalent: string[];
}

/** Why, as a code with values for a face to say in its language; `text` is the English of the engine. */
export interface Reason {
  code: string;
  values: Record<string, unknown>;
  text: string;
}

export interface Outage {
  id: string;
  version: number;
  network_version: number;
  status: OutageStatus;
  device: string;
  device_kind: string;
  phases: string;
  probability: number;
  candidates: Candidate[];
  reasons: Reason[];
  service_points_out: number;
  customers_out: number;
  reports_out: number;
  reports_on: number;
  hazards: string[];
  started_at: string;
  predicted_at: string;
  confirmed_at: string | null;
  restored_at: string | null;
  closed_at: string | null;
  etr_at: string | null;
  etr_source: string | null;
  etr_earliest: string | null;
  etr_latest: string | null;
  etr_warn_at: string | null;
  etr_lapsing_at: string | null;
  cause: string | null;
  dismissed_because: string | null;
  merged_into: string | null;
  split_from: string | null;
  device_told_at: string | null;
  reopened_at: string | null;
  incident_id: string | null;
  failed_equipment: string | null;
  failed_device: string | null;
  note: string | null;
  lon: number | null;
  lat: number | null;
  /** What may be done to it now. */
  allowed_actions: OutageAction[];
  jobs: Job[];
}

export interface Affected {
  id: string;
  customers: number;
  account: string | null;
  address: string | null;
  priority: string | null;
  phases_lost: string;
  /** It has supply left on another phase that it takes. */
  is_partly_out: boolean;
  from: string;
  to: string | null;
}

export interface Crew {
  id: string;
  name: string;
  skills: string[];
  /** From when until when, in order. */
  shifts: [string, string][];
  off_duty_because?: string;
  lon: number;
  lat: number;
  position_at: string;
}

export interface RankedCrew {
  crew_id: string;
  name: string;
  rank: number;
  fitting: boolean;
  /** Null where no road leads there. */
  arrival_at: string | null;
  arrival_if_sent_now_at: string | null;
  travel_minutes: number | null;
  distance_m: number;
  jobs_ahead: number;
  would_drop: string[];
  position_age_minutes: number;
  reasons: Reason[];
}

/** The crews for one outage, best first; `position` goes back with the order, so that nobody sends a crew twice. */
export interface Ranking {
  position: number;
  travel_source: string;
  why_not_nearest: Reason | null;
  crews: RankedCrew[];
}

export interface Change {
  position: number;
  recorded_at: string;
  occurred_at: string;
  name: string;
  actor: string;
  subject: string;
  outage_id: string | null;
  data: ChangeData;
}

export interface ChangeData {
  /** Of a danger whose clock runs out: its stage and `_soon` or `_over`. */
  warnings?: string[];
  values?: Record<string, { old: unknown; new: unknown }>;
  interruptions?: {
    withdrawn?: string[];
    started?: Record<string, Record<string, number>>;
    ended?: Record<string, string[]>;
    moved_to?: string;
  };
  hazards?: string[];
  /** What everybody of an outage was warned of. */
  danger?: string;
  /** Of an outage that came into an incident, or left it. */
  incident?: string;
  /** Of a call-back: whom, and what was said. */
  service_point?: string;
  outcome?: string;
  /** What a crew used on a job. */
  materials?: { kind: string; quantity: number }[];
  /** Why an outage was reopened. */
  reason?: string;
  /** The time that a crew said, or that is about to lapse. */
  etr_at?: string;
  /** The step of a switching order that was instructed or executed. */
  step?: { number: number; action?: string; device?: string; executed_at?: string };
  /** The steps of a switching order that were drafted, or set anew. */
  steps?: Record<string, unknown>[];
}

export interface NetworkInForce {
  network_version: number;
  name: string;
  counts: Record<string, number>;
  /** West, south, east, north in degrees; null where nothing has a place. */
  bounds: [number, number, number, number] | null;
}

/** One thing that a search found. */
export interface Found {
  kind: "service_point" | "device" | "street" | "district" | "substation" | "feeder";
  id: string;
  /** The address of a service point, else the name. */
  title: string;
  account: string | null;
  matched: "account" | "meter" | "phone" | "id" | "address" | "place";
  customers: number | null;
  lon: number | null;
  lat: number | null;
}

/** One device, with what it feeds in the normal state. */
export interface Device {
  id: string;
  kind: string;
  phases: string;
  service_points: number;
  customers: number;
  /** The nodes at its two ends; of a service point the one that it hangs on. */
  from_node: string | null;
  to_node: string | null;
  lon: number | null;
  lat: number | null;
}

/** What of an outage (null: of none yet) the network in force no longer has in its place. */
export interface Loss {
  reason:
    | "device_gone"
    | "service_points_gone"
    | "service_points_moved"
    | "evidence_gone"
    | "switches_gone"
    | "tagged_gone"
    | "temporary_gone";
  outage_id: string | null;
  ids: string[];
}

export interface SignedInAs {
  name: string;
  roles: string[];
  crew_id: string | null;
  account: string | null;
  /** Of a guest crew: until when its leave lasts, by Relight's clock. */
  guest_until?: string | null;
}

export interface ClockAnswer {
  now: string;
  speed: number;
}

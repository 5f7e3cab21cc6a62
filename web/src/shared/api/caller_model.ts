// The shapes of the caller's view that the API answers with (api/schemas/callers.py).

export const hazard_kinds = [
  "wire_down",
  "fire",
  "smoke",
  "burning_smell",
  "tree_on_line",
  "blocked_road",
  "other",
] as const;
export type HazardKind = (typeof hazard_kinds)[number];

export interface PathDevice {
  id: string;
  kind: string;
  phases: string;
  name: string | null;
  is_switched_open: boolean;
  outage_id: string | null;
}

export type AnswerCode =
  | "disconnected"
  | "known_outage"
  | "planned_outage"
  | "planned_overrun"
  | "meter_on"
  | "only_this_house"
  | "nothing_known";

export interface HouseholdAnswer {
  code: AnswerCode;
  take_report: boolean;
  /** What to say, by language. */
  texts: Record<string, string>;
}

/** One household that called, for the map of the desk; without an outage its call waits to be explained. */
export interface CallMark {
  service_point: string;
  lon: number;
  lat: number;
  at: string;
  calls: number;
  kind: "hazard" | "out" | "partial";
  hazard: string | null;
  outage_id: string | null;
}

/** Those that called last, and how many households and calls there are in sight. */
export interface CallMarks {
  marks: CallMark[];
  households: number;
  calls: number;
}

export interface HouseholdCall {
  at: string;
  hazard: string | null;
  are_neighbours_out: boolean;
  is_call_back_wanted: boolean;
}

export interface PastInterruption {
  started_at: string;
  ended_at: string | null;
  kind: string;
  cause: string | null;
}

export interface CallerHousehold {
  service_point: string;
  address: string | null;
  account: string | null;
  meter: string | null;
  customers: number;
  phases: string;
  priority: string | null;
  name: string | null;
  phone: string | null;
  language: string | null;
  lon: number | null;
  lat: number | null;
  path: PathDevice[];
  is_path_normal: boolean;
  answer: HouseholdAnswer;
  is_supplied: boolean;
  outage_id: string | null;
  etr_at: string | null;
  etr_earliest: string | null;
  etr_latest: string | null;
  etr_source: string | null;
  history: {
    calls_today: number;
    calls: HouseholdCall[];
    interruptions: PastInterruption[];
    interruptions_in_year: number;
    minutes_in_year: number;
  };
  coming: { planned_outage_id: string; starts_at: string; ends_at: string }[];
}

export interface CallTaken {
  id: string;
  service_point: string | null;
  is_new: boolean;
  meters_asked: number;
}

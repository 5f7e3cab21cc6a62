// The shapes of promises that the API answers with (api/schemas/promises.py). Times are ISO 8601 with zone.

export type ClockState = "running" | "warning" | "kept" | "breached" | "paused" | "not_applicable";

export interface PromiseClock {
  promise: string;
  measures: string;
  state: ClockState;
  because: string | null;
  started_at: string | null;
  due_at: string | null;
  stopped_at: string | null;
  warn_at: string | null;
  slack_minutes: number | null;
}

export interface ArrivalProof {
  job_id: string;
  crew_id: string;
  tap_at: string | null;
  tap_recorded_at: string | null;
  tap_change: number | null;
  position_at: string | null;
  position_recorded_at: string | null;
  position_distance_m: number | null;
  lon: number | null;
  lat: number | null;
}

export interface PromisePause {
  id: number;
  reason: string;
  note: string | null;
  started_at: string;
  started_by: string;
  ended_at: string | null;
  ended_by: string | null;
}

export interface OutagePromises {
  outage_id: string;
  area_class: string;
  area_source: string;
  area_named: string | null;
  customers_per_km2: number | null;
  rules_version: string;
  clocks: PromiseClock[];
  /** The one that is due next; where all that is owed is late, the one that is so longest. */
  next_clock: PromiseClock | null;
  first_reports: { kind: string; evidence_id: string; at: string }[];
  arrival: ArrivalProof | null;
  proofs: ArrivalProof[];
  /** What does not fit together about an arrival, by job. */
  flags: Record<string, string[]>;
  pauses: PromisePause[];
}

export interface Breach {
  outage_id: string;
  device: string;
  outage_status: string;
  customers_out: number;
  promise: string;
  measures: string;
  area_class: string;
  area_source: string;
  started_at: string | null;
  report_id: string | null;
  due_at: string | null;
  ended_at: string | null;
  late_minutes: number;
  restored_at: string | null;
  restored_change: number | null;
  breach_change: number | null;
  rules_version: string;
  arrival: ArrivalProof | null;
  flags: string[];
  pauses: PromisePause[];
}

export const pause_reasons = [
  "access_refused",
  "unsafe_weather",
  "unsafe_site",
  "road_blocked",
  "customer_asked",
] as const;

// Planned outages, as api/schemas/planned_outages.py tells them.
import type { Change } from "./model";

export type PlannedStatus =
  | "requested"
  | "studied"
  | "approved"
  | "published"
  | "notified"
  | "executing"
  | "ended"
  | "closed"
  | "withdrawn"
  | "cancelled";

export type PlannedAction =
  | "amend"
  | "study"
  | "approve"
  | "return"
  | "publish"
  | "times"
  | "begin"
  | "end"
  | "close"
  | "cancel";

export interface PlannedOutage {
  id: string;
  version: number;
  status: PlannedStatus;
  work: "planned" | "temporary";
  device: string | null;
  crew_id: string | null;
  starts_at: string;
  ends_at: string;
  duration_minutes: number;
  text: string;
  requested_by: string;
  requested_at: string;
  approved_by: string | null;
  approved_at: string | null;
  overridden_because: string | null;
  reason: string | null;
  published_at: string | null;
  begun_at: string | null;
  ended_at: string | null;
  overrun_at: string | null;
  service_points: number;
  customers: number;
  version_number: number;
  study_is_old: boolean;
  orders: string[];
  notices: number;
  breaches: number;
  calls_after_end: number;
  allowed_actions: PlannedAction[];
}

export interface PlannedConflict {
  code: string;
  is_hard: boolean;
  is_remark: boolean;
  values: Record<string, unknown>;
  text: string;
}

export interface PlannedVersion {
  number: number;
  recorded_at: string;
  recorded_by: string;
  source: "switching" | "device" | "service_points";
  customers: number;
  service_points: string[];
  added: string[];
  removed: string[];
}

export interface PlannedNotice {
  id: number;
  rule: string | null;
  kind: string;
  due_at: string | null;
  queued_at: string | null;
  breach: "queued_late" | "missed" | "not_delivered" | null;
  service_points: number;
  unreached: string[];
  messages: Record<string, number>;
}

export type PlannedChange = Pick<Change, "position" | "name" | "actor" | "occurred_at" | "data">;

/** A time as clocks of a zone show it; `which` where they show it twice. */
export interface LocalTime {
  local: string;
  zone: string;
  which: "earlier" | "later" | null;
}

// The shapes of hazards and damage that the API answers with (api/schemas/hazards.py).
import type { Job } from "./model";

export type HazardStatus = "raised" | "acknowledged" | "attended" | "made_safe" | "closed";
export const hazard_outcomes = ["made_safe", "nothing_found", "not_ours"] as const;
export type HazardOutcome = (typeof hazard_outcomes)[number];
export const authorities = ["police", "fire_brigade", "other"] as const;

/** A danger to people as the log tells it: a field without a value is absent. */
export interface LoggedHazard {
  id: string;
  version: number;
  kind: string;
  /** 1 imminent danger, 2 danger, 3 nuisance. */
  level: 1 | 2 | 3;
  status: HazardStatus;
  lon?: number;
  lat?: number;
  service_point?: string;
  device?: string;
  outage_id?: string;
  reports: number;
  raised_at: string;
  acknowledge_by: string;
  attend_by: string;
  make_safe_by: string;
  relieve_by?: string;
  acknowledged_at?: string;
  attended_at?: string;
  made_safe_at?: string;
  waiting_authority?: string;
  waiting_since?: string;
  warned: string[];
}

/** One hazard as it is asked for; `missing` is what closing it lacks. */
export interface Hazard {
  id: string;
  status: HazardStatus;
  note: string | null;
  outcome: HazardOutcome | null;
  found_by: string | null;
  found_at: string | null;
  skills: string[];
  make_safe_minutes: number;
  missing: string[];
  photos: string[];
  jobs: Job[];
}

export interface HazardReport {
  evidence_id: string;
  kind: string;
  at: string;
  source: string;
  service_point: string | null;
  text: string | null;
  photos: string[];
}

/** A customer's call with photos, in their own words. */
export interface PhotographedCall {
  evidence_id: string;
  at: string;
  source: string;
  service_point: string | null;
  hazard: string | null;
  text: string | null;
  photos: string[];
}

export const damage_kinds = [
  "pole",
  "crossarm",
  "insulator",
  "conductor",
  "cable",
  "joint",
  "transformer",
  "switchgear",
  "fuse",
  "service_line",
  "meter",
  "tree",
  "other",
] as const;
export type DamageKind = (typeof damage_kinds)[number];

export interface DamageReport {
  id: string;
  reported_by: string;
  occurred_at: string;
  items: { kind: DamageKind; count: number }[];
  skills: string[];
  repair_minutes: number;
  is_access_blocked: boolean;
  access: string | null;
  note: string | null;
  photos: string[];
  replaced_by: string | null;
}

export interface DamageReports {
  reports: DamageReport[];
  forecast: { minutes: number; skills: string[]; source: string; assessed_at: string | null };
}

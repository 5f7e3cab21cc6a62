// What a crew tells, as it is kept on the phone until Relight has taken or refused it.
import type { DamageKind, HazardOutcome } from "../../src/shared/api/hazard_model";
import type { JobStatus } from "../../src/shared/api/model";

export interface Finding {
  device: string;
  result: "open" | "damaged" | "ok";
}

/** What every report says of itself; the same body is sent however often it takes. */
interface Body {
  /** By Relight's clock, as this phone knew it. */
  occurred_at: string;
  /** What the phone's own clock showed, which may be hours off. */
  phone_at?: string;
  client_event_id: string;
}

/** One step of a job, as it happened. */
export interface ReportBody extends Body {
  status: JobStatus;
  finding?: Finding;
  etr_at?: string;
  reason?: string;
  hazard_outcome?: HazardOutcome;
}

/** What is broken; `replaces` is the number of the report that it corrects. */
export interface DamageBody extends Body {
  items: { kind: DamageKind; count: number }[];
  skills: string[];
  repair_minutes: number;
  is_access_blocked: boolean;
  access: string | null;
  note: string | null;
  replaces: string | null;
}

export const material_kinds = [
  "pole",
  "crossarm",
  "insulator",
  "conductor_metres",
  "cable_metres",
  "service_line_metres",
  "joint",
  "fuse",
  "arrester",
  "switchgear",
  "transformer",
  "meter",
  "other",
] as const;
export type MaterialKind = (typeof material_kinds)[number];

/** What was used: metres or pieces, as the kind says. */
export interface MaterialsBody extends Body {
  items: { kind: MaterialKind; quantity: number }[];
}

/** A photo goes ahead of what names it. `refused`: Relight cannot read it; the report goes without it. */
export interface KeptPhoto {
  id: string;
  state: "waiting" | "sent" | "refused";
}

interface Kept {
  /** Given by the database, in the order of tapping. */
  sequence?: number;
  /** Under which name it was done; it is sent under no other. */
  account: string;
  job_id: string;
  device: string;
  state: "waiting" | "sent" | "refused";
  /** What Relight said of one that it took: now, or before, its answer being lost. */
  outcome?: "applied" | "already_applied";
  /** By the phone's own clock. */
  answered_at?: string;
  refusal?: { code: string; text: string; status?: JobStatus; fields?: Record<string, unknown> };
}

/** A step; those kept before there was anything else name no kind. */
export interface StepReport extends Kept {
  kind?: "step";
  body: ReportBody;
}

export interface MaterialsReport extends Kept {
  kind: "materials";
  body: MaterialsBody;
}

/** Police or fire brigade, who waited at a danger, may go. */
export interface ReliefReport extends Kept {
  kind: "relief";
  hazard_id: string;
  body: Body;
}

export interface DamageReportKept extends Kept {
  kind: "damage";
  outage_id: string;
  photos: KeptPhoto[];
  body: DamageBody;
  /** The correction was written while the report that it corrects still waited: that one's client_event_id. */
  corrects?: string;
  /** The number that Relight gave it. */
  taken_as?: string;
  /** All its photos were sent a second time, since Relight no longer had one of them. */
  is_sent_anew?: boolean;
}

/** Photos of a danger. */
export interface HazardPhotos extends Kept {
  kind: "hazard_photos";
  hazard_id: string;
  photos: KeptPhoto[];
  body: Body;
  is_sent_anew?: boolean;
}

export type Report = StepReport | MaterialsReport | ReliefReport | DamageReportKept | HazardPhotos;
export type PhotoReport = DamageReportKept | HazardPhotos;

export function is_step(report: Report): report is StepReport {
  return report.kind === undefined || report.kind === "step";
}

export function has_photos(report: Report): report is PhotoReport {
  return report.kind === "damage" || report.kind === "hazard_photos";
}

/** What was filled in of a form and not sent yet, with the ids of the photos taken for it. */
export interface Draft {
  account: string;
  photos: string[];
  form: unknown;
}

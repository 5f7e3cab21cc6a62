// What a crew tells, as it is kept on the phone until Relight has taken or refused it.
import type { DamageKind, HazardOutcome } from "../../src/shared/api/hazard_model";
import type { JobStatus } from "../../src/shared/api/model";

export interface Finding {
  device: string;
  result: "open" | "damaged" | "ok";
}

/** One step of a job, as it happened; the same body is sent however often it takes. */
export interface ReportBody {
  status: JobStatus;
  occurred_at: string;
  client_event_id: string;
  finding?: Finding;
  etr_at?: string;
  reason?: string;
  hazard_outcome?: HazardOutcome;
}

/** What is broken; `replaces` is the number of the report that it corrects. */
export interface DamageBody {
  items: { kind: DamageKind; count: number }[];
  skills: string[];
  repair_minutes: number;
  is_access_blocked: boolean;
  access: string | null;
  note: string | null;
  occurred_at: string;
  client_event_id: string;
  replaces: string | null;
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
  refusal?: { code: string; text: string; status?: JobStatus; fields?: Record<string, unknown> };
}

/** A step; those kept before there was anything else name no kind. */
export interface StepReport extends Kept {
  kind?: "step";
  body: ReportBody;
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
  body: { occurred_at: string; client_event_id: string };
  is_sent_anew?: boolean;
}

export type Report = StepReport | DamageReportKept | HazardPhotos;
export type PhotoReport = DamageReportKept | HazardPhotos;

export function is_step(report: Report): report is StepReport {
  return report.kind === undefined || report.kind === "step";
}

/** What was filled in of a form and not sent yet, with the ids of the photos taken for it. */
export interface Draft {
  account: string;
  photos: string[];
  form: unknown;
}

// The journal of the phone: one line for everything that was tapped, with when, and what Relight said to it.
import type { JobStatus } from "../../src/shared/api/model";
import { has_photos, type Report } from "../outbox/reports";

export interface JournalEntry {
  client_event_id: string;
  /** In the order of tapping. */
  sequence: number;
  account: string;
  job_id: string;
  device: string;
  kind: "step" | "materials" | "relief" | "damage" | "hazard_photos";
  /** The step, and whether it only said another time. */
  status?: JobStatus;
  etr_at?: string;
  photos: { id: string; state: "waiting" | "sent" | "refused" }[];
  /** By Relight's clock, and by the phone's own. */
  occurred_at: string;
  phone_at?: string;
  outcome: "waiting" | "applied" | "already_applied" | "refused";
  /** Why it was refused: the code, and the status that the job had. */
  code?: string;
  now_status?: JobStatus;
  /** By the phone's own clock. */
  answered_at?: string;
}

/** The line of a report as it stands. */
export function entry_of(report: Report): JournalEntry {
  const { body, refusal } = report;
  const outcome = report.state === "sent" ? (report.outcome ?? "applied") : report.state;
  const is_step = report.kind === undefined || report.kind === "step";
  return {
    client_event_id: body.client_event_id,
    sequence: report.sequence ?? 0,
    account: report.account,
    job_id: report.job_id,
    device: report.device,
    kind: report.kind ?? "step",
    ...(is_step && { status: report.body.status }),
    ...(is_step && report.body.etr_at && { etr_at: report.body.etr_at }),
    photos: has_photos(report) ? report.photos.map(({ id, state }) => ({ id, state })) : [],
    occurred_at: body.occurred_at,
    ...(body.phone_at && { phone_at: body.phone_at }),
    outcome,
    ...(refusal && { code: refusal.code }),
    ...(refusal?.status && { now_status: refusal.status }),
    ...(report.answered_at && { answered_at: report.answered_at }),
  };
}

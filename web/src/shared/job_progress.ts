// Where a job stands on its way. The server decides what is allowed; this spares people buttons it would refuse.
import type { Job, JobStatus } from "./api/model";

/** The way of a job that goes well. */
export const job_way = ["assigned", "accepted", "en_route", "on_site", "working", "finished"] as const;

export type EndedJobStatus = "finished" | "declined" | "recalled";
export type ActiveJobStatus = Exclude<JobStatus, EndedJobStatus>;

const ended: readonly JobStatus[] = ["finished", "declined", "recalled"];

export function is_active<Some extends { status: JobStatus }>(
  job: Some,
): job is Some & { status: ActiveJobStatus } {
  return !ended.includes(job.status);
}

/** When a job took a status; null if it has not, or if it is not known. */
export function reached_at(job: Job, status: JobStatus): string | null {
  switch (status) {
    case "assigned":
      return job.assigned_at;
    case "accepted":
      return job.accepted_at ?? null;
    case "en_route":
      return job.en_route_at ?? null;
    case "on_site":
      return job.on_site_at ?? null;
    case "working":
      return job.working_at ?? null;
    default:
      return job.status === status ? (job.ended_at ?? null) : null;
  }
}

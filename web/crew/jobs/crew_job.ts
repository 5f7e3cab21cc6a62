// A job as a crew sees it, and the step that comes next on its way.
import type { Job, JobStatus, OutageStatus } from "../../src/shared/api/model";
import type { ActiveJobStatus } from "../../src/shared/job_progress";

export interface CrewJob extends Job {
  /** The steps that may be reported next, as Relight says. */
  allowed_actions: (Step | "declined")[];
  /** The outage's: of two answers about a job, the one with the higher version is newer. */
  version: number;
  outage_status: OutageStatus;
  device: string;
  device_kind: string;
  phases: string;
  lon: number | null;
  lat: number | null;
  /** The address nearest to the device, and how far off it is. */
  address: string | null;
  address_distance_m: number | null;
  service_points_out: number;
  customers_out: number;
  hazards: string[];
  started_at: string;
  etr_at: string | null;
  etr_source: string | null;
  etr_earliest: string | null;
  etr_latest: string | null;
  hazard_kind: string | null;
  hazard_level: 1 | 2 | 3 | null;
  waiting_authority: string | null;
}

/** What `/api/jobs/mine` answers, and its stream tells. */
export interface CrewJobs {
  position: number;
  crew_id: string;
  crew_name: string | null;
  jobs: CrewJob[];
}

export type Step = Exclude<ActiveJobStatus, "assigned"> | "finished";

/** The step that comes next when all goes well. */
const next_steps: Record<ActiveJobStatus, Step> = {
  assigned: "accepted",
  accepted: "en_route",
  en_route: "on_site",
  on_site: "working",
  working: "finished",
};

/** The large button: the step that comes next when all goes well, if Relight takes it; null once the job has ended. */
export function next_step(job: CrewJob): Step | null {
  const step = (next_steps as Partial<Record<JobStatus, Step>>)[job.status] ?? null;
  return step && job.allowed_actions.includes(step) ? step : null;
}

/** What may follow a step that Relight has not heard of yet: without signal nobody else can say. */
export function expected_actions(status: JobStatus): CrewJob["allowed_actions"] {
  const next = (next_steps as Partial<Record<JobStatus, Step>>)[status];
  if (!next) return [];
  if (status === "accepted") return [next, "declined"];
  return status === "on_site" ? [next, "finished"] : [next];
}

/** Metres between two places in degrees (haversine). */
export function metres_between(a: { lon: number; lat: number }, b: { lon: number; lat: number }): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const north = radians(b.lat - a.lat);
  const east = radians(b.lon - a.lon);
  const chord =
    Math.sin(north / 2) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(east / 2) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.sqrt(chord));
}

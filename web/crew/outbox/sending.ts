// How each kind of report goes out. Photos go ahead of what names them, one a turn, so that a step never waits for more
// than one of them.
import { Refusal } from "../../src/shared/api/errors";
import type { DamageReport } from "../../src/shared/api/hazard_model";
import { send_photo_in_parts } from "../../src/shared/api/photos";
import { post } from "../../src/shared/api/request";
import type { CrewJob } from "../jobs/crew_job";
import type {
  DamageReportKept,
  HazardPhotos,
  KeptPhoto,
  MaterialsReport,
  PhotoReport,
  ReliefReport,
  StepReport,
} from "./reports";

/** What Relight says of a report that it took: now, or before, its answer having been lost. */
interface Taken {
  outcome?: "applied" | "already_applied";
}

/** Relight does not keep such a photo, however often it is sent. */
const PHOTO_IS_NONE = ["photo_refused", "too_large", "malformed"];

/** Send a step; return the job as it is now. */
export async function send_step(report: StepReport): Promise<CrewJob> {
  const path = `/api/jobs/${encodeURIComponent(report.job_id)}/progress`;
  const { outcome, ...job } = await post<CrewJob & Taken>(path, report.body);
  report.outcome = outcome ?? "applied";
  return job as CrewJob;
}

export async function send_materials(report: MaterialsReport): Promise<void> {
  const path = `/api/jobs/${encodeURIComponent(report.job_id)}/materials`;
  report.outcome = (await post<Taken>(path, report.body)).outcome ?? "applied";
}

export async function send_relief({ hazard_id, body }: ReliefReport): Promise<void> {
  const path = `/api/hazards/${encodeURIComponent(hazard_id)}/authority-relieved`;
  await post(path, { at: body.occurred_at, client_event_id: body.client_event_id });
}

/** Send the next photo that waits; return whether there was one. Throws Away or Refusal. */
export async function send_next_photo(
  report: PhotoReport,
  photo_of: (id: string) => Promise<Blob | undefined>,
): Promise<boolean> {
  const next = report.photos.find((photo) => photo.state === "waiting");
  if (!next) return false;
  next.state = await photo_state(next, photo_of);
  return true;
}

async function photo_state(
  photo: KeptPhoto,
  photo_of: (id: string) => Promise<Blob | undefined>,
): Promise<KeptPhoto["state"]> {
  const content = await photo_of(photo.id);
  // Cleared by the browser: the words of the report are worth sending all the same.
  if (!content) return "refused";
  try {
    await send_photo_in_parts(photo.id, content);
  } catch (error) {
    if (error instanceof Refusal && PHOTO_IS_NONE.includes(error.code)) return "refused";
    throw error;
  }
  return "sent";
}

/** Send a report whose photos have arrived. */
export async function send_with_photos(report: PhotoReport): Promise<void> {
  const photos = report.photos.filter(({ state }) => state === "sent").map(({ id }) => id);
  if (report.kind === "damage") await send_damage(report, photos);
  else await send_hazard_photos(report, photos);
}

/** Photos that no report named are removed after a time: then they have to be sent once more. */
export function lacks_a_photo(error: Refusal): boolean {
  return error.code === "unknown" && error.fields.kind === "photo";
}

async function send_damage(report: DamageReportKept, photos: string[]): Promise<void> {
  const path = `/api/outages/${encodeURIComponent(report.outage_id)}/damage`;
  report.taken_as = (await post<DamageReport>(path, { ...report.body, photos })).id;
}

async function send_hazard_photos(report: HazardPhotos, photos: string[]): Promise<void> {
  if (photos.length) await post(`/api/hazards/${encodeURIComponent(report.hazard_id)}/photos`, { photos });
}

// A photo goes out under an id of this page's own making, before the report that names it.
import { Away } from "./errors";
import { relight_header } from "./face";
import { refusal_of } from "./request";

/** A photo over a weak line takes its time. */
const LONGEST_WAIT_MS = 120_000;

/** Send a photo; sent again under its id it is the same one. Throws Away or Refusal. */
export async function send_photo(id: string, photo: Blob): Promise<void> {
  const asked_at_ms = performance.now();
  let response: Response;
  try {
    response = await fetch(photo_address(id), {
      method: "PUT",
      headers: { "Content-Type": photo.type || "image/jpeg", ...relight_header() },
      body: photo,
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    });
  } catch {
    throw new Away("network");
  }
  if (!response.ok) throw await refusal_of(response, asked_at_ms);
}

export function photo_address(id: string): string {
  return `/api/photos/${encodeURIComponent(id)}`;
}

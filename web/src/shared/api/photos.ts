// A photo goes out under an id of this page's own making, before the report that names it.
import { Away } from "./errors";
import { relight_header } from "./face";
import { ask, refusal_of } from "./request";

/** A photo over a weak line takes its time. */
const LONGEST_WAIT_MS = 120_000;
/** Over a weak line some ten seconds: as much as a cut may cost. */
const PART_BYTES = 128 * 1024;

/** How much of a photo Relight has. */
interface PhotoPart {
  status: "partial" | "accepted" | "duplicate";
  received: number;
}

/** Send a photo; sent again under its id it is the same one. Throws Away or Refusal. */
export async function send_photo(id: string, photo: Blob): Promise<void> {
  await put(photo_address(id), photo, photo.type || "image/jpeg");
}

/** Send a photo part by part: what arrived before a cut is not sent again. Throws Away or Refusal. */
export async function send_photo_in_parts(id: string, photo: Blob): Promise<void> {
  if (photo.size <= PART_BYTES) return send_photo(id, photo);
  const address = `${photo_address(id)}/parts`;
  let at = await ask<PhotoPart>(address);
  // As often as there are parts, and once more for each that may have to be sent again.
  for (let turns = 2 * Math.ceil(photo.size / PART_BYTES); at.status === "partial"; turns -= 1) {
    if (turns < 0) throw new Away("server");
    // All there and not yet a photo: the first part is enough to make Relight look at it.
    const begins_at = at.received < photo.size ? at.received : 0;
    const part = photo.slice(begins_at, begins_at + PART_BYTES);
    const response = await put(
      `${address}?begins_at=${begins_at}&whole=${photo.size}`,
      part,
      "application/octet-stream",
    );
    at = (await response.json().catch(() => Promise.reject(new Away("server")))) as PhotoPart;
  }
}

async function put(address: string, content: Blob, type: string): Promise<Response> {
  const asked_at_ms = performance.now();
  let response: Response;
  try {
    response = await fetch(address, {
      method: "PUT",
      headers: { "Content-Type": type, ...relight_header() },
      body: content,
      signal: AbortSignal.timeout(LONGEST_WAIT_MS),
    });
  } catch {
    throw new Away("network");
  }
  if (!response.ok) throw await refusal_of(response, asked_at_ms);
  return response;
}

export function photo_address(id: string): string {
  return `/api/photos/${encodeURIComponent(id)}`;
}

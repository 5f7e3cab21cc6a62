// The pieces of the map around the jobs, fetched while there is signal. The service worker keeps every piece that was
// asked for (service_worker.js); here they are only asked for, and let go.
import { relight_header } from "../../src/shared/api/face";

/** As in service_worker.js. */
const PIECES = "relight-crew-tiles";
/** How many pieces to each side of the one a job lies in, by zoom: from afar the region, near by the street. */
const AROUND: Record<number, number> = { 8: 1, 10: 1, 12: 1, 13: 1, 14: 1, 15: 2, 16: 2, 17: 3 };
const MOST_PIECES = 3_000;
const AT_ONCE = 3;

let fetching = new AbortController();

interface Place {
  lon: number;
  lat: number;
}

/** The addresses of the pieces around places, nearest to how they are first seen first. */
export function piece_addresses(network_version: number, places: readonly Place[]): string[] {
  const found = new Set<string>();
  for (const { lon, lat } of places) {
    for (const [zoom, around] of Object.entries(AROUND)) {
      const side = 2 ** Number(zoom);
      const x = Math.floor(((lon + 180) / 360) * side);
      const y = Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * side);
      for (let column = x - around; column <= x + around; column += 1) {
        for (let row = y - around; row <= y + around; row += 1) {
          if (column < 0 || row < 0 || column >= side || row >= side) continue;
          found.add(`/api/tiles/${network_version}/${zoom}/${column}/${row}.mvt`);
        }
      }
    }
  }
  return [...found].slice(0, MOST_PIECES);
}

/** Fetch the pieces that are not on the phone yet; those of another network go. Without signal it gives up. */
export async function fetch_map_pieces(network_version: number, places: readonly Place[]): Promise<void> {
  // Without https there is neither a cache nor a service worker to fill it.
  if (!("caches" in globalThis) || !navigator.serviceWorker?.controller) return;
  const { signal } = fetching;
  const pieces = await caches.open(PIECES);
  const kept = new Set<string>();
  for (const { url } of await pieces.keys()) {
    const { pathname } = new URL(url);
    if (pathname.startsWith(`/api/tiles/${network_version}/`)) kept.add(pathname);
    else await pieces.delete(url);
  }
  const missing = piece_addresses(network_version, places).filter((address) => !kept.has(address));
  const fetch_on = async (): Promise<void> => {
    for (let next = missing.shift(); next; next = missing.shift()) {
      const answer = await fetch(next, { headers: relight_header(), signal });
      if (!answer.ok) return;
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetch_on)).catch(() => undefined);
}

/** Let all pieces go: to make room, or since nobody is signed in any more. */
export async function forget_map_pieces(): Promise<void> {
  fetching.abort();
  fetching = new AbortController();
  if ("caches" in globalThis) await caches.delete(PIECES).catch(() => false);
}

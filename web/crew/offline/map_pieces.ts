// The pieces of the map around the jobs, fetched while there is signal. The service worker keeps every piece that was
// asked for (service_worker.js); here they are only asked for, and let go.
import { relight_header } from "../../src/shared/api/face";
import { ask } from "../../src/shared/api/request";
import type { BaseMapDetails } from "../../src/shared/map/base_map";
import { is_tile_of, tile_address } from "../../src/shared/map/tile_address";

/** As in service_worker.js. */
const PIECES = "relight-crew-tiles";
/** How many pieces to each side of the one a job lies in, by zoom: from afar the region, near by the street. */
const AROUND: [zoom: number, pieces: number][] = [
  [8, 1],
  [10, 1],
  [12, 1],
  [13, 1],
  [14, 1],
  [15, 2],
  [16, 2],
  [17, 3],
];
const MOST_PIECES = 3_000;
const AT_ONCE = 3;

let fetching = new AbortController();

interface Place {
  lon: number;
  lat: number;
}

/** The numbers `zoom/column/row` of the pieces around places, nearest to how they are first seen first. */
function numbers_around(
  places: readonly Place[],
  zooms: readonly [zoom: number, around: number][],
): string[] {
  const found = new Set<string>();
  for (const { lon, lat } of places) {
    for (const [zoom, around] of zooms) {
      const side = 2 ** zoom;
      const x = Math.floor(((lon + 180) / 360) * side);
      const y = Math.floor(((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * side);
      for (let column = x - around; column <= x + around; column += 1) {
        for (let row = y - around; row <= y + around; row += 1) {
          if (column >= 0 && row >= 0 && column < side && row < side) found.add(`${zoom}/${column}/${row}`);
        }
      }
    }
  }
  return [...found];
}

/** The addresses of the pieces of the network around places. */
export function piece_addresses(network_version: number, places: readonly Place[]): string[] {
  return numbers_around(places, AROUND)
    .map((numbers) => tile_address(network_version, numbers))
    .slice(0, MOST_PIECES);
}

/** The addresses of the pieces of a base map around places: pictures are half as large, and one zoom farther in. */
export function base_map_addresses(base_map: BaseMapDetails, places: readonly Place[]): string[] {
  const { kind, made, lowest_zoom, highest_zoom } = base_map;
  const deeper = kind === "raster" ? 1 : 0;
  const around = new Map<number, number>();
  for (const [zoom, pieces] of AROUND) {
    const there = Math.min(zoom + deeper, highest_zoom);
    if (there >= lowest_zoom) around.set(there, Math.max(pieces + deeper, around.get(there) ?? 0));
  }
  return numbers_around(places, [...around])
    .map((numbers) => `/api/base-map/${made}/${numbers}`)
    .slice(0, MOST_PIECES);
}

/** Fetch the pieces that are not on the phone yet; those of another network go. Without signal it gives up. */
export async function fetch_map_pieces(network_version: number, places: readonly Place[]): Promise<void> {
  // Without https there is neither a cache nor a service worker to fill it.
  if (!("caches" in globalThis) || !navigator.serviceWorker?.controller) return;
  const { signal } = fetching;
  const { base_map } = await ask<{ base_map: BaseMapDetails | null }>("/api/base-map");
  const stands = (address: string): boolean =>
    address === "/api/base-map" ||
    is_tile_of(address, network_version) ||
    (base_map !== null && address.startsWith(`/api/base-map/${base_map.made}/`));
  const pieces = await caches.open(PIECES);
  const kept = new Set<string>();
  for (const { url } of await pieces.keys()) {
    const { pathname, search } = new URL(url);
    if (stands(pathname + search)) kept.add(pathname + search);
    else await pieces.delete(url);
  }
  // The network first: where its lines run matters more than what lies between.
  const wanted = [
    ...piece_addresses(network_version, places),
    ...(base_map ? base_map_addresses(base_map, places) : []),
  ];
  const missing = wanted.filter((address) => !kept.has(address));
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

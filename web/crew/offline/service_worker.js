// Starts the crew's page without signal, and keeps pieces of the map that were seen or fetched ahead. It sends nothing:
// what was tapped is the page's own affair. The build puts `relight_build` before this: a version and its files.
const { version, files } = self.relight_build;
const CODE = `relight-crew-code-${version}`;
const OLD_CODE = "relight-crew-code-";
/** As in map_pieces.ts. */
const PIECES = "relight-crew-tiles";
const PAGE = "/crew/";
const PIECE = /^\/api\/(tiles|base-map)\/.+\/\d+\/\d+\/\d+(\.mvt)?$/;
/** Which base map there is: without signal, as it was told last. */
const BASE_MAP = "/api/base-map";

self.addEventListener("install", (event) => {
  // All files or none: half a page would start and then stand still.
  event.waitUntil(
    caches
      .open(CODE)
      .then((cache) => cache.addAll(files.map((file) => new Request(file, { cache: "no-cache" })))),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(take_over());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(kept_or_asked(PAGE, request));
  else if (files.includes(pathname)) event.respondWith(kept_or_asked(pathname, request));
  else if (PIECE.test(pathname)) event.respondWith(piece(event));
  else if (pathname === BASE_MAP) event.respondWith(asked_or_kept(event));
});

async function take_over() {
  for (const name of await caches.keys()) {
    if (name.startsWith(OLD_CODE) && name !== CODE) await caches.delete(name);
  }
  await self.clients.claim();
}

async function kept_or_asked(address, request) {
  const cache = await caches.open(CODE);
  return (await cache.match(address, { ignoreVary: true })) ?? fetch(request);
}

async function asked_or_kept(event) {
  const { request } = event;
  const pieces = await caches.open(PIECES);
  try {
    const answer = await fetch(request);
    if (answer.ok) event.waitUntil(pieces.put(BASE_MAP, answer.clone()).catch(() => undefined));
    return answer;
  } catch (error) {
    const kept = await pieces.match(BASE_MAP, { ignoreVary: true });
    if (kept) return kept;
    throw error;
  }
}

/** A piece of the map never changes while its network, or its file, stands, and its address names that. */
async function piece(event) {
  const { request } = event;
  const pieces = await caches.open(PIECES);
  const kept = await pieces.match(request.url, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    // Without room it is simply not kept.
    event.waitUntil(pieces.put(request.url, copy).catch(() => undefined));
  }
  return answer;
}

// Starts the crew's page without signal, and keeps pieces of the map that were seen or fetched ahead. It sends nothing:
// what was tapped is the page's own affair. The build puts `relight_build` before this: a version and its files.
const { version, files } = self.relight_build;
const CODE = `relight-crew-code-${version}`;
const OLD_CODE = "relight-crew-code-";
/** As in map_pieces.ts. */
const PIECES = "relight-crew-tiles";
const PAGE = "/crew/";

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
  else if (pathname.startsWith("/api/tiles/")) event.respondWith(piece(event));
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

/** A piece of the map never changes while its network stands, and its address names the network. */
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

"""The desk as a dispatcher has it open, watched from inside: what stands there, since when, and every frame.

- What a row of the list says is noted in the moment its text changes; what the map shows, in the moment its
  data are handed to the map's own worker. No part of the page is replaced, none knows that it is watched.
- A frame is what `requestAnimationFrame` is called for; an interval is the time between two of them.
- The map has settled when its worker owes no answer, and has not for so many milliseconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

SIZE = {"width": 1366, "height": 768}
# Chromium draws with the processor alone, as on a server or a thin client; nothing leaves the machine.
FLAGS = (
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--use-angle=swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PATIENCE_MS = 120_000
_BROWSERS = ("chromium", "google-chrome-stable", "google-chrome")

_WATCH = """
window.relight_watch = {
  rows: [], crews: [], frames: [], long: [], owed: new Set(), quiet_since: 0, outages: 0,
};
(() => {
  const watch = window.relight_watch;
  const post = Worker.prototype.postMessage;
  const listened = new WeakSet();
  Worker.prototype.postMessage = function (message, ...more) {
    if (!listened.has(this)) {
      listened.add(this);
      this.addEventListener('message', ({ data }) => {
        if (data?.type === '<response>' && watch.owed.delete(data.id) && watch.owed.size === 0)
          watch.quiet_since = performance.now();
      });
    }
    const { id, type } = message ?? {};
    if (type === '<cancel>') watch.owed.delete(id);
    else if (id && type !== '<response>') watch.owed.add(id);
    const told = message?.data?.data?.features ?? message?.data?.dataDiff?.update ?? [];
    if (message?.data?.source === 'outages') watch.outages = Math.max(watch.outages, told.length ?? 0);
    if (message?.data?.source === 'crews') {
      const at = Date.now();
      for (const one of told) {
        const [lon, lat] = (one.geometry ?? one.newGeometry)?.coordinates ?? [];
        watch.crews.push([one.properties?.id ?? one.id, lon, lat, at]);
      }
    }
    return post.call(this, message, ...more);
  };
  const look = () => {
    const at = Date.now();
    for (const row of document.querySelectorAll('.row[role=row]')) {
      const said = row.textContent;
      if (row.relight_said === said) continue;
      row.relight_said = said;
      watch.rows.push([row.id.slice(4), said, at]);
    }
  };
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  });
  try {
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) watch.long.push([one.startTime, one.duration]);
    }).observe({ type: 'longtask' });
  } catch {}
  let last = 0;
  const frame = (at) => {
    if (last) watch.frames.push(at - last);
    last = at;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})();
"""
_IS_WHOLE = """
(outages) => {
  const { owed, quiet_since, outages: drawn } = window.relight_watch;
  return document.querySelector('.row[role=row]') !== null && drawn >= outages && owed.size === 0
    && performance.now() - quiet_since > 150 ? quiet_since : false;
}
"""
_IN_SIGHT = """
() => {
  const list = document.querySelector('.list').getBoundingClientRect();
  return [...document.querySelectorAll('.row[role=row]')].filter((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return top >= list.top && bottom <= list.bottom;
  }).map((one) => one.id.slice(4));
}
"""
_FORGET = """
() => {
  Object.assign(window.relight_watch, { rows: [], crews: [], frames: [], long: [] });
  return Date.now();
}
"""
_TAKE = "() => (({ rows, crews, frames, long }) => ({ rows, crews, frames, long }))(window.relight_watch)"


@dataclass(slots=True)
class WatchedDesk:
    """One dispatcher's page."""

    page: Page

    def first_view_s(self, address: str, *, outages: int) -> float:
        """Open the desk; return after how many seconds list, network and all outages were drawn."""
        self.page.goto(f"{address}/dispatcher/", wait_until="commit")
        # By the page's own clock, which begins with the navigation; what waits to be sure is not counted.
        quiet = self.page.wait_for_function(_IS_WHOLE, arg=outages, polling=50, timeout=_PATIENCE_MS)
        return float(quiet.json_value()) / 1000

    def rows_in_sight(self) -> list[str]:
        """Return the ids of the outages whose rows are in sight, whole."""
        ids: list[str] = self.page.evaluate(_IN_SIGHT)
        return ids

    def forget(self) -> float:
        """Begin to watch anew; return when that is (Unix time)."""
        begun_ms: float = self.page.evaluate(_FORGET)
        return begun_ms / 1000

    def seen(self) -> dict[str, Any]:
        """Return what was seen since: rows, crews, frame intervals and long tasks in milliseconds."""
        told: dict[str, Any] = self.page.evaluate(_TAKE)
        return told

    def rest(self, seconds: float) -> None:
        """Let the page alone for a while."""
        self.page.wait_for_timeout(seconds * 1000)

    def pan(self, seconds: float) -> None:
        """Drag the map to and fro, as a hand does."""
        box = self.page.locator(".desk_map canvas.maplibregl-canvas").bounding_box()
        if box is None:
            raise RuntimeError("the desk has no map")
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        until = perf_counter() + seconds
        mouse = self.page.mouse
        while perf_counter() < until:
            for way in (-1, 1):
                mouse.move(x, y)
                mouse.down()
                for step in range(25):
                    mouse.move(x + way * step * 6, y + way * step * 3)
                mouse.up()

    def come_nearer(self, steps: int) -> None:
        """Turn the wheel over the middle of the map, a zoom level for a few steps."""
        box = self.page.locator(".desk_map canvas.maplibregl-canvas").bounding_box()
        if box is None:
            raise RuntimeError("the desk has no map")
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        for _ in range(steps):
            self.page.mouse.wheel(0, -300)
            self.page.wait_for_timeout(120)


@contextmanager
def watched_browser() -> Iterator[Browser]:
    """Start this machine's Chromium, without a window and without a graphics card."""
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        raise RuntimeError("this benchmark needs Chromium: `make browser`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def watched_desk(browser: Browser, cookies: Sequence[dict[str, Any]]) -> Iterator[WatchedDesk]:
    """Open a page of a person who is signed in, with nothing kept from before."""
    context: BrowserContext = browser.new_context(
        viewport=SIZE,  # type: ignore[arg-type]
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    context.set_default_timeout(_PATIENCE_MS)
    context.add_cookies(cookies)  # type: ignore[arg-type]
    context.add_init_script(_WATCH)
    yield WatchedDesk(context.new_page())
    context.close()

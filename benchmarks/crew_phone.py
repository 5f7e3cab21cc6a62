"""A crew's phone as a person without signal uses it: real taps on the real page, killed and opened again.

Owned by `relight benchmark crew_app`; the story of tests/browser goes through it once.
- A phone is a browser context: what its page keeps outlives the page, as an app outlives being killed.
- Its clocks can be put ahead (hours pass) and wrong (`skew_ms`: the clock on the wall is set wrongly).
- Every tap is counted here as well, so that the journal on the phone has a witness.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page

# Both clocks of the page move on by what is kept under this name; only the one on the wall is set wrongly.
_AHEAD = "harness.ahead_ms"
_CLOCKS = """
(() => {
  const skew = %d, wall = Date.now.bind(Date), steady = performance.now.bind(performance);
  const ahead = () => Number(localStorage.getItem('harness.ahead_ms') || 0);
  const at_first = ahead();
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(wall() + skew + ahead()) }
    static now() { return wall() + skew + ahead() }
  };
  performance.now = () => steady() + ahead() - at_first;
})();
"""
_JOURNAL = """
() => new Promise((done, fail) => {
  const asked = indexedDB.open('relight-crew');
  asked.onerror = () => fail(asked.error);
  asked.onsuccess = () => {
    const all = asked.result.transaction('journal').objectStore('journal').getAll();
    all.onsuccess = () => { asked.result.close(); done(all.result) };
    all.onerror = () => fail(all.error);
  };
})
"""
# A tap by script is as good as one by hand: the page cannot tell, and a shift has many.
_TAP = """
([selector, at]) => {
  const found = [...document.querySelectorAll(selector)].filter((one) => !one.disabled);
  if (!found.length) return false;
  found.at(at % found.length).click();
  return true;
}
"""
_REST_MS = 950  # after a step the page takes no second one for a moment
_PATIENCE_MS = 60_000
WAITING = ".signal [data-waiting]"


@dataclass(slots=True)
class Tally:
    """How many taps the page has shown as kept, and how many it was killed over."""

    sure: int = 0
    maybe: int = 0
    photos: int = 0
    kills: int = 0


@dataclass(slots=True)
class CrewPhone:
    """One phone of one crew."""

    context: BrowserContext
    address: str
    skew_ms: int
    tally: Tally = field(default_factory=Tally)
    page: Page | None = None

    def __post_init__(self) -> None:
        """Set its clock."""
        self.context.set_default_timeout(_PATIENCE_MS)
        self.context.add_init_script(_CLOCKS % self.skew_ms)

    @property
    def shown(self) -> Page:
        """The page that is open."""
        if self.page is None:
            raise RuntimeError("the phone has no page open")
        return self.page

    def sign_in(self, name: str, password: str) -> None:
        """Open the page for the first time, sign in, and wait until it can do without signal."""
        self.open()
        self.shown.locator("input[name=name]").fill(name)
        self.shown.locator("input[name=password]").fill(password)
        self.shown.locator("form.sign_in button.primary").click()
        self.shown.locator("article.job").wait_for()
        self.shown.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
        self.shown.wait_for_function("() => navigator.serviceWorker.controller !== null")
        self.shown.locator(".taken_along .age").wait_for()

    def open(self) -> None:
        """Open the page, with or without signal."""
        self.page = self.context.new_page()
        self.page.goto(f"{self.address}/crew/", wait_until="commit")

    def kill(self) -> None:
        """End the page at once, and open it again."""
        self.tally.kills += 1
        self.shown.close(run_before_unload=False)
        self.open()
        self.shown.locator("article.job").wait_for()

    def has_signal(self, *, on: bool) -> None:
        """Cut the network of this phone, or mend it."""
        self.context.set_offline(not on)

    def pass_time(self, milliseconds: int) -> None:
        """Move both clocks on."""
        put = f"() => localStorage.setItem('{_AHEAD}', {milliseconds})"
        self.shown.evaluate(put)

    def journal(self) -> list[dict[str, Any]]:
        """Return the lines of the phone's journal, oldest first."""
        lines: list[dict[str, Any]] = self.shown.evaluate(_JOURNAL)
        return sorted(lines, key=lambda line: line["sequence"])

    def rest(self) -> None:
        """Wait until the page takes another step."""
        self.shown.wait_for_timeout(_REST_MS)

    def wait_until_all_sent(self) -> None:
        """Wait until nothing waits on this phone."""
        self.shown.wait_for_function(
            f"() => document.querySelector('{WAITING}')?.dataset.waiting === '0'", timeout=120_000
        )

    def tap(self, selector: str, at: int = 0) -> bool:
        """Tap one of what a selector finds; return whether there was something to tap."""
        tapped: bool = self.shown.evaluate(_TAP, [selector, at])
        return tapped

    def step(self, *, dies: bool) -> bool:
        """Take the next step of the job."""
        return self._report(lambda: self.tap(".next .primary"), dies=dies)

    def say_time(self, choice: int, *, dies: bool) -> bool:
        """Say another time, once the work has begun; a second tap on the same time would take it back."""
        chosen = ".finding .choices:nth-of-type(2) button:not([aria-pressed=true])"
        if not self.tap(chosen, choice):
            return False
        self.shown.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(0)))")
        return self._report(lambda: self.tap(".finding > button"), dies=dies)

    def use_material(self, kinds: list[int], *, dies: bool) -> bool:
        """Report material: one tap for each piece."""
        if not self.shown.locator(".materials form").count() and not self.tap(".materials > .wide"):
            return False
        self.shown.locator(".materials form").wait_for()
        for kind in kinds:
            self.tap(".materials .more", kind)
        # What was counted before the page was killed stands in the form as well.
        self.shown.locator(".materials .primary:not(:disabled)").wait_for()
        return self._report(lambda: self.tap(".materials .primary"), dies=dies)

    def report_damage(self, kind: int, photos: list[bytes], *, dies: bool) -> bool:
        """Report damage with photos, or correct the report before."""
        if not self.shown.locator(".damage form").count() and not self.tap(".damage .wide"):
            return False
        form = self.shown.locator(".damage form")
        form.wait_for()
        self.tap(".damage .more", kind)
        self.tap(".damage .choices:nth-of-type(2) button", 1)
        before = form.locator(".picker li").count()
        files = [
            {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content}
            for content in photos[: max(0, 12 - before)]
        ]
        if files:
            form.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]
            form.locator(".picker li").nth(before + len(files) - 1).wait_for()
        self.tally.photos += len(files)
        self.shown.locator(".damage form .primary:not(:disabled)").wait_for()
        return self._report(lambda: self.tap(".damage form .primary"), dies=dies)

    def _report(self, act: Any, *, dies: bool) -> bool:
        """Do what makes one report; `dies`: the page is killed before it could say that it is kept."""
        before = self._made()
        if not act():
            return False
        if dies:
            self.tally.maybe += 1
            self.kill()
            return True
        self.shown.wait_for_function(
            f"(made) => Number(document.querySelector('{WAITING}')?.dataset.made) > made", arg=before
        )
        self.tally.sure += 1
        return True

    def _made(self) -> int:
        self.shown.locator(WAITING).wait_for(state="attached")
        return int(self.shown.locator(WAITING).get_attribute("data-made") or 0)


def photo(chance: np.random.Generator, *, side_px: int = 900) -> bytes:
    """Return a photo that no other is like; of noise, so that it goes in several parts as a real one does."""
    noise = chance.integers(0, 255, (side_px // 3, side_px // 3, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((side_px, side_px))
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=92)
    return buffer.getvalue()

"""How long pages take to show what somebody did elsewhere: recorded with each test, never asserted.

A watched page notes by itself, in the moment its text changes, when it first says what was waited for; the
page on which somebody clicks notes the click. Both by the one clock of this machine. Loaded by conftest.py.
"""

from __future__ import annotations

import time
from contextlib import contextmanager

from playwright import sync_api

# A reload loses what is watched: a page that needed one never shows what was waited for.
IN_EVERY_PAGE = """
window.relight_watch = { seen: {}, acted_at: 0 };
for (const kind of ['click', 'submit', 'keydown'])
  addEventListener(kind, () => { relight_watch.acted_at = Date.now() }, true);
relight_watch.until = (name, selector, words) => {
  const says = () => [...document.querySelectorAll(selector)].some(
    (one) => one.textContent.replace(/\\s+/g, ' ').includes(words));
  delete relight_watch.seen[name];
  if (says()) return false;
  const look = () => {
    if (!says()) return;
    relight_watch.seen[name] = Date.now();
    observer.disconnect();
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
  return true;
};
"""


class Stopwatch:
    """Takes the time of steps in one test; `record` gets a name and seconds."""

    def __init__(self, record) -> None:
        """Begin with nothing taken."""
        self._record = record

    @contextmanager
    def step(self, name, by, *expected):
        """Do a step on the page `by`, or on none; each (face, selector, words) must come without a reload."""
        for number, (face, selector, words) in enumerate(expected):
            was_silent = face.page.evaluate(
                "([name, selector, words]) => relight_watch.until(name, selector, words)",
                [f"{name} {number}", selector, words],
            )
            assert was_silent, f"{face.name} says {words!r} before anybody did a thing"
        began_at = time.time() * 1000
        yield
        acted_at = began_at if by is None else by.page.evaluate("relight_watch.acted_at")
        for number, (face, _, words) in enumerate(expected):
            key = f"{name} {number}"
            try:
                face.page.wait_for_function("(name) => relight_watch.seen[name]", arg=key)
            except sync_api.TimeoutError as late:
                says = face.page.locator("body").inner_text()
                raise AssertionError(f"{name}: {face.name} never says {words!r}, but {says}") from late
            seen_at = face.page.evaluate("(name) => relight_watch.seen[name]", key)
            self._record(f"{name} → {face.name}", (seen_at - acted_at) / 1000)

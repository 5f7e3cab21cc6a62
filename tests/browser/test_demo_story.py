"""The demo story of docs/demo_story.md, done at our faces: each step takes as many actions as it says."""

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import expect

STORY = Path(__file__).parents[2] / "docs" / "demo_story.md"
# One key or one press of a button, by a person; what they set off is none. A hand on Shift is none either.
COUNT = """
() => {
  window.relight_actions = 0;
  for (const kind of ['keydown', 'pointerdown'])
    addEventListener(kind, (event) => {
      if (event.isTrusted && !['Shift', 'Control'].includes(event.key)) relight_actions += 1;
    }, true);
}
"""


def _told():
    """Return step → the number in the column of ours."""
    rows = re.findall(r"^\| (\d)\. [^|]*\|[^|]*\| (\d+) ", STORY.read_text(encoding="utf-8"), re.MULTILINE)
    return {int(step): int(count) for step, count in rows}


class _Counter:
    """Counts what people do in some pages since it was last asked."""

    def __init__(self, *faces):
        self.pages = [face.page for face in faces]
        for page in self.pages:
            page.evaluate(COUNT)
        self.before = 0

    def since(self):
        total = sum(page.evaluate("window.relight_actions") for page in self.pages)
        count, self.before = total - self.before, total
        return count


def test_from_the_call_to_the_audit_as_their_demo_tells_it(town, street, open_page):
    desk, crew = open_page("Desk"), open_page("CrewPhone")
    desk.open("wang", town.password)
    crew.open(street.crew, town.password)
    for level in ("waiting", "open"):
        desk.show(level)
    counted, actions = {}, _Counter(desk, crew)
    page, words = desk.page, desk.words

    # 1. What is going on stands in the bar.
    expect(page.locator(".totals")).to_be_visible()
    counted[1] = actions.since()

    # 2. Calls become an outage by themselves, which is chosen and confirmed.
    meters, now = town.client("meters"), datetime.now(UTC).isoformat()
    for household in street.households[:4]:
        point = household.service_point
        call = {"id": f"story-{point}", "kind": "trouble_call", "service_point": point, "at": now}
        assert meters.post("/api/evidence", json=call).json()["status"] == "accepted"
    expect(desk.row_of(street.fuse)).to_be_visible()
    desk.choose(street.fuse)
    page.keyboard.press("c")
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.send"))
    counted[2] = actions.since()

    # 3. A crew is sent: the first to be there, of those who can.
    expect(page.locator(".actions .primary kbd", has_text="S")).to_be_visible()
    page.keyboard.press("s")
    expect(desk.row_of(street.fuse)).to_contain_text(words("dispatcher.next.job.assigned"))
    counted[3] = actions.since()

    # 4. The crew's steps, on the phone, as the desk sees them.
    expect(crew.page.locator("article.job h1")).to_have_text(street.fuse)
    for step in ("accepted", "en_route", "on_site", "working", "finished"):
        crew.tap(step)
        next_step = "restore" if step == "finished" else f"job.{step}"
        expect(desk.row_of(street.fuse)).to_contain_text(words(f"dispatcher.next.{next_step}"))
    counted[4] = actions.since()

    # 5. The map has moved with them, and the whole story stands in the panel.
    expect(page.locator(".desk_map canvas")).to_be_visible()
    told = page.locator(".panel .history")
    for sentence in (
        words("change.job.finished", crew=street.crew_name),
        words("change.job.assigned", actor="wang", crew=street.crew_name),
        words("change.outage.confirmed", actor="wang"),
    ):
        expect(told).to_contain_text(sentence.partition("{")[0])
    counted[5] = actions.since()

    assert counted == _told()
    town.clear(street)

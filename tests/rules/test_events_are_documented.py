"""`docs/events.md` and the code name the same events."""

import re
from pathlib import Path

from dispatch.events import Event

PAGE = Path(__file__).parents[2] / "docs" / "events.md"


def test_the_page_lists_every_event_and_no_other():
    listed = re.findall(r"^\| `([a-z_.]+)` \|", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(Event)

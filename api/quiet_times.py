"""Quiet hours as people write them, 22:00 and 07:00, and as minutes of the day."""

from __future__ import annotations

import re

from dispatch.errors import InvalidInput
from dispatch.message_rules import QuietHours

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def written_time(minute: int) -> str:
    """Return a minute of the day as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def read_quiet(begins: str, ends: str) -> QuietHours:
    """Return the quiet hours between two times of the day; InvalidInput for `quiet` where one is none."""
    minutes = [_minute(begins), _minute(ends)]
    if minutes[0] is None or minutes[1] is None:
        raise InvalidInput(field="quiet", text="say from when until when, as 22:00 and 07:00")
    return QuietHours(begins=minutes[0], ends=minutes[1])


def _minute(typed: str) -> int | None:
    found = _TIME.fullmatch(typed.strip().replace("：", ":"))
    return int(found[1]) * 60 + int(found[2]) if found else None

"""Reads single values of a planning problem, and collects what is wrong with them, each with its place.

What is wrong is read as something harmless, so that everything else can be told in the same go.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dispatch.planning.errors import PlanningError

_HARMLESS_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST_SHOWN = 60


class ValueReader:
    """Reads values; `wrong` is what could not be read, in the order it was found."""

    def __init__(self) -> None:
        self.wrong: list[PlanningError] = []

    def wrong_at(self, place: str, text: str) -> None:
        """Note that something is wrong."""
        self.wrong.append(PlanningError(place=place, text=text))

    def objects(self, place: str, value: object) -> list[Mapping[str, Any]] | None:
        """Read a list of objects; None if it is none."""
        if not isinstance(value, list):
            self.wrong_at(place, f"{shown(value)} is not a list of objects; an empty list is allowed")
            return None
        strange = [number for number, one in enumerate(value) if not isinstance(one, dict)]
        for number in strange:
            self.wrong_at(f"{place}[{number}]", f"{shown(value[number])} is not an object")
        return None if strange else value

    def check_names(self, place: str, entry: Mapping[str, Any], known: Sequence[str]) -> None:
        """Note names that are nearly those of entries that exist."""
        for name in entry:
            if name not in known and (near := difflib.get_close_matches(name, known, n=1, cutoff=0.8)):
                self.wrong_at(f"{place}{name}", f"there is no such entry; it is called {near[0]}")

    def id(self, place: str, value: object) -> str:
        """Read an id."""
        if isinstance(value, str) and value:
            return value
        self.wrong_at(place, f"{shown(value)} is not an id; give a text that is not empty")
        return ""

    def id_or_none(self, place: str, value: object) -> str | None:
        """Read an id that may be missing."""
        return None if value is None else self.id(place, value)

    def names(self, place: str, value: object) -> tuple[str, ...]:
        """Read a list of texts that may be missing, each once."""
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            self.wrong_at(place, f"{shown(value)} is not a list of texts")
            return ()
        return tuple(dict.fromkeys(value))

    def number(self, place: str, value: object, *, most: float, least: float = 0.0) -> float:
        """Read a number within limits."""
        if value is None:
            self.wrong_at(place, f"it is missing; give a number from {least:g} to {most:g}")
        elif isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong_at(place, f"{shown(value)} is not a number")
        elif not (least <= value <= most) or not math.isfinite(value):
            self.wrong_at(place, f"{shown(value)} is not a number from {least:g} to {most:g}")
        else:
            return float(value)
        return 0.0

    def time(self, place: str, value: object) -> datetime:
        """Read a time with its zone."""
        if value is None:
            self.wrong_at(place, "it is missing; give a time such as 2026-07-01T08:00:00Z")
            return _HARMLESS_TIME
        at = _parsed(value)
        if at is None:
            self.wrong_at(place, f"{shown(value)} is not a time such as 2026-07-01T08:00:00Z")
        elif at.utcoffset() is None:
            self.wrong_at(place, f"{shown(value)} has no time zone; write Z or +08:00 behind it")
        else:
            return at
        return _HARMLESS_TIME

    def time_or_none(self, place: str, value: object) -> datetime | None:
        """Read a time that may be missing."""
        return None if value is None else self.time(place, value)


def shown(value: object) -> str:
    """Return a value as it stands in the file, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _parsed(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        # A time at the end of all calendars has no minutes after it.
        return at if at is None or at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

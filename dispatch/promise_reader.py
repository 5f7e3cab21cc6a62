"""Reading a table of a settings document entry by entry, with errors that name the place. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
Kind = TypeVar("Kind", bound=StrEnum)


class EntryReader:
    """One table of a document; what was not read by the end is an error, so that a slip is noticed."""

    def __init__(self, table: Any, place: str, *, error: Callable[[str], Exception]) -> None:
        """Read the table at a place; `error` makes what is raised."""
        self._place = place
        self._error = error
        self._read: set[str] = set()
        if not isinstance(table, dict):
            raise error(f"{place}: must be a table of entries")
        self._table = table

    def problem(self, field: str, text: str) -> Exception:
        """Return the error to raise about a field."""
        return self._error(f"{self._path(field)}: {text}")

    def has(self, field: str) -> bool:
        """Return whether the field is there."""
        return field in self._table

    def text(self, field: str) -> str:
        """Return a text that is not empty."""
        value = self._take(field)
        if not isinstance(value, str) or not value.strip():
            raise self.problem(field, "must be a text")
        return value.strip()

    def name(self, field: str) -> str:
        """Return a name in small letters, digits and underscores."""
        value = self.text(field)
        if not _NAME.fullmatch(value):
            raise self.problem(field, f"{value!r} is no name of small letters, digits and underscores")
        return value

    def number(self, field: str, *, least: float, most: float) -> float:
        """Return a number within the limits."""
        value = self._take(field)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or not least <= value <= most:
            raise self.problem(field, f"{value!r} is no number from {least:g} to {most:g}")
        return float(value)

    def one_of(self, field: str, kinds: type[Kind]) -> Kind:
        """Return one of the kinds."""
        value = self._take(field)
        if value not in set(kinds):
            raise self.problem(field, f"{value!r} is none of {', '.join(kinds)}")
        return kinds(value)

    def several(self, field: str, allowed: Sequence[str]) -> tuple[str, ...]:
        """Return a list of the allowed words, which may be empty."""
        values = self._take(field)
        if not isinstance(values, list):
            raise self.problem(field, "must be a list")
        for value in values:
            if value not in allowed:
                raise self.problem(field, f"{value!r} is none of {', '.join(allowed)}")
        return tuple(dict.fromkeys(values))

    def entry(self, field: str) -> EntryReader:
        """Return a table within this one."""
        return EntryReader(self._take(field), self._path(field), error=self._error)

    def entries(self, field: str) -> list[EntryReader]:
        """Return a list of tables with at least one."""
        values = self._take(field)
        if not isinstance(values, list) or not values:
            raise self.problem(field, "must be a list with at least one entry")
        return [
            EntryReader(value, f"{self._path(field)}[{number}]", error=self._error)
            for number, value in enumerate(values)
        ]

    def nothing_else(self) -> None:
        """Raise when there is anything that was not read."""
        unknown = sorted(str(field) for field in set(self._table) - self._read)
        if unknown:
            known = ", ".join(sorted(self._read))
            raise self.problem(unknown[0], f"is not known here (known: {known})")

    def _take(self, field: str) -> Any:
        if field not in self._table:
            raise self.problem(field, "is missing")
        self._read.add(field)
        return self._table[field]

    def _path(self, field: str) -> str:
        return str(field) if self._place == "the file" else f"{self._place}.{field}"

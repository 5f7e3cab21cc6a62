"""The rules of planned outages: notices, the same customer again, protected dates. docs/planned_outages.md.

Owns the shape of the rules and every error in a file of them. Reading needs no database.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from dispatch.errors import DispatchError
from dispatch.planned_states import PlannedWork
from dispatch.promise_reader import EntryReader

DEFAULTS = Path(__file__).with_name("planned_defaults.toml")
EVERYBODY = "everybody"
PRIORITIES = ("sensitive", "important_2", "important_1", "life_support")
_LONGEST_MINUTES = 90 * 24 * 60.0
_MONTHS_PER_YEAR = 12
_LAST_DAY_OF_EVERY_MONTH = 28
_DAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})")
_A_LEAP_YEAR = 2028


class NoticeMessage(StrEnum):
    """Which words a notice has."""

    ANNOUNCED = "announced"
    REMINDER = "reminder"


class PlannedRulesFileError(DispatchError):
    """A file of rules of planned outages that cannot be taken; says where and what it would have to be."""


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Who is told how long before the work begins. `to` holds `everybody`, or kinds of important users."""

    id: str
    message: NoticeMessage
    to: tuple[str, ...]
    work: tuple[PlannedWork, ...]
    before: timedelta
    lead: timedelta

    def due_at(self, starts_at: datetime) -> datetime:
        """Return when it is to have been queued at the latest."""
        return starts_at - self.before

    def open_from(self, starts_at: datetime) -> datetime:
        """Return when it is queued at the earliest."""
        return self.due_at(starts_at) - self.lead


@dataclass(frozen=True, slots=True)
class ProtectedDays:
    """Days, both ends included, as (year or None for every year, month, day)."""

    name: str
    first: tuple[int | None, int, int]
    last: tuple[int | None, int, int]

    def holds(self, day: date) -> bool:
        """Return whether a day is one of them; those of every year may go over its end."""
        first, last = self.first[1:], self.last[1:]
        own = (day.month, day.day)
        if self.first[0] is None:
            return first <= own <= last if first <= last else own >= first or own <= last
        return (self.first[0], *first) <= (day.year, *own) <= (self.last[0] or 0, *last)


@dataclass(frozen=True, slots=True)
class PlannedRules:
    """All that a file of rules says. `version` is the file's own, with a digest of what it says."""

    version: str
    again_within_months: int
    notices: tuple[NoticeRule, ...]
    protected: tuple[ProtectedDays, ...]
    document: Mapping[str, Any]

    def protected_on(self, *, starts_at: datetime, ends_at: datetime, zone: tzinfo) -> list[str]:
        """Return the names of protected days that a time touches, as the calendar of a zone has them."""
        first = starts_at.astimezone(zone).date()
        # What ends at midnight does not touch the day that begins then.
        last = (ends_at.astimezone(zone) - timedelta(microseconds=1)).date()
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return [one.name for one in self.protected if any(one.holds(day) for day in days)]

    def again_between(self, starts_at: datetime) -> tuple[datetime, datetime]:
        """Return between when another planned outage of the same customer is told."""
        months = self.again_within_months
        return months_from(starts_at, -months), months_from(starts_at, months)


def months_from(at: datetime, months: int) -> datetime:
    """Return so many calendar months later; the 29th to 31st become the 28th."""
    year, month = divmod(at.year * _MONTHS_PER_YEAR + at.month - 1 + months, _MONTHS_PER_YEAR)
    return at.replace(year=year, month=month + 1, day=min(at.day, _LAST_DAY_OF_EVERY_MONTH))


def read_planned_rules(path: Path) -> PlannedRules:
    """Read a TOML file of rules; PlannedRulesFileError names what is wrong with it."""
    try:
        return planned_rules(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as problem:
        raise PlannedRulesFileError(f"{path}: cannot be read: {problem}") from problem
    except PlannedRulesFileError as problem:
        raise PlannedRulesFileError(f"{path}: {problem}") from problem


@cache
def default_planned_rules() -> PlannedRules:
    """Return the rules that Relight comes with."""
    return read_planned_rules(DEFAULTS)


def planned_rules(document: Any) -> PlannedRules:
    """Return the rules of a document; PlannedRulesFileError names the entry and what it would have to be."""
    top = EntryReader(document, "the file", error=PlannedRulesFileError)
    label = top.text("version")
    conflicts = top.entry("conflicts")
    months = conflicts.number("again_within_months", least=0, most=24)
    conflicts.nothing_else()
    notices = tuple(_notice(entry) for entry in top.entries("notices"))
    ids = [notice.id for notice in notices]
    for id in ids:
        if ids.count(id) > 1:
            raise PlannedRulesFileError(f"notices: the id {id!r} stands there twice")
    protected = tuple(_protected(one) for one in top.entries("protected")) if top.has("protected") else ()
    top.nothing_else()
    said = json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    return PlannedRules(
        version=f"{label}@{hashlib.sha256(said).hexdigest()[:8]}",
        again_within_months=int(months),
        notices=notices,
        protected=protected,
        document=document,
    )


def _notice(entry: EntryReader) -> NoticeRule:
    to = entry.several("to", (EVERYBODY, *PRIORITIES))
    work = entry.several("work", tuple(PlannedWork))
    if not to or not work:
        raise entry.problem("to" if not to else "work", "must name at least one")
    rule = NoticeRule(
        id=entry.name("id"),
        message=entry.one_of("message", NoticeMessage),
        to=to,
        work=tuple(PlannedWork(one) for one in work),
        before=timedelta(minutes=entry.number("before_minutes", least=0, most=_LONGEST_MINUTES)),
        lead=timedelta(minutes=entry.number("lead_minutes", least=0, most=_LONGEST_MINUTES)),
    )
    entry.nothing_else()
    return rule


def _protected(entry: EntryReader) -> ProtectedDays:
    name, first, last = entry.text("name"), _day(entry, "from"), _day(entry, "until")
    if (first[0] is None) != (last[0] is None):
        raise entry.problem("until", "must have a year if `from` has one, and none if it has none")
    if first[0] is not None and (first[0], *first[1:]) > (last[0] or 0, *last[1:]):
        raise entry.problem("until", "is before `from`")
    entry.nothing_else()
    return ProtectedDays(name=name, first=first, last=last)


def _day(entry: EntryReader, field: str) -> tuple[int | None, int, int]:
    said = _DAY.fullmatch(entry.text(field))
    if said is None:
        raise entry.problem(field, "is no day such as 06-07 or 2027-02-05")
    year = int(said[1]) if said[1] else None
    try:
        found = date(year or _A_LEAP_YEAR, int(said[2]), int(said[3]))
    except ValueError as problem:
        raise entry.problem(field, f"is no day: {problem}") from problem
    return year, found.month, found.day

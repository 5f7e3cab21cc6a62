"""The words of the customer's pages: which language, the vocabulary's texts, and times as people say them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from starlette.requests import HTTPConnection

from dispatch.notifications import LANGUAGES

LANGUAGE_COOKIE = "relight_language"
_PREFIX = "customer."
_MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts for the customer, and the time zone in which times are told."""

    language: str
    texts: Mapping[str, str]
    zone: tzinfo

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of `customer.<key>` with its blanks filled; KeyError if there is none."""
        return self.texts[_PREFIX + key].format_map(values)

    def join(self, sentences: Iterable[str]) -> str:
        """Return sentences one after the other, with a blank between where the language has one."""
        return ("" if self.language == "zh" else " ").join(sentence for sentence in sentences if sentence)

    def time(self, at: datetime, *, now: datetime) -> str:
        """Return the clock time, with the day where it is not today."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone).date()
        clock = f"{local:%H:%M}"
        day = {0: None, 1: "tomorrow", -1: "yesterday"}.get((local.date() - today).days, "date")
        if day is None:
            return clock
        month = self(f"month.{local.month}")
        return self(f"time.{day}", clock=clock, day=local.day, month=month)

    def duration(self, length: timedelta) -> str:
        """Return a length of time in hours and minutes."""
        hours, minutes = divmod(max(0, round(length.total_seconds() / 60)), _MINUTES_AN_HOUR)
        if not hours:
            return self("duration.minutes", minutes=minutes)
        return self("duration.hours", hours=hours, minutes=minutes)

    def zone_name(self, at: datetime) -> str:
        """Return the name of the time zone, with its distance from UTC where that is not plain."""
        name = getattr(self.zone, "key", None) or str(self.zone)
        if name == "UTC":
            return name
        offset = at.astimezone(self.zone).strftime("%z")
        return f"{name} (UTC{offset[:3]}:{offset[3:]})"


def chosen_language(connection: HTTPConnection) -> str:
    """Return the language asked for in the address, chosen before, or wished for by the browser."""
    asked = connection.query_params.get("lang")
    if asked in LANGUAGES:
        return asked
    before = connection.cookies.get(LANGUAGE_COOKIE)
    if before in LANGUAGES:
        return before
    return _wished(connection.headers.get("accept-language", ""))


def _wished(header: str) -> str:
    """Return the best of our languages by a browser's list such as `zh-CN,zh;q=0.9,en;q=0.8`."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in header[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().casefold().partition("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0

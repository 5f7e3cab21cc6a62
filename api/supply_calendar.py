"""A customer's own calendar as a file (iCalendar, RFC 5545): planned work at their supplies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from api.supply_words import Words
from dispatch.supply_calendar import CalendarWork

MEDIA_TYPE = "text/calendar; charset=utf-8"
_PRODUCT = "-//Relight//My supply//EN"
_ASK_AGAIN_AFTER = timedelta(hours=1)


def supply_calendar(works: Sequence[CalendarWork], *, words: Words, now: datetime) -> bytes:
    """Return planned work as a calendar in one language; times are in UTC, and nobody's name stands in it."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", words("calendar.name"))
    calendar.add("refresh-interval", _ASK_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    for work in works:
        calendar.add_component(_event(work, words=words, now=now))
    written: bytes = calendar.to_ical()
    return written


def _event(work: CalendarWork, *, words: Words, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{work.id}@relight")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", work.version)
    event.add("dtstart", work.starts_at.astimezone(UTC))
    event.add("dtend", work.ends_at.astimezone(UTC))
    event.add("summary", words("calendar.called_off" if work.is_cancelled else "calendar.work"))
    event.add("description", f"{work.text}\n{words('calendar.number', outage=work.id)}".strip())
    event.add("status", "CANCELLED" if work.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    return event

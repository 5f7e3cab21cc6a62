"""What a message says: the vocabulary's words for its kind, channel and language, and its subject's times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from dispatch.call_tables import PlannedOutageRow
from dispatch.channels import Channel
from dispatch.etr import EtrSource
from dispatch.tables import NotificationRow, OutageRow

# Whom a message names as the source of a time; everything else is an estimate.
_PERSONS = (EtrSource.CREW, EtrSource.DISPATCHER)

Texts = Mapping[str, Mapping[str, str]]


def subject_and_body(
    row: NotificationRow,
    about: OutageRow | PlannedOutageRow,
    *,
    change: Mapping[str, Any],
    texts: Texts,
    time_zone: tzinfo,
    now: datetime,
) -> tuple[str, str]:
    """Return what a message says; a text message has no subject, and fits into one on the phone.

    `change` is what the log says of the change it tells of: a planned outage's times before it.
    """
    words = texts[row.language]
    if isinstance(about, OutageRow):
        values = _outage_values(about, words, time_zone, now)
    else:
        values = _planned_values(about, change, time_zone)
    if row.channel == Channel.SMS:
        return "", words[f"message.{row.kind}.sms"].format_map(values)
    return (
        words[f"message.{row.kind}.subject"].format_map(values),
        words[f"message.{row.kind}.body"].format_map(values),
    )


def _outage_values(
    outage: OutageRow, words: Mapping[str, str], time_zone: tzinfo, now: datetime
) -> dict[str, str]:
    # A message may leave late: a time that has passed by then is no promise any more.
    has_time = outage.etr_at is not None and outage.etr_at >= now
    source = outage.etr_source if outage.etr_source in _PERSONS else "engine"
    return {
        "outage": outage.id,
        "started": _told_time(outage.started_at, time_zone),
        "etr": _told_time(outage.etr_at, time_zone) if has_time else words["message.etr_unknown"],
        "window": _window(outage, words, time_zone) if has_time else "",
        "source": words[f"message.etr_source.{source}"] if has_time else "",
        "restored": _told_time(outage.restored_at, time_zone),
    }


def _window(outage: OutageRow, words: Mapping[str, str], time_zone: tzinfo) -> str:
    """Return from when to when, as short as a phone wants it."""
    if outage.etr_earliest is None or outage.etr_latest is None:
        return ""
    earliest, latest = (at.astimezone(time_zone) for at in (outage.etr_earliest, outage.etr_latest))
    form = "%H:%M" if earliest.date() == latest.date() else "%m-%d %H:%M"
    values = {"earliest": earliest.strftime(form), "latest": latest.strftime(form)}
    return words["message.etr_window"].format_map(values)


def _planned_values(
    planned: PlannedOutageRow, change: Mapping[str, Any], time_zone: tzinfo
) -> dict[str, str]:
    def before(field: str) -> datetime:
        told = change.get("values", {}).get(field, {}).get("old")
        now: datetime = getattr(planned, field)
        return datetime.fromisoformat(told) if told else now

    return {
        "outage": planned.id,
        "starts": _told_time(planned.starts_at, time_zone),
        "ends": _told_time(planned.ends_at, time_zone),
        "old_starts": _told_time(before("starts_at"), time_zone),
        "old_ends": _told_time(before("ends_at"), time_zone),
        "restored": _told_time(planned.ended_at, time_zone),
        "text": planned.text,
    }


def _told_time(at: datetime | None, time_zone: tzinfo) -> str:
    return at.astimezone(time_zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""

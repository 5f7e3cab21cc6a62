"""What a message says: the vocabulary's words for its kind, channel and language, and its subject's times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any

from dispatch.call_tables import PlannedOutageRow
from dispatch.channels import Channel
from dispatch.etr import EtrSource
from dispatch.tables import NotificationRow, OutageRow

# Whom a message names as the source of a time; everything else is an estimate.
_PERSONS = (EtrSource.CREW, EtrSource.DISPATCHER)
# Channels read on a phone's first screen: one short text.
_SHORT = (Channel.SMS, Channel.WECOM, Channel.WEB_PUSH)
_WITHOUT_SUBJECT = (Channel.SMS, Channel.WECOM)
_PLAIN_HOURS = timedelta(hours=24)

Texts = Mapping[str, Mapping[str, str]]


def is_short(channel: str) -> bool:
    """Return whether a channel takes one text, short enough for a phone's first screen."""
    return channel in _SHORT


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
    short = is_short(row.channel)
    if isinstance(about, OutageRow):
        values = _outage_values(about, words, time_zone, now, is_short=short)
    else:
        values = _planned_values(about, change, time_zone, is_short=short)
    text = words[f"message.{row.kind}.{'sms' if short else 'body'}"].format_map(values)
    if row.channel in _WITHOUT_SUBJECT:
        return "", text
    return words[f"message.{row.kind}.subject"].format_map(values), text


def _outage_values(
    outage: OutageRow, words: Mapping[str, str], time_zone: tzinfo, now: datetime, *, is_short: bool
) -> dict[str, str]:
    def told(at: datetime | None) -> str:
        return _told_time(at, time_zone, is_short=is_short)

    # A message may leave late: a time that has passed by then is no promise any more.
    has_time = outage.etr_at is not None and outage.etr_at >= now
    source = outage.etr_source if outage.etr_source in _PERSONS else "engine"
    return {
        "outage": outage.id,
        "started": told(outage.started_at),
        "etr": told(outage.etr_at) if has_time else words["message.etr_unknown"],
        "window": _window(outage, words, time_zone, is_short=is_short) if has_time else "",
        "source": words[f"message.etr_source.{source}"] if has_time else "",
        "restored": told(outage.restored_at),
    }


def _window(outage: OutageRow, words: Mapping[str, str], time_zone: tzinfo, *, is_short: bool) -> str:
    """Return from when to when; on a phone only the hours, and nothing where those would not be plain."""
    if outage.etr_earliest is None or outage.etr_latest is None:
        return ""
    earliest, latest = (at.astimezone(time_zone) for at in (outage.etr_earliest, outage.etr_latest))
    if is_short and latest - earliest >= _PLAIN_HOURS:
        return ""
    form = "%H:%M" if is_short or earliest.date() == latest.date() else "%m-%d %H:%M"
    values = {"earliest": earliest.strftime(form), "latest": latest.strftime(form)}
    return words["message.etr_window"].format_map(values)


def _planned_values(
    planned: PlannedOutageRow, change: Mapping[str, Any], time_zone: tzinfo, *, is_short: bool
) -> dict[str, str]:
    def before(field: str) -> datetime:
        told = change.get("values", {}).get(field, {}).get("old")
        now: datetime = getattr(planned, field)
        return datetime.fromisoformat(told) if told else now

    def told(at: datetime | None) -> str:
        return _told_time(at, time_zone, is_short=is_short)

    return {
        "outage": planned.id,
        "starts": told(planned.starts_at),
        "ends": told(planned.ends_at),
        "old_starts": told(before("starts_at")),
        "old_ends": told(before("ends_at")),
        "restored": told(planned.ended_at),
        "text": planned.text,
    }


def _told_time(at: datetime | None, time_zone: tzinfo, *, is_short: bool) -> str:
    if at is None:
        return ""
    return at.astimezone(time_zone).strftime("%m-%d %H:%M" if is_short else "%Y-%m-%d %H:%M")

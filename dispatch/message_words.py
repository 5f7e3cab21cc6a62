"""What a message says: the vocabulary's words for its kind, channel and language, and its outage's times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from dispatch.channels import Channel
from dispatch.tables import NotificationRow, OutageRow

Texts = Mapping[str, Mapping[str, str]]


def subject_and_body(
    row: NotificationRow, outage: OutageRow, *, texts: Texts, time_zone: tzinfo
) -> tuple[str, str]:
    """Return what a message says; a text message has no subject, and fits into one on the phone."""
    words = texts[row.language]
    values = {
        "outage": outage.id,
        "started": _told_time(outage.started_at, time_zone),
        "etr": _told_time(outage.etr_at, time_zone) or words["message.etr_unknown"],
        "restored": _told_time(outage.restored_at, time_zone),
    }
    if row.channel == Channel.SMS:
        return "", words[f"message.{row.kind}.sms"].format_map(values)
    return (
        words[f"message.{row.kind}.subject"].format_map(values),
        words[f"message.{row.kind}.body"].format_map(values),
    )


def _told_time(at: datetime | None, time_zone: tzinfo) -> str:
    return at.astimezone(time_zone).strftime("%Y-%m-%d %H:%M") if at is not None else ""

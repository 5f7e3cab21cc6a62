"""The form in which a customer chooses what to hear, where and when: read from its fields, and shown again.

What was typed stays in the form when something is wrong with it. The address on file is never shown whole:
the phone may be in other hands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.message_addresses import masked_address
from dispatch.message_rules import QuietHours
from dispatch.notifications import LANGUAGES
from dispatch.subscriptions import Preferences, Subscriptions

TOPICS = ("outages", "progress", "planned")
LONGEST_ADDRESS = 500
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_USUAL_QUIET = ("22:00", "07:00")
# What a browser on a phone offers beside the field.
INPUTS: Mapping[Channel, tuple[str, str]] = {
    Channel.EMAIL: ("email", "email"),
    Channel.SMS: ("tel", "tel"),
    Channel.WECOM: ("text", "text"),
    Channel.WEBHOOK: ("url", "url"),
}


@dataclass(frozen=True, slots=True)
class ChannelField:
    """One channel in the form: whether it is ticked, what is typed, and the end of what is on file."""

    name: str
    is_on: bool
    typed: str
    on_file: str | None
    type: str
    inputmode: str


@dataclass(frozen=True, slots=True)
class MessagesForm:
    """All that the form says."""

    topics: Mapping[str, bool]
    channels: tuple[ChannelField, ...]
    has_quiet: bool
    quiet_from: str
    quiet_until: str
    language: str
    has_calendar: bool

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all would come."""
        return not any(channel.is_on for channel in self.channels) or not any(self.topics.values())


def form_of(chosen: Subscriptions, *, language: str) -> MessagesForm:
    """Return the form as it stands for what was chosen; `language` is the one that is written in now."""
    preferences, quiet = chosen.preferences, chosen.preferences.quiet
    begins, ends = (_clock(quiet.begins), _clock(quiet.ends)) if quiet is not None else _USUAL_QUIET
    return MessagesForm(
        topics={topic: getattr(preferences, topic) for topic in TOPICS},
        channels=tuple(
            ChannelField(
                name=str(one.channel),
                is_on=one.is_on,
                typed=one.address or "",
                on_file=masked_address(one.on_file) if one.on_file else None,
                type=INPUTS[one.channel][0],
                inputmode=INPUTS[one.channel][1],
            )
            for one in chosen.channels
        ),
        has_quiet=quiet is not None,
        quiet_from=begins,
        quiet_until=ends,
        language=language,
        has_calendar=chosen.has_calendar,
    )


def read_form(fields: Mapping[str, str], before: MessagesForm) -> MessagesForm:
    """Return what was sent, in the place of what stood in the form before."""
    language = fields.get("language", "")
    return MessagesForm(
        topics={topic: topic in fields for topic in TOPICS},
        channels=tuple(
            ChannelField(
                name=one.name,
                is_on=one.name in fields,
                typed=fields.get(f"{one.name}_address", "")[:LONGEST_ADDRESS],
                on_file=one.on_file,
                type=one.type,
                inputmode=one.inputmode,
            )
            for one in before.channels
        ),
        has_quiet="quiet" in fields,
        quiet_from=fields.get("quiet_from", "")[:8],
        quiet_until=fields.get("quiet_until", "")[:8],
        language=language if language in LANGUAGES else before.language,
        has_calendar=before.has_calendar,
    )


def preferences_of(form: MessagesForm) -> Preferences:
    """Return what the form says for all channels; InvalidInput for `quiet` where its times are none."""
    quiet = None
    if form.has_quiet:
        begins, ends = _minute(form.quiet_from), _minute(form.quiet_until)
        if begins is None or ends is None:
            raise InvalidInput(field="quiet", text="say from when until when, as 22:00 and 07:00")
        quiet = QuietHours(begins=begins, ends=ends)
    return Preferences(language=form.language, quiet=quiet, **form.topics)


def wanted_channels(form: MessagesForm) -> dict[Channel, str | None]:
    """Return the channels that are ticked, with what was typed."""
    return {Channel(one.name): one.typed or None for one in form.channels if one.is_on}


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _minute(typed: str) -> int | None:
    found = _TIME.fullmatch(typed.strip().replace("：", ":"))
    return int(found[1]) * 60 + int(found[2]) if found else None

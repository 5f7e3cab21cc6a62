"""The form in which a customer chooses what to hear, where and when: read from its fields, and shown again.

What was typed stays in the form when something is wrong with it. The address on file is never shown whole:
the phone may be in other hands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.quiet_times import read_quiet, written_time
from api.supply_push import PushBox
from dispatch.channels import Channel
from dispatch.message_addresses import masked_address
from dispatch.notifications import LANGUAGES
from dispatch.subscriptions import Preferences, Subscriptions

TOPICS = ("outages", "progress", "planned")
LONGEST_ADDRESS = 500
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
    """One channel in the form: whether it is ticked, what is typed, and the end of what is on file.

    `waits`: what is typed gets no message yet, for its code was not typed back; `was_refused`: nor did that
    code get there.
    """

    name: str
    is_on: bool
    typed: str
    on_file: str | None
    waits: bool
    was_refused: bool
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
    push: PushBox | None

    @property
    def waiting(self) -> list[ChannelField]:
        """The channels whose address waits for its code."""
        return [channel for channel in self.channels if channel.waits]

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all would come."""
        is_told = any(channel.is_on for channel in self.channels) or (
            self.push is not None and self.push.is_on
        )
        return not is_told or not any(self.topics.values())


def form_of(chosen: Subscriptions, *, language: str, push: PushBox | None = None) -> MessagesForm:
    """Return the form as it stands for what was chosen; `language` is the one that is written in now.

    A browser subscribes by itself (`push`), beside the fields.
    """
    preferences, quiet = chosen.preferences, chosen.preferences.quiet
    begins, ends = _USUAL_QUIET
    if quiet is not None:
        begins, ends = written_time(quiet.begins), written_time(quiet.ends)
    return MessagesForm(
        topics={topic: getattr(preferences, topic) for topic in TOPICS},
        channels=tuple(
            ChannelField(
                name=str(one.channel),
                is_on=one.is_on or one.waiting is not None,
                typed=(one.waiting.address if one.waiting is not None else one.address) or "",
                on_file=masked_address(one.on_file) if one.on_file else None,
                waits=one.waiting is not None,
                was_refused=one.waiting is not None and one.waiting.was_refused,
                type=INPUTS[one.channel][0],
                inputmode=INPUTS[one.channel][1],
            )
            for one in chosen.channels
            if one.channel in INPUTS
        ),
        has_quiet=quiet is not None,
        quiet_from=begins,
        quiet_until=ends,
        language=language,
        has_calendar=chosen.has_calendar,
        push=push,
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
                waits=one.waits,
                was_refused=one.was_refused,
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
        push=before.push,
    )


def preferences_of(form: MessagesForm) -> Preferences:
    """Return what the form says for all channels; InvalidInput for `quiet` where its times are none."""
    quiet = read_quiet(form.quiet_from, form.quiet_until) if form.has_quiet else None
    return Preferences(language=form.language, quiet=quiet, **form.topics)


def wanted_channels(form: MessagesForm) -> dict[Channel, str | None]:
    """Return the channels that are ticked, with what was typed."""
    return {Channel(one.name): one.typed or None for one in form.channels if one.is_on}

"""What a customer wants to hear, where, in which language, and when not.

RULE 1: e-mail and text messages go to what is on file until the customer says otherwise: who is in the dark
for the first time has chosen nothing. Everything else goes only where it was asked for.
RULE 2: one address for each channel and account. Who left a channel stays away from it until they come back
themselves.
RULE 3: leaving twice is leaving once.
RULE 4: an address that is typed gets nothing but a code until that was typed back
(dispatch/address_confirmations.py); what held before holds until then.
RULE 5: what a browser subscribed to by itself is neither chosen nor left with the others
(dispatch/push_choice.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.address_confirmations import (
    CodeAnswer,
    Codes,
    WaitingAddress,
    ask_to_confirm,
    call_off,
    take_code,
    waiting_addresses,
)
from dispatch.channels import ON_FILE, Channel
from dispatch.errors import InvalidInput, NoActiveNetwork
from dispatch.message_addresses import plain_address
from dispatch.message_rules import QuietHours, message_rules_in_force, quiet_hours
from dispatch.message_tables import MessagePreferenceRow, MessageSubscriptionRow, SupplyCalendarRow
from dispatch.tables import MessageChannelRow, NotificationRow
from gis.network_versions import active_network_version
from gis.phone_digits import phone_digits
from gis.tables import CustomerRow

_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds on all channels; `language` None: the one on file."""

    language: str | None
    quiet: QuietHours | None
    outages: bool = True
    progress: bool = True
    planned: bool = True


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    """One channel of a customer: whether it is on, their own address, the one on file, one not confirmed."""

    channel: Channel
    is_on: bool
    address: str | None
    on_file: str | None
    waiting: WaitingAddress | None


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """All that a customer chose, on the channels that this system has. Personal data."""

    preferences: Preferences
    channels: tuple[ChannelChoice, ...]
    has_calendar: bool


def read_subscriptions(session: Session, *, account: str, real_now: datetime) -> Subscriptions:
    """Return what an account chose, or what holds without a choice; NoActiveNetwork without a network.

    `real_now` is the real time, by which codes live.
    """
    customer = _customer(session, account)
    on_file = {
        Channel.EMAIL: customer.email if customer else None,
        Channel.SMS: customer.phone if customer else None,
    }
    own = {
        Channel(row.channel): row
        for row in session.scalars(
            select(MessageSubscriptionRow).where(MessageSubscriptionRow.account == account)
        )
    }
    waiting = waiting_addresses(session, account=account, now=real_now)
    return Subscriptions(
        preferences=_preferences(session, account),
        channels=tuple(
            _choice(channel, own.get(channel), on_file.get(channel), waiting.get(channel))
            for channel in channels_there(session)
        ),
        has_calendar=session.get(SupplyCalendarRow, account) is not None,
    )


def save_subscriptions(
    session: Session,
    *,
    account: str,
    preferences: Preferences,
    channels: Mapping[Channel, str | None],
    webhook_hosts: Collection[str],
    codes: Codes,
    now: datetime,
) -> None:
    """Keep what an account chose: `channels` are those it wants, with an address or None for the one on file.

    A channel that is there and not among them is left, but for web push (rule 5). A new address is sent a
    code, and waits (rule 4).
    InvalidInput, naming a channel, `quiet` or `codes`, where something is no address, there is none on file,
    or too many codes were asked for.
    """
    before = read_subscriptions(session, account=account, real_now=codes.now)
    typed = [choice for choice in before.channels if choice.channel is not Channel.WEB_PUSH]
    wanted = {
        choice.channel: _wanted_address(choice, channels[choice.channel], webhook_hosts)
        for choice in typed
        if choice.channel in channels
    }
    _keep_preferences(session, account, preferences, now)
    for choice in typed:
        is_wanted = choice.channel in wanted
        address = wanted[choice.channel] if is_wanted else None
        if address is not None and address != choice.address:
            ask_to_confirm(session, account=account, channel=choice.channel, address=address, codes=codes)
            continue
        call_off(session, account=account, channel=choice.channel, now=codes.now)
        # Nothing is kept where nothing was chosen: who leaves no field filled has not left.
        if is_wanted or choice.is_on or choice.address is not None:
            left_at = None if is_wanted else now
            keep_channel(session, account, choice.channel, address=address, left_at=left_at, now=now)


def send_another_code(session: Session, *, account: str, channel: Channel, codes: Codes) -> bool:
    """Send another code to the address that waits on a channel; return whether one does.

    InvalidInput for `codes` where there were too many.
    """
    waiting = waiting_addresses(session, account=account, now=codes.now).get(channel)
    if waiting is not None:
        ask_to_confirm(
            session, account=account, channel=channel, address=waiting.address, codes=codes, again=True
        )
    return waiting is not None


def confirm_address(
    session: Session, *, account: str, channel: Channel, code: str, real_now: datetime, now: datetime
) -> CodeAnswer:
    """Let messages go to an address from now on if its code is right."""
    answer, address = take_code(session, account=account, channel=channel, typed=code, now=real_now)
    if answer is CodeAnswer.RIGHT:
        keep_channel(session, account, channel, address=address, left_at=None, now=now)
    return answer


def leave_channel(session: Session, *, account: str, channel: Channel, now: datetime) -> bool:
    """Send an account nothing more on a channel; return whether anything was sent there before."""
    row = session.get(MessageSubscriptionRow, (account, str(channel)))
    was_on = row.left_at is None if row is not None else channel in ON_FILE
    if was_on:
        keep_channel(session, account, channel, address=None, left_at=now, now=now)
    return was_on


def message_about(session: Session, *, number: int) -> tuple[str, Channel, datetime] | None:
    """Return whose message this is, on which channel, and when it was queued; None where there is none."""
    row = session.get(NotificationRow, number)
    return (row.account, Channel(row.channel), row.queued_at) if row is not None else None


def make_calendar(session: Session, *, account: str, digest: bytes, now: datetime) -> None:
    """Keep the digest of a calendar's new secret; the one before opens nothing any more."""
    values = {"token_digest": digest, "made_at": now}
    statement = insert(SupplyCalendarRow).values(account=account, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["account"], set_=values))


def account_of_calendar(session: Session, *, digest: bytes) -> str | None:
    """Return whose calendar a secret opens, or None."""
    return session.scalar(select(SupplyCalendarRow.account).where(SupplyCalendarRow.token_digest == digest))


def channels_there(session: Session) -> list[Channel]:
    """Return the channels that customers can choose: mail always, since it waits until it can leave."""
    there = {Channel(name) for name in session.scalars(select(MessageChannelRow.name))}
    return [channel for channel in Channel if channel is Channel.EMAIL or channel in there]


def language_of(session: Session, *, account: str) -> str:
    """Return the language an account is written to in."""
    chosen = _preferences(session, account).language
    customer = _customer(session, account)
    on_file = (customer.language or "") if customer is not None else ""
    return chosen or ("zh" if on_file.casefold().startswith("zh") else "en")


def _customer(session: Session, account: str) -> CustomerRow | None:
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    return session.get(CustomerRow, (network_version, account))


def _preferences(session: Session, account: str) -> Preferences:
    row = session.get(MessagePreferenceRow, account)
    if row is None:
        return Preferences(language=None, quiet=message_rules_in_force(session).quiet)
    return Preferences(
        language=row.language,
        quiet=quiet_hours(row.quiet_from, row.quiet_until),
        outages=row.outages,
        progress=row.progress,
        planned=row.planned,
    )


def _choice(
    channel: Channel,
    row: MessageSubscriptionRow | None,
    on_file: str | None,
    waiting: WaitingAddress | None,
) -> ChannelChoice:
    address = row.address if row is not None else None
    has_left = row is not None and row.left_at is not None
    is_on = not has_left and (address or on_file) is not None
    return ChannelChoice(channel, is_on=is_on, address=address, on_file=on_file, waiting=waiting)


def _wanted_address(choice: ChannelChoice, typed: str | None, webhook_hosts: Collection[str]) -> str | None:
    if typed is not None and typed.strip():
        address = plain_address(choice.channel, typed, webhook_hosts=webhook_hosts)
        return None if _is_on_file(choice, address) else address
    if choice.on_file is None:
        raise InvalidInput(field=choice.channel, text="say where to; nothing is on file")
    return None


def _is_on_file(choice: ChannelChoice, address: str) -> bool:
    """Return whether an address is the one on file, which nobody has to confirm."""
    if choice.on_file is None:
        return False
    if choice.channel is Channel.SMS:
        return phone_digits(choice.on_file) == phone_digits(address)
    return choice.on_file.strip().casefold() == address.casefold()


def _keep_preferences(session: Session, account: str, preferences: Preferences, now: datetime) -> None:
    quiet = preferences.quiet
    if quiet is not None and not (
        0 <= quiet.begins < _MINUTES_A_DAY and 0 <= quiet.ends < _MINUTES_A_DAY and quiet.begins != quiet.ends
    ):
        raise InvalidInput(field="quiet", text="say from when until when, as 22:00 and 07:00")
    values = {
        "language": preferences.language,
        "quiet_from": quiet.begins if quiet else None,
        "quiet_until": quiet.ends if quiet else None,
        "outages": preferences.outages,
        "progress": preferences.progress,
        "planned": preferences.planned,
        "changed_at": now,
    }
    statement = insert(MessagePreferenceRow).values(account=account, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["account"], set_=values))


def keep_channel(
    session: Session,
    account: str,
    channel: Channel,
    *,
    address: str | None,
    left_at: datetime | None,
    now: datetime,
) -> None:
    """Keep where an account is told on a channel, or when it left."""
    values = {"address": address, "left_at": left_at, "changed_at": now}
    statement = insert(MessageSubscriptionRow).values(account=account, channel=str(channel), **values)
    session.execute(statement.on_conflict_do_update(index_elements=["account", "channel"], set_=values))

"""The messages of one batch at the moment when they leave: who still needs them, where to, and what they say.

RULE 1: what nobody needs any more is dropped here, at the last moment, with why
(dispatch/message_relevance.py).
RULE 2: a text message found under way was left by a killed worker: it is uncertain, and not sent again. A
mail, a webhook's message and a push are, under the number they had; after those that nobody tried yet.
RULE 3: words are made when a message leaves, so that what waited says what is known now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, func, select, update
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.channels import Channel
from dispatch.message_kinds import MessageKind, MessageStatus, WhyUnsent
from dispatch.message_links import LinkPurpose, link
from dispatch.message_relevance import PlannedTimes, why_drop, why_drop_planned
from dispatch.message_rules import MessageRules, message_rules_in_force
from dispatch.message_tables import MessageSubscriptionRow
from dispatch.message_threads import Told, is_open, standing_outage, still_out, told_before
from dispatch.message_words import Texts, subject_and_body
from dispatch.planned_states import PlannedStatus
from dispatch.push_facts import push_facts
from dispatch.tables import ChangeLogRow, NotificationRow, OutageRow
from dispatch.web_push import PushRoute
from gis.network_versions import active_network_version
from gis.tables import CustomerRow

MAXIMUM_ATTEMPTS = 6
# What a second arrival does little harm to: it has the first one's number.
SENT_AGAIN = (Channel.EMAIL, Channel.WEBHOOK, Channel.WEB_PUSH)
_CALLED_OFF = (PlannedStatus.CANCELLED, PlannedStatus.WITHDRAWN)


def _no_limit(channel: Channel) -> None:
    """Let every message leave at once."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where messages go and how they are worded: an address for each channel, texts by language, a time zone.

    `mail_url` is an Apprise mail address, `sms_url` one with `{phone}` in it, `wecom_url` one with `{user}`;
    None where there is none. `webhook_hosts` are the hosts at which customers may have programs; `push` is
    how browsers are told.
    `take_turn` is called before each message leaves, and returns when the channel's rate allows it.
    """

    texts: Texts
    time_zone: tzinfo
    mail_url: str | None = None
    sms_url: str | None = None
    wecom_url: str | None = None
    webhook_hosts: Collection[str] = field(default=())
    push: PushRoute | None = None
    take_turn: Callable[[Channel], None] = _no_limit

    def channels(self) -> list[Channel]:
        """Return the channels that have somewhere to send to."""
        there = {
            Channel.EMAIL: self.mail_url,
            Channel.SMS: self.sms_url,
            Channel.WECOM: self.wecom_url,
            Channel.WEBHOOK: self.webhook_hosts,
            Channel.WEB_PUSH: self.push,
        }
        return [channel for channel, address in there.items() if address]


@dataclass(frozen=True, slots=True)
class Message:
    """One message under way; `address` is where its channel reaches the customer.

    `key` names it for ever, and `follows` is the key of the first message of the same outage to them.
    """

    number: int
    address: str
    subject: str
    body: str
    key: str
    follows: str | None
    leave_link: str | None
    facts: Mapping[str, str]


def begin_try(
    engine: Engine, ids: Sequence[int], delivery: Delivery, channel: Channel, now: datetime
) -> list[Message]:
    """Begin a try of those not finished: drop what is needed no more, count the try, and word the rest.

    Mails are marked as under way here, all others one by one before they leave.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        _end_last_tries(session, ids)
        found = session.execute(_unfinished(session, ids, channel)).all()
        rules = message_rules_in_force(session)
        told = told_before(session, messages=[row for row, *_ in found])
        outage = _standing(session, [outage for _, outage, *_ in found])
        accounts = [row.account for row, *_ in found]
        out = still_out(session, outage=outage, accounts=accounts) if outage is not None else set()
        messages = []
        for row, _, planned, change, address, left_at in found:
            about = outage if outage is not None else planned
            why = _why_unsent(row, about, told[row.account], out=out, left_at=left_at, now=now)
            if why is not None or address is None or _was_left_under_way(row, channel):
                _put_aside(row, why)
                continue
            if channel is Channel.EMAIL:
                row.status = (
                    MessageStatus.SENDING if row.status == MessageStatus.QUEUED else MessageStatus.UNCERTAIN
                )
            row.attempts += 1
            said = _worded(row, about, change, delivery=delivery, rules=rules, now=now)
            texts = delivery.texts[row.language]
            messages.append(_message(row, address, said, told=told[row.account], rules=rules, texts=texts))
        return messages


def _end_last_tries(session: Session, ids: Sequence[int]) -> None:
    """Let what a killed worker left under way in its last try be uncertain: a person decides about it."""
    left = update(NotificationRow).where(
        NotificationRow.id.in_(ids),
        NotificationRow.status == MessageStatus.SENDING,
        NotificationRow.attempts >= MAXIMUM_ATTEMPTS,
    )
    session.execute(left.values(status=MessageStatus.UNCERTAIN))


def _unfinished(session: Session, ids: Sequence[int], channel: Channel) -> Select[Any]:
    statuses = [MessageStatus.QUEUED, MessageStatus.SENDING]
    if channel in SENT_AGAIN:
        statuses.append(MessageStatus.UNCERTAIN)
    # Planned work is told long before: the network may have been renewed since; the one in force counts.
    network_version = func.coalesce(OutageRow.network_version, active_network_version(session))
    return (
        select(
            NotificationRow,
            OutageRow,
            PlannedOutageRow,
            ChangeLogRow.data,
            _address(channel),
            MessageSubscriptionRow.left_at,
        )
        .outerjoin(OutageRow, OutageRow.id == NotificationRow.outage_id)
        .outerjoin(PlannedOutageRow, PlannedOutageRow.id == NotificationRow.planned_outage_id)
        .join(ChangeLogRow, ChangeLogRow.position == NotificationRow.change_position)
        .outerjoin(
            CustomerRow,
            and_(
                CustomerRow.network_version == network_version,
                CustomerRow.account == NotificationRow.account,
            ),
        )
        .outerjoin(
            MessageSubscriptionRow,
            and_(
                MessageSubscriptionRow.account == NotificationRow.account,
                MessageSubscriptionRow.channel == NotificationRow.channel,
            ),
        )
        .where(NotificationRow.id.in_(ids), NotificationRow.status.in_(statuses))
        .where(NotificationRow.attempts < MAXIMUM_ATTEMPTS)
        .order_by(NotificationRow.status == MessageStatus.UNCERTAIN, NotificationRow.id)
        .with_for_update(of=NotificationRow)
    )


def _address(channel: Channel) -> ColumnElement[str | None]:
    on_file = {Channel.EMAIL: CustomerRow.email, Channel.SMS: CustomerRow.phone}.get(channel)
    if on_file is None:
        return func.coalesce(MessageSubscriptionRow.address)
    return func.coalesce(MessageSubscriptionRow.address, on_file)


def _standing(session: Session, outages: Sequence[OutageRow | None]) -> OutageRow | None:
    """Return the outage that a batch is about, as it stands; None of planned work."""
    first = next(iter(outages), None)
    return standing_outage(session, first) if first is not None else None


def _was_left_under_way(row: NotificationRow, channel: Channel) -> bool:
    return channel not in SENT_AGAIN and row.status == MessageStatus.SENDING


def _why_unsent(
    row: NotificationRow,
    about: OutageRow | PlannedOutageRow,
    told: Told,
    *,
    out: Collection[str],
    left_at: datetime | None,
    now: datetime,
) -> WhyUnsent | None:
    if left_at is not None:
        return WhyUnsent.LEFT
    kind = MessageKind(row.kind)
    if isinstance(about, OutageRow):
        thread = told.thread(row.id)
        return why_drop(kind, is_open=is_open(about), lasts=row.account in out, thread=thread)
    times = PlannedTimes(
        starts_at=about.begun_at or about.starts_at,
        ends_at=about.ends_at,
        over_at=about.ended_at,
        is_cancelled=about.status in _CALLED_OFF,
    )
    return why_drop_planned(kind, times=times, now=now)


def _put_aside(row: NotificationRow, why: WhyUnsent | None) -> None:
    """Drop a message, or let it fail for want of an address; what may have gone out stays uncertain."""
    if row.status != MessageStatus.QUEUED:
        row.status = MessageStatus.UNCERTAIN
    elif why is not None:
        row.status, row.because = MessageStatus.DROPPED, why
    else:
        row.status, row.because = MessageStatus.FAILED, WhyUnsent.NO_ADDRESS


def _worded(
    row: NotificationRow,
    about: OutageRow | PlannedOutageRow,
    change: Mapping[str, Any],
    *,
    delivery: Delivery,
    rules: MessageRules,
    now: datetime,
) -> tuple[str, str]:
    subject, body = subject_and_body(
        row, about, change=change, texts=delivery.texts, time_zone=delivery.time_zone, now=now
    )
    if row.channel != Channel.EMAIL or rules.public_url is None or rules.link_key is None:
        return subject, body
    links = {
        purpose.name.lower(): link(rules.public_url, rules.link_key, purpose=purpose, number=row.id)
        for purpose in LinkPurpose
    }
    return subject, f"{body}\n\n{delivery.texts[row.language]['message.links'].format_map(links)}"


def _message(
    row: NotificationRow,
    address: str,
    said: tuple[str, str],
    *,
    told: Told,
    rules: MessageRules,
    texts: Mapping[str, str],
) -> Message:
    first = told.first(row.id)
    has_links = rules.public_url is not None and rules.link_key is not None
    return Message(
        number=row.id,
        address=address,
        subject=said[0],
        body=said[1],
        key=_key(row.id, row.queued_at),
        follows=_key(first.id, first.queued_at) if first is not None else None,
        leave_link=link(
            rules.public_url or "", rules.link_key or b"", purpose=LinkPurpose.LEAVE, number=row.id
        )
        if has_links
        else None,
        facts={
            "id": _key(row.id, row.queued_at),
            "kind": row.kind,
            "outage": row.outage_id or row.planned_outage_id or "",
            **(push_facts(row, rules, texts) if row.channel == Channel.WEB_PUSH else {}),
        },
    )


def _key(number: int, queued_at: datetime) -> str:
    """Return what names a message for ever: another database has the same numbers, at other times."""
    return f"relight.{number}.{queued_at:%Y%m%d%H%M%S%f}"

"""What the customers of one batch were told of the same outage before, and who of them it still concerns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from dispatch.message_kinds import DANGERS, ENDINGS, MessageKind, MessageStatus
from dispatch.message_relevance import Thread
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import AffectedRow, NotificationRow, OutageRow
from gis.tables import ServicePointRow

_LEFT = (MessageStatus.SENDING, MessageStatus.SENT, MessageStatus.UNCERTAIN)
_SPARED = (MessageStatus.HELD, MessageStatus.QUEUED, MessageStatus.DROPPED)


@dataclass(frozen=True, slots=True)
class Other:
    """Another message of the same customer about the same outage on the same channel."""

    id: int
    kind: str
    status: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """The messages of one customer about one outage on one channel, oldest first."""

    others: Sequence[Other]

    def thread(self, number: int) -> Thread:
        """Return what they mean to one message."""
        earlier = [one for one in self.others if one.id < number]
        later = [one for one in self.others if one.id > number]
        return Thread(
            was_told=any(one.status in _LEFT for one in earlier),
            was_spared=any(one.status in _SPARED and one.kind not in ENDINGS | DANGERS for one in earlier),
            # What is held until morning says nothing tonight.
            first_waits=any(
                one.status == MessageStatus.QUEUED and one.kind == MessageKind.CONFIRMED for one in earlier
            ),
            is_followed=any(
                one.status in (MessageStatus.QUEUED, *_LEFT) and one.kind not in DANGERS for one in later
            ),
        )

    def first(self, number: int) -> Other | None:
        """Return the first message before this one that left: mail programs show the others below it."""
        return next((one for one in self.others if one.id < number and one.status in _LEFT), None)


def standing_outage(session: Session, outage: OutageRow) -> OutageRow:
    """Return the outage that an outage was merged into, or itself."""
    while outage.status == OutageStatus.MERGED and outage.merged_into is not None:
        outage = session.get_one(OutageRow, outage.merged_into)
    return outage


def is_open(outage: OutageRow) -> bool:
    """Return whether an outage lasts."""
    return outage.status in OPEN_OUTAGE_STATUSES


def still_out(session: Session, *, outage: OutageRow, accounts: Collection[str]) -> set[str]:
    """Return the accounts that the outage still holds; none once it is over."""
    if not is_open(outage) or not accounts:
        return set()
    query = (
        select(ServicePointRow.account)
        .join(AffectedRow, AffectedRow.service_point == ServicePointRow.id)
        .where(
            ServicePointRow.network_version == outage.network_version,
            ServicePointRow.account == any_(literal(sorted(accounts), ARRAY(Text))),
            AffectedRow.outage_id == outage.id,
            AffectedRow.ended_at.is_(None),
        )
        .distinct()
    )
    return {account for account in session.scalars(query) if account is not None}


def told_before(session: Session, *, messages: Iterable[NotificationRow]) -> Mapping[str, Told]:
    """Return account → the other messages, for messages of one change on one channel."""
    batch = list(messages)
    if not batch:
        return {}
    one = batch[0]
    about = (
        NotificationRow.outage_id == one.outage_id
        if one.outage_id is not None
        else NotificationRow.planned_outage_id == one.planned_outage_id
    )
    accounts = sorted({message.account for message in batch})
    query = (
        select(
            NotificationRow.account,
            NotificationRow.id,
            NotificationRow.kind,
            NotificationRow.status,
            NotificationRow.queued_at,
        )
        .where(
            about,
            NotificationRow.account == any_(literal(accounts, ARRAY(Text))),
            NotificationRow.channel == one.channel,
        )
        .order_by(NotificationRow.id)
    )
    found: dict[str, list[Other]] = defaultdict(list)
    for row in session.execute(query):
        found[row.account].append(Other(id=row.id, kind=row.kind, status=row.status, queued_at=row.queued_at))
    return {account: Told(found.get(account, ())) for account in accounts}

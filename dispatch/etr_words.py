"""What is said of a restoration time, kept word by word, and published when the rules of etr_rules say so.

Every word goes through here, whoever says it. The outage's row holds what is published; the versions hold
everything that was said. Customers are told in the same transaction, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record, set_values
from dispatch.etr import Etr, EtrSource, EtrTier
from dispatch.etr_rules import (
    EtrRules,
    EtrWord,
    PublishedEtr,
    alarm_at,
    is_to_publish,
    is_to_send,
    newest_words,
    speaking_word,
    window,
)
from dispatch.etr_spreads import spread_for
from dispatch.etr_tables import EtrBecause, EtrRulesRow, EtrVersionRow
from dispatch.events import Event
from dispatch.many_ids import is_among
from dispatch.notifications import MessageKind, queue_notifications
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.tables import OutageRow

_ONLY = 1


@dataclass(frozen=True, slots=True)
class _Said:
    """A word just said: whose, which, and why."""

    word: EtrWord
    because: EtrBecause
    tell: bool


def put_etr_rules_in_force(session: Session, *, rules: EtrRules) -> None:
    """Put publish threshold and alarm time in force for all processes on this database."""
    values = {
        "publish_minutes": rules.publish.total_seconds() / 60,
        "alarm_minutes": rules.alarm.total_seconds() / 60,
    }
    statement = insert(EtrRulesRow).values(id=_ONLY, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def etr_rules_in_force(session: Session) -> EtrRules:
    """Return the rules in force, those Relight comes with where none were told."""
    row = session.get(EtrRulesRow, _ONLY)
    if row is None:
        return EtrRules()
    return EtrRules(
        publish=timedelta(minutes=row.publish_minutes), alarm=timedelta(minutes=row.alarm_minutes)
    )


def first_etr_values(
    session: Session, *, etr: Etr, device_kind: str, now: datetime
) -> dict[str, datetime | str | None]:
    """Return what the row of a new outage holds of its first ETR; `keep_first_etr` follows."""
    word = _worded(session, etr, device_kind=device_kind, number=0, now=now)
    return published_values(word, rules=etr_rules_in_force(session))


def keep_first_etr(session: Session, *, outage: OutageRow, author: Author, position: int) -> None:
    """Keep the first word about an outage, which its first change has published."""
    word = _published_word(outage)
    if word is None:
        return
    said = _Said(word=word, because=EtrBecause.PREDICTED, tell=False)
    _keep(session, outage=outage, said=said, author=author, position=position, is_told=False)


def say_etr(
    session: Session,
    *,
    outage: OutageRow,
    etr: Etr,
    because: EtrBecause,
    author: Author,
    tell: bool = True,
) -> int | None:
    """Keep what a tier says, and publish what the rules say; return the position of that change, if any.

    With `tell`, customers of a confirmed outage are told of a change as large as the threshold; without it
    another message of the same change tells them. What is over takes no word. The usual figures of the kind
    of device do not replace what was assessed.
    """
    if outage.status not in OPEN_OUTAGE_STATUSES:
        return None
    newest = newest_words(_words(session, [outage.id]).get(outage.id, ()))
    standing = newest.get(EtrTier.RULE)
    is_assessed = standing is not None and standing.source is EtrSource.ASSESSED and standing.at is not None
    if etr.source is EtrSource.DEVICE_KIND and is_assessed:
        return None
    number = max((one.number for one in newest.values()), default=0) + 1
    word = _worded(session, etr, device_kind=outage.device_kind, number=number, now=author.now)
    newest[word.tier] = word
    said = _Said(word=word, because=because, tell=tell)
    return _settle(session, outage=outage, newest=newest, said=said, author=author)


def take_back_etr(
    session: Session, *, outage: OutageRow, tier: EtrTier, because: EtrBecause, author: Author
) -> int | None:
    """Take back the word of a tier, if it has one; return the position of the change, if any."""
    if outage.status not in OPEN_OUTAGE_STATUSES:
        return None
    newest = newest_words(_words(session, [outage.id]).get(outage.id, ()))
    before = newest.get(tier)
    if before is None or before.at is None:
        return None
    number = max(one.number for one in newest.values()) + 1
    word = EtrWord(
        number=number, source=before.source, at=None, earliest=None, latest=None, said_at=author.now
    )
    newest[tier] = word
    said = _Said(word=word, because=because, tell=True)
    return _settle(session, outage=outage, newest=newest, said=said, author=author)


def take_over_words(session: Session, *, outage: OutageRow, into: OutageRow, author: Author) -> None:
    """Let people's words about an outage count for the one it was merged into, where nobody spoke of that.

    The crew's first: it goes over with its job.
    """
    words = newest_words_of(session, outage_ids=[outage.id, into.id])
    for tier in (EtrTier.CREW, EtrTier.DISPATCHER):
        word, standing = words.get(outage.id, {}).get(tier), words.get(into.id, {}).get(tier)
        is_silent = standing is None or standing.at is None
        if word is not None and word.at is not None and word.at > author.now and is_silent:
            etr = Etr(at=word.at, source=word.source)
            say_etr(session, outage=into, etr=etr, because=EtrBecause.TAKEN_OVER, author=author)


def newest_words_of(session: Session, *, outage_ids: Iterable[str]) -> dict[str, dict[EtrTier, EtrWord]]:
    """Return outage → tier → newest word, for outages of which anything was said."""
    return {id: newest_words(words) for id, words in _words(session, outage_ids).items()}


def as_word(row: EtrVersionRow) -> EtrWord:
    """Return a version as a word of the rules."""
    return EtrWord(
        number=row.id,
        source=EtrSource(row.source),
        at=row.at,
        earliest=row.earliest,
        latest=row.latest,
        said_at=row.said_at,
    )


def _words(session: Session, outage_ids: Iterable[str]) -> dict[str, list[EtrWord]]:
    """Return the newest version of each tier by outage; what was said before it was out again is over."""
    query = (
        select(EtrVersionRow)
        .join(OutageRow, OutageRow.id == EtrVersionRow.outage_id)
        .where(
            is_among(EtrVersionRow.outage_id, outage_ids),
            EtrVersionRow.said_at >= func.coalesce(OutageRow.reopened_at, EtrVersionRow.said_at),
        )
        .ext(distinct_on(EtrVersionRow.outage_id, EtrVersionRow.tier))
        .order_by(EtrVersionRow.outage_id, EtrVersionRow.tier, EtrVersionRow.id.desc())
    )
    found: dict[str, list[EtrWord]] = {}
    for row in session.scalars(query):
        found.setdefault(row.outage_id, []).append(as_word(row))
    return found


def _worded(session: Session, etr: Etr, *, device_kind: str, number: int, now: datetime) -> EtrWord:
    spread = spread_for(session, source=etr.source, device_kind=device_kind)
    earliest, latest = window(etr.at, said_at=min(now, etr.at), spread=spread)
    return EtrWord(number=number, source=etr.source, at=etr.at, earliest=earliest, latest=latest, said_at=now)


def _settle(
    session: Session, *, outage: OutageRow, newest: dict[EtrTier, EtrWord], said: _Said, author: Author
) -> int | None:
    """Keep the word, publish what speaks now where the rules say so, and tell customers of that."""
    rules = etr_rules_in_force(session)
    speaks = speaking_word(newest, now=author.now)
    before = PublishedEtr(at=outage.etr_at, source=outage.etr_source, warn_at=outage.etr_warn_at)
    position, is_told = None, False
    if is_to_publish(speaks, before, rules=rules, now=author.now, is_new=speaks is said.word):
        told = _told(session, outage)
        position = _publish(session, outage=outage, speaks=speaks, rules=rules, author=author)
        is_sent = outage.confirmed_at is not None and is_to_send(speaks, told=told, rules=rules)
        is_told = position is not None and (is_sent or not said.tell)
        if position is not None and is_sent and said.tell:
            kind = MessageKind.ETR_CHANGED
            queue_notifications(session, outage=outage, kind=kind, change_position=position, now=author.now)
    _keep(session, outage=outage, said=said, author=author, position=position, is_told=is_told)
    return position


def _publish(
    session: Session, *, outage: OutageRow, speaks: EtrWord | None, rules: EtrRules, author: Author
) -> int | None:
    changed = set_values(outage, published_values(speaks, rules=rules))
    if not changed:
        return None
    return record(
        session,
        name=Event.OUTAGE_ETR_CHANGED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": changed},
    )


def published_values(word: EtrWord | None, *, rules: EtrRules) -> dict[str, Any]:
    """Return what an outage's row holds of the word that is published; its alarm stands no longer."""
    if word is None or word.at is None:
        names = ("etr_at", "etr_source", "etr_earliest", "etr_latest", "etr_warn_at", "etr_lapsing_at")
        return dict.fromkeys(names)
    return {
        "etr_at": word.at,
        "etr_source": word.source,
        "etr_earliest": word.earliest,
        "etr_latest": word.latest,
        "etr_warn_at": alarm_at(word.at, said_at=min(word.said_at, word.at), rules=rules),
        "etr_lapsing_at": None,
    }


def _told(session: Session, outage: OutageRow) -> EtrWord | None:
    """Return the word customers were told last; that of the page, where no message told one."""
    query = (
        select(EtrVersionRow)
        .where(EtrVersionRow.outage_id == outage.id, EtrVersionRow.is_told, EtrVersionRow.at.is_not(None))
        .order_by(EtrVersionRow.id.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return as_word(row) if row is not None else _published_word(outage)


def _published_word(outage: OutageRow) -> EtrWord | None:
    if outage.etr_at is None or outage.etr_source is None:
        return None
    return EtrWord(
        number=0,
        source=EtrSource(outage.etr_source),
        at=outage.etr_at,
        earliest=outage.etr_earliest,
        latest=outage.etr_latest,
        said_at=outage.predicted_at,
    )


def _keep(
    session: Session, *, outage: OutageRow, said: _Said, author: Author, position: int | None, is_told: bool
) -> None:
    session.add(
        EtrVersionRow(
            outage_id=outage.id,
            tier=said.word.tier,
            source=said.word.source,
            at=said.word.at,
            earliest=said.word.earliest,
            latest=said.word.latest,
            said_at=author.now,
            said_by=author.actor,
            because=said.because,
            is_published=position is not None,
            is_told=is_told,
            change_position=position,
        )
    )
    session.flush()

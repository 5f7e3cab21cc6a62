"""Addresses that customers typed: a code goes there once, and nothing else until it was typed back.

RULE 1: whoever types another's address must not have messages sent there. A code is six digits, good for an
hour and five wrong tries; another one ends it.
RULE 2: codes are few: at most `CODES_AN_HOUR` for an account, and `CODES_A_DAY` to an address, whoever asks.
RULE 3: a code leaves at most once. A job names the row, never the code or the address.
All times here are real times: a code lives by them, whatever the clock of a storm.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, text, update
from sqlalchemy.orm import Session

from dispatch.channels import Channel
from dispatch.errors import InvalidInput
from dispatch.message_queue import delivery_queue
from dispatch.message_tables import AddressConfirmationRow

CODE_TASK = "send_address_code"
CODE_LASTS = timedelta(hours=1)
WRONG_TRIES = 5
CODES_AN_HOUR = 6
CODES_A_DAY = 4
_KEPT = timedelta(days=1)
# Before every message: somebody stands there with the phone in the hand.
_PRIORITY = 5
# Lock classes of pg_advisory_xact_lock(class, key), as those of api/throttle.py.
_ACCOUNT_LOCK, _ADDRESS_LOCK = 7_403, 7_404


@dataclass(frozen=True, slots=True)
class Codes:
    """How a code is made, and the real time at which one is asked for."""

    make: Callable[[], str]
    now: datetime


class CodeAnswer(StrEnum):
    """What became of a code that was typed."""

    RIGHT = "right"
    WRONG = "wrong"
    ENDED = "ended"  # none waits, or it is too old, or was tried too often


@dataclass(frozen=True, slots=True)
class WaitingAddress:
    """An address whose code was not typed yet; `was_refused`: the code could not be delivered there."""

    address: str
    was_refused: bool


def ask_to_confirm(
    session: Session, *, account: str, channel: Channel, address: str, codes: Codes, again: bool = False
) -> None:
    """Send a code to an address, unless one is on its way there already and none is asked for `again`.

    InvalidInput for `codes` where there were too many of late.
    """
    _lock(session, _ACCOUNT_LOCK, account)
    _lock(session, _ADDRESS_LOCK, address)
    waiting = session.scalar(_standing(account, channel, codes.now))
    if waiting is not None and waiting.address == address and not again and not waiting.was_refused:
        return
    forget_old_codes(session, now=codes.now)
    asked = AddressConfirmationRow.account == account
    of_late = AddressConfirmationRow.asked_at > codes.now - timedelta(hours=1)
    there = AddressConfirmationRow.address == address
    if _count(session, asked, of_late) >= CODES_AN_HOUR or _count(session, there) >= CODES_A_DAY:
        raise InvalidInput(field="codes", text="too many codes were asked for; try again later")
    call_off(session, account=account, channel=channel, now=codes.now)
    row = AddressConfirmationRow(
        account=account, channel=str(channel), address=address, code=codes.make(), asked_at=codes.now
    )
    session.add(row)
    session.flush()
    _queue(session, channel=channel, number=row.id)


def waiting_addresses(session: Session, *, account: str, now: datetime) -> Mapping[Channel, WaitingAddress]:
    """Return the addresses of an account that wait for their codes."""
    rows = session.scalars(_standing(account, None, now))
    return {Channel(row.channel): WaitingAddress(row.address, row.was_refused) for row in rows}


def call_off(session: Session, *, account: str, channel: Channel, now: datetime) -> None:
    """End what waits on a channel: its code confirms nothing any more."""
    end = update(AddressConfirmationRow).where(
        AddressConfirmationRow.account == account,
        AddressConfirmationRow.channel == str(channel),
        AddressConfirmationRow.ended_at.is_(None),
    )
    session.execute(end.values(ended_at=now))


def take_code(
    session: Session, *, account: str, channel: Channel, typed: str, now: datetime
) -> tuple[CodeAnswer, str]:
    """Return what becomes of a code, and the address that it confirms; a wrong one is counted."""
    row = session.scalar(_standing(account, channel, now).with_for_update())
    if row is None or row.wrong_tries >= WRONG_TRIES:
        return CodeAnswer.ENDED, ""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if "0" <= sign <= "9")
    if not secrets.compare_digest(plain.encode(), row.code.encode()):
        row.wrong_tries += 1
        return CodeAnswer.WRONG, ""
    row.ended_at = now
    return CodeAnswer.RIGHT, row.address


def old_codes_wait(session: Session, *, now: datetime) -> bool:
    """Return whether anything was asked for longer than a day ago."""
    old = exists().where(AddressConfirmationRow.asked_at < now - _KEPT)
    return bool(session.scalar(select(old)))


def forget_old_codes(session: Session, *, now: datetime) -> None:
    """Remove what was asked for longer than a day ago."""
    session.execute(delete(AddressConfirmationRow).where(AddressConfirmationRow.asked_at < now - _KEPT))


def _standing(account: str, channel: Channel | None, now: datetime) -> Select[AddressConfirmationRow]:
    row = AddressConfirmationRow
    query = select(row).where(row.account == account, row.ended_at.is_(None), row.asked_at > now - CODE_LASTS)
    return query if channel is None else query.where(row.channel == str(channel)).limit(1)


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(AddressConfirmationRow).where(*where)) or 0


def _queue(session: Session, *, channel: Channel, number: int) -> None:
    """Write the job as procrastinate's own function does it; its version is pinned."""
    session.execute(
        text(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args) "
            "VALUES (:queue, :task, :priority, "
            "jsonb_build_object('confirmation_id', CAST(:number AS bigint)))"
        ),
        {"queue": delivery_queue(channel), "task": CODE_TASK, "priority": _PRIORITY, "number": number},
    )


def _lock(session: Session, lock: int, key: str) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:key))"), {"lock": lock, "key": key})

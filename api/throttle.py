"""Slower with each failure, and after five a wait: per name and address, in fifteen minutes, at each door.

Owns `sign_in_attempt`. Counting and recording happen under one lock per name and per address, so two tries
at once cannot both be the fifth; the counts are rows, so a restart forgets nothing.

Rules:
1. A name (a user's, or an account number) holds five failures.
2. An address holds five as well; at the customers' door one more for each account that was found from it,
   since a mobile network shows thousands of phones as one address, and most of them type rightly.
3. Reports by place have no secret to guess: an address may send twenty, right or wrong.
4. Until then each failure is answered later than the one before. Once refused unjudged there is nothing to
   learn, and no thread of ours is kept waiting.
"""

from __future__ import annotations

import ipaddress
import time
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Engine, delete, func, select, text
from sqlalchemy.orm import Session

from api.tables import SignInAttemptRow

FAILURES_ALLOWED = 5
REPORTS_ALLOWED = 20
FIRST_PAUSE_S = 0.2
WITHIN = timedelta(minutes=15)
_KEPT = timedelta(days=1)

# Lock classes of pg_advisory_xact_lock(class, key): any two numbers that nothing else in Relight uses.
_NAME_LOCK = 7_401
_ADDRESS_LOCK = 7_402


class Door(StrEnum):
    """Where someone tries to get in; failures at one door say nothing about another."""

    SIGN_IN = "sign_in"
    SUPPLY = "supply"
    REPORT = "report"


def judge_attempt(
    session: Session, *, name: str, address: str, right: bool, now: datetime, door: Door = Door.SIGN_IN
) -> bool:
    """Record a try whose secret was `right` or not, and return whether it may count as let in.

    While the throttle holds, a right secret is refused like a wrong one, and the try is not counted:
    knocking on does not make the wait longer. The caller commits.
    """
    name = name.casefold()
    address = throttled_address(address)
    # Always the name first: two tries can then wait for each other, but never in a circle.
    _lock(session, _NAME_LOCK, f"{door}/{name}")
    _lock(session, _ADDRESS_LOCK, f"{door}/{address}")
    _sweep(session, now)
    tried = (SignInAttemptRow.door == door, SignInAttemptRow.at > now - WITHIN)
    here = SignInAttemptRow.address == address
    allowed_here = FAILURES_ALLOWED
    if door is Door.SUPPLY:
        allowed_here += _names_let_in(session, *tried, here)
    held = (
        _failures(session, *tried, SignInAttemptRow.name == name) >= FAILURES_ALLOWED
        or _failures(session, *tried, here) >= allowed_here
    )
    _record(session, door=door, name=name, address=address, now=now, succeeded=None if held else right)
    return right and not held


def hold_back(engine: Engine, *, name: str, address: str, now: datetime, door: Door) -> None:
    """Let a failed try wait for its answer: twice as long as the one before; not at all once it is locked."""
    tried = (SignInAttemptRow.door == door, SignInAttemptRow.at > now - WITHIN)
    with Session(engine) as session:
        failures = max(
            _failures(session, *tried, SignInAttemptRow.name == name.casefold()),
            _failures(session, *tried, SignInAttemptRow.address == throttled_address(address)),
        )
    if 0 < failures < FAILURES_ALLOWED:
        time.sleep(FIRST_PAUSE_S * 2 ** (failures - 1))


def take_turn(session: Session, *, address: str, now: datetime) -> bool:
    """Record a report by place from an address, and return whether it may still send one."""
    address = throttled_address(address)
    _lock(session, _ADDRESS_LOCK, f"{Door.REPORT}/{address}")
    _sweep(session, now)
    sent = session.scalar(
        select(func.count()).where(
            SignInAttemptRow.door == Door.REPORT,
            SignInAttemptRow.address == address,
            SignInAttemptRow.at > now - WITHIN,
            SignInAttemptRow.succeeded.is_(True),
        )
    )
    allowed = (sent or 0) < REPORTS_ALLOWED
    _record(session, door=Door.REPORT, name="", address=address, now=now, succeeded=allowed or None)
    return allowed


def throttled_address(address: str) -> str:
    """Return what counts as one address: an IPv6 household holds a whole /64, and could use each once."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _lock(session: Session, lock: int, key: str) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock, hashtext(:key))"), {"lock": lock, "key": key})


def _sweep(session: Session, now: datetime) -> None:
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < now - _KEPT))


def _failures(session: Session, *where: ColumnElement[bool]) -> int:
    counted = session.scalar(select(func.count()).where(*where, SignInAttemptRow.succeeded.is_(False)))
    return counted or 0


def _names_let_in(session: Session, *where: ColumnElement[bool]) -> int:
    counted = session.scalar(
        select(func.count(SignInAttemptRow.name.distinct())).where(
            *where, SignInAttemptRow.succeeded.is_(True)
        )
    )
    return counted or 0


def _record(
    session: Session, *, door: Door, name: str, address: str, now: datetime, succeeded: bool | None
) -> None:
    session.add(SignInAttemptRow(door=door, name=name, address=address, at=now, succeeded=succeeded))

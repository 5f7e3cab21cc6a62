"""Five failures, then a wait: per account name and per address, within fifteen minutes.

Owns `sign_in_attempt`. Counting and recording happen under one lock per name and per address, so two tries
at once cannot both be the fifth; the counts are rows, so a restart forgets nothing.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from api.tables import SignInAttemptRow

FAILURES_ALLOWED = 5
WITHIN = timedelta(minutes=15)
_KEPT = timedelta(days=1)

# Lock classes of pg_advisory_xact_lock(class, key): any two numbers that nothing else in Relight uses.
_NAME_LOCK = 7_401
_ADDRESS_LOCK = 7_402


def judge_attempt(session: Session, *, name: str, address: str, right: bool, now: datetime) -> bool:
    """Record a try whose password was `right` or not, and return whether it may count as signed in.

    While the throttle holds, a right password is refused like a wrong one, and the try is not counted:
    knocking on does not make the wait longer. The caller commits.
    """
    name = name.casefold()
    address = throttled_address(address)
    # Always the name first: two tries can then wait for each other, but never in a circle.
    for lock, key in ((_NAME_LOCK, name), (_ADDRESS_LOCK, address)):
        session.execute(
            text("SELECT pg_advisory_xact_lock(:lock, hashtext(:key))"), {"lock": lock, "key": key}
        )
    session.execute(delete(SignInAttemptRow).where(SignInAttemptRow.at < now - _KEPT))
    held = any(
        _failures(session, since=now - WITHIN, where=where) >= FAILURES_ALLOWED
        for where in (SignInAttemptRow.name == name, SignInAttemptRow.address == address)
    )
    session.add(SignInAttemptRow(name=name, address=address, at=now, succeeded=None if held else right))
    return right and not held


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


def _failures(session: Session, *, since: datetime, where: ColumnElement[bool]) -> int:
    counted = session.scalar(
        select(func.count()).where(where, SignInAttemptRow.at > since, SignInAttemptRow.succeeded.is_(False))
    )
    return counted or 0

"""Sign-ins that hold: opened by a right password, found by the cookie's token, ended by time or by hand.

Owns `user_session`. Times are real times, never the simulated clock: a storm played at sixty times speed
would otherwise sign everyone out within minutes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from api.roles import Identity, Role
from api.secret_tokens import new_token, token_digest
from api.tables import UserAccountRow, UserSessionRow

_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session: the token goes into the cookie and is not kept here."""

    token: str
    identity: Identity
    expires_at: datetime


def open_session(session: Session, *, user: UserAccountRow, lasts: timedelta, now: datetime) -> OpenedSession:
    """Open a session for the account, and sweep those that have ended."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.expires_at <= now))
    token, digest = new_token()
    expires_at = now + lasts
    session.add(
        UserSessionRow(
            token_digest=digest, user_id=user.id, created_at=now, expires_at=expires_at, last_seen_at=now
        )
    )
    return OpenedSession(token=token, identity=_identity(user, digest), expires_at=expires_at)


def find_session(session: Session, *, token: str, now: datetime) -> Identity | None:
    """Return who the token belongs to, or None when it is unknown, ended, or its account is disabled."""
    digest = token_digest(token)
    found = session.execute(
        select(UserAccountRow, UserSessionRow.last_seen_at)
        .join(UserSessionRow, UserSessionRow.user_id == UserAccountRow.id)
        .where(
            UserSessionRow.token_digest == digest,
            UserSessionRow.expires_at > now,
            UserAccountRow.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        return None
    user, last_seen_at = found
    if now - last_seen_at >= _SEEN_EVERY:
        session.execute(
            update(UserSessionRow).where(UserSessionRow.token_digest == digest).values(last_seen_at=now)
        )
    return _identity(user, digest)


def session_holds(session: Session, *, digest: bytes, now: datetime) -> bool:
    """Return whether the session is still good: a long stream asks again and again."""
    found = session.execute(
        select(UserSessionRow.user_id)
        .join(UserAccountRow, UserSessionRow.user_id == UserAccountRow.id)
        .where(
            UserSessionRow.token_digest == digest,
            UserSessionRow.expires_at > now,
            UserAccountRow.disabled_at.is_(None),
        )
    )
    return found.first() is not None


def crews_of_sessions(session: Session, *, digests: Collection[bytes], now: datetime) -> dict[bytes, str]:
    """Return digest → crew of those sessions that still hold and belong to a crew."""
    found = session.execute(
        select(UserSessionRow.token_digest, UserAccountRow.crew_id)
        .join(UserAccountRow, UserSessionRow.user_id == UserAccountRow.id)
        .where(
            UserSessionRow.token_digest.in_(digests),
            UserSessionRow.expires_at > now,
            UserAccountRow.disabled_at.is_(None),
            UserAccountRow.crew_id.is_not(None),
        )
    )
    return {digest: crew_id for digest, crew_id in found if crew_id is not None}


def end_session(session: Session, *, digest: bytes) -> None:
    """End this one session; its cookie opens nothing from now on."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.token_digest == digest))


def end_sessions_of(session: Session, *, user_id: int) -> None:
    """End every session of an account, on every device."""
    session.execute(delete(UserSessionRow).where(UserSessionRow.user_id == user_id))


def _identity(user: UserAccountRow, digest: bytes) -> Identity:
    return Identity(
        user_id=user.id,
        name=user.name,
        roles=frozenset(Role(role) for role in user.roles),
        crew_id=user.crew_id,
        account=user.account,
        token_digest=digest,
    )

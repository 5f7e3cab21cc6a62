"""The links of guest crews: made at the desk, opened on a phone, dead at once when the leave is.

Owns `guest_link` and the accounts of guest crews, which nobody can sign in to by a password.

RULE 1: a link is shown once, to who made it; kept is its digest. It stands in the part of an address that no
    browser sends (`/crew/#guest=…`), so that no log, proxy or referrer ever holds it.
RULE 2: it opens a few phones and no more: a link that was passed on is spent, and seen to be.
RULE 3: it and every sign-in by it end with the leave. A new link ends the old one and its sign-ins.
RULE 4: leave and shifts go by Relight's clock; sign-ins by the real one, which is the same in production.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, any_, delete, func, literal, select, update
from sqlalchemy.orm import Session

from api.accounts import add_account, disable_account
from api.passwords import PasswordHashes
from api.roles import Identity, Role
from api.secret_tokens import new_token, token_digest
from api.sessions import OpenedSession, end_sessions_of, find_session, open_session
from api.tables import GuestLinkRow, UserAccountRow
from dispatch.clock import read_clock
from dispatch.guest_leave import GuestLeave

# Two phones of one crew, and one more that took the place of a broken one.
MOST_OPENINGS = 4


class GuestLinkRefusedError(Exception):
    """A link is unknown, over, was taken back or was opened too often; deliberately without saying which."""

    def __init__(self) -> None:
        """Say who can give another."""
        super().__init__(
            "This link is not valid: it is over, was taken back or replaced, or was opened on "
            f"{MOST_OPENINGS} phones already. Ask the dispatcher who gave it to you for a new one."
        )


def add_guest_account(
    session: Session, *, passwords: PasswordHashes, name: str, crew_id: str, now: datetime
) -> None:
    """Add the account of a guest crew; AccountError when the name is taken. Its password nobody knows."""
    unknown, _ = new_token()
    add_account(
        session,
        passwords=passwords,
        name=name,
        password=unknown,
        roles=[Role.GUEST_CREW],
        crew_id=crew_id,
        now=now,
    )


def new_link(session: Session, *, leave: GuestLeave, now: datetime, real_now: datetime) -> str:
    """Return the token of a link that lasts as long as the leave; the one before dies, with its phones."""
    user = _account(session, leave.crew_id)
    user.disabled_at = None
    end_sessions_of(session, user_id=user.id)
    token, digest = new_token()
    expires_at = real_now + _real_time(session, leave.ends_at - now)
    session.execute(delete(GuestLinkRow).where(GuestLinkRow.user_id == user.id))
    session.add(
        GuestLinkRow(
            user_id=user.id, token_digest=digest, created_at=real_now, expires_at=expires_at, openings=0
        )
    )
    session.flush()
    return token


def check_link(session: Session, *, token: str, real_now: datetime) -> None:
    """Raise GuestLinkRefusedError where a link opens nothing: whoever guesses makes no writer wait."""
    if session.scalar(select(GuestLinkRow.user_id).where(*_holds(token, real_now))) is None:
        raise GuestLinkRefusedError


def signed_in_already(
    session: Session, *, token: str, cookie: str | None, real_now: datetime
) -> Identity | None:
    """Return who a phone is signed in as by this very link: tapped again, it spends no opening."""
    is_this = (GuestLinkRow.token_digest == token_digest(token), GuestLinkRow.expires_at > real_now)
    user_id = session.scalar(select(GuestLinkRow.user_id).where(*is_this))
    held = find_session(session, token=cookie, now=real_now) if cookie and user_id is not None else None
    return held if held is not None and held.user_id == user_id else None


def open_link(session: Session, *, token: str, real_now: datetime) -> OpenedSession:
    """Sign a phone in by a link, until the link ends; GuestLinkRefusedError."""
    found = session.execute(
        update(GuestLinkRow)
        .where(*_holds(token, real_now))
        .values(openings=GuestLinkRow.openings + 1)
        .returning(GuestLinkRow.user_id, GuestLinkRow.expires_at)
    ).one_or_none()
    if found is None:
        raise GuestLinkRefusedError
    user = session.get_one(UserAccountRow, found.user_id)
    return open_session(session, user=user, lasts=found.expires_at - real_now, now=real_now)


def end_link(session: Session, *, crew_id: str, real_now: datetime) -> None:
    """Shut a guest's account, with its link and every phone that it signed in."""
    disable_account(session, name=_account(session, crew_id).name, now=real_now)


def openings_of_links(session: Session) -> dict[str, int]:
    """Return guest crew → on how many phones its present link was opened."""
    query = select(UserAccountRow.crew_id, func.sum(GuestLinkRow.openings)).join(
        GuestLinkRow, GuestLinkRow.user_id == UserAccountRow.id
    )
    found = session.execute(query.group_by(UserAccountRow.crew_id))
    return {crew_id: int(openings) for crew_id, openings in found if crew_id is not None}


def _holds(token: str, real_now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        GuestLinkRow.token_digest == token_digest(token),
        GuestLinkRow.expires_at > real_now,
        GuestLinkRow.openings < MOST_OPENINGS,
        GuestLinkRow.user_id == UserAccountRow.id,
        UserAccountRow.disabled_at.is_(None),
    )


def _account(session: Session, crew_id: str) -> UserAccountRow:
    guest = literal(Role.GUEST_CREW) == any_(UserAccountRow.roles)
    return session.scalars(select(UserAccountRow).where(UserAccountRow.crew_id == crew_id, guest)).one()


def _real_time(session: Session, lasts: timedelta) -> timedelta:
    clock = read_clock(session)
    return lasts / clock.speed if clock is not None else lasts

"""Accounts: adding, disabling, and signing in.

Owns `user_account` and `one_time_link`. A sign-in that fails does the same work and says the same whatever
the reason: unknown name, wrong password, too many tries, or a disabled account.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.passwords import PasswordHashes
from api.roles import Role
from api.secret_tokens import new_token, token_digest
from api.sessions import OpenedSession, end_sessions_of, open_session
from api.tables import OneTimeLinkRow, UserAccountRow
from api.throttle import judge_attempt

_LINK_LASTS = timedelta(hours=24)


class AccountError(Exception):
    """An account cannot be made or changed as asked; the text says why."""


class SignInRefusedError(Exception):
    """The sign-in failed; deliberately without a reason."""

    def __init__(self) -> None:
        """Say the one thing that is said for every failure."""
        super().__init__(
            "The name or the password is not right, or there were too many tries. "
            "After five failed tries, wait fifteen minutes."
        )


class LinkSpentError(Exception):
    """A one-time link is unknown, used, or too old."""

    def __init__(self) -> None:
        """Say how to get another."""
        super().__init__(
            "This link has been used or is too old. "
            "Make an account with `relight user add NAME --role supervisor` instead."
        )


def add_account(
    session: Session,
    *,
    passwords: PasswordHashes,
    name: str,
    password: str,
    roles: Collection[Role],
    now: datetime,
    crew_id: str | None = None,
    account: str | None = None,
) -> None:
    """Add an account; AccountError when the name is taken or the roles lack what they need."""
    _check_roles(roles=roles, crew_id=crew_id, account=account)
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise AccountError("A name needs at least one character, and no blanks around it.")
    row = UserAccountRow(
        name=name,
        password_hash=passwords.of(password),
        roles=sorted(set(roles)),
        crew_id=crew_id,
        account=account,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise AccountError(f"There is already an account named {name!r}.") from error


def disable_account(session: Session, *, name: str, now: datetime) -> None:
    """Shut an account and end its sessions at once; AccountError when there is none of that name."""
    user_id = session.scalar(
        update(UserAccountRow)
        .where(UserAccountRow.name == name)
        .values(disabled_at=func.coalesce(UserAccountRow.disabled_at, now))
        .returning(UserAccountRow.id)
    )
    if user_id is None:
        raise AccountError(f"There is no account named {name!r}.")
    end_sessions_of(session, user_id=user_id)


def sign_in(
    engine: Engine,
    *,
    passwords: PasswordHashes,
    name: str,
    password: str,
    address: str,
    lasts: timedelta,
    now: datetime,
) -> OpenedSession:
    """Open a session for the right name and password; SignInRefusedError in every other case.

    The password is compared before the count is looked at and outside any lock, so that each failure costs
    the same; whether the try may count is then decided in one transaction (`judge_attempt`).
    """
    with Session(engine) as session:
        stored = session.scalar(
            select(UserAccountRow.password_hash).where(
                UserAccountRow.name == name, UserAccountRow.disabled_at.is_(None)
            )
        )
    right = passwords.match(password, stored)
    opened = None
    with Session(engine) as session, session.begin():
        if judge_attempt(session, name=name, address=address, right=right, now=now):
            user = session.scalar(
                select(UserAccountRow).where(
                    UserAccountRow.name == name, UserAccountRow.disabled_at.is_(None)
                )
            )
            if user is not None:
                opened = open_session(session, user=user, lasts=lasts, now=now)
    if opened is None:
        raise SignInRefusedError
    return opened


def first_link(session: Session, *, now: datetime) -> str | None:
    """Return the token of a fresh one-time link for the first supervisor, or None when someone can sign in.

    Every start until then makes a new link, and the older ones die with it.
    """
    if session.scalar(select(exists().where(UserAccountRow.disabled_at.is_(None)))):
        return None
    session.execute(update(OneTimeLinkRow).where(OneTimeLinkRow.used_at.is_(None)).values(used_at=now))
    token, digest = new_token()
    session.add(
        OneTimeLinkRow(
            token_digest=digest, roles=[Role.SUPERVISOR], created_at=now, expires_at=now + _LINK_LASTS
        )
    )
    return token


def link_holds(session: Session, *, token: str, now: datetime) -> bool:
    """Return whether a one-time link may still be used."""
    found = session.scalar(
        select(OneTimeLinkRow.used_at.is_(None)).where(
            OneTimeLinkRow.token_digest == token_digest(token), OneTimeLinkRow.expires_at > now
        )
    )
    return bool(found)


def use_link(
    session: Session, *, passwords: PasswordHashes, token: str, name: str, password: str, now: datetime
) -> None:
    """Make the account a one-time link stands for, and spend the link; LinkSpentError or AccountError."""
    roles = session.scalar(
        update(OneTimeLinkRow)
        .where(
            OneTimeLinkRow.token_digest == token_digest(token),
            OneTimeLinkRow.used_at.is_(None),
            OneTimeLinkRow.expires_at > now,
        )
        .values(used_at=now)
        .returning(OneTimeLinkRow.roles)
    )
    if roles is None:
        raise LinkSpentError
    add_account(
        session,
        passwords=passwords,
        name=name,
        password=password,
        roles=[Role(role) for role in roles],
        now=now,
    )


def _check_roles(*, roles: Collection[Role], crew_id: str | None, account: str | None) -> None:
    if not roles:
        raise AccountError("An account needs at least one role.")
    if bool({Role.CREW, Role.GUEST_CREW} & set(roles)) != (crew_id is not None):
        raise AccountError("A crew's account needs the id of its crew, and no other account takes one.")
    if (Role.CUSTOMER in roles) != (account is not None):
        raise AccountError(
            "A customer's account needs the customer's account number, and no other takes one."
        )

"""A customer's way in: an account number and the last four digits of the phone on file, for some hours.

Owns `supply_pass`. A wrong account, wrong digits, an account without a phone and too many tries are all
refused in one way, so that nobody learns from here which accounts exist. Times are real times, never the
simulated clock.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from api.secret_tokens import new_token, token_digest
from api.tables import SupplyPassRow
from api.throttle import Door, judge_attempt
from dispatch.errors import NoActiveNetwork
from gis.network_versions import active_network_version
from gis.places import accounts_of, service_points_of_account

PASS_LASTS = timedelta(hours=12)
DIGITS_ASKED = 4


class SupplyNotFoundError(Exception):
    """No supply was found; deliberately without a reason."""

    def __init__(self) -> None:
        """Say the one thing that is said for every failure."""
        super().__init__("No supply was found with these, or there were too many tries.")


@dataclass(frozen=True, slots=True)
class SupplyPass:
    """Leave to see one account."""

    account: str
    token_digest: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedPass:
    """A new pass: the token goes into the cookie and is not kept here."""

    token: str
    expires_at: datetime


def plain_account(typed: str) -> str:
    """Return an account number as typed, without blanks and with full-width signs made plain."""
    normal = unicodedata.normalize("NFKC", typed)
    return "".join(sign for sign in normal if sign.isprintable() and not sign.isspace())


def last_digits(typed: str) -> str | None:
    """Return the last four digits of what was typed, be it only these or the whole number; None if fewer."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", typed) if "0" <= sign <= "9")
    return digits[-DIGITS_ASKED:] if len(digits) >= DIGITS_ASKED else None


def find_supply(engine: Engine, *, account: str, digits: str, address: str, now: datetime) -> OpenedPass:
    """Open a pass for the right account number and digits; SupplyNotFoundError in every other case.

    NoActiveNetwork when there are no accounts to look in. `address` is where the request comes from.
    """
    account = plain_account(account)
    opened = None
    with Session(engine) as session, session.begin():
        found = _account_with(session, account=account, digits=digits)
        if judge_attempt(
            session, door=Door.SUPPLY, name=account, address=address, right=found is not None, now=now
        ):
            opened = open_pass(session, account=found or "", now=now)
    if opened is None:
        raise SupplyNotFoundError
    return opened


def find_pass(session: Session, *, token: str, now: datetime) -> SupplyPass | None:
    """Return what the token gives leave to see, or None when it is unknown or has ended."""
    row = session.get(SupplyPassRow, token_digest(token))
    if row is None or row.expires_at <= now:
        return None
    return SupplyPass(account=row.account, token_digest=row.token_digest, expires_at=row.expires_at)


def accounts_of_passes(session: Session, *, digests: Collection[bytes], now: datetime) -> dict[bytes, str]:
    """Return digest → account of those passes that still hold."""
    query = select(SupplyPassRow.token_digest, SupplyPassRow.account).where(
        SupplyPassRow.token_digest.in_(digests), SupplyPassRow.expires_at > now
    )
    return {row.token_digest: row.account for row in session.execute(query)}


def end_pass(session: Session, *, token: str) -> None:
    """End a pass; its cookie opens nothing from now on."""
    session.execute(delete(SupplyPassRow).where(SupplyPassRow.token_digest == token_digest(token)))


def open_pass(session: Session, *, account: str, now: datetime) -> OpenedPass:
    """Open a pass to an account for whoever has shown to be its customer."""
    session.execute(delete(SupplyPassRow).where(SupplyPassRow.expires_at <= now))
    token, digest = new_token()
    expires_at = now + PASS_LASTS
    session.add(SupplyPassRow(token_digest=digest, account=account, created_at=now, expires_at=expires_at))
    return OpenedPass(token=token, expires_at=expires_at)


def _account_with(session: Session, *, account: str, digits: str) -> str | None:
    """Return the account as it is on file if its phone ends in the digits, else None.

    Letters may be typed small or large. Every way of writing it is looked up each time, whether found or
    not, so that the work does not tell.
    """
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    found = None
    for written in dict.fromkeys((account, account.upper(), account.lower())):
        service_points = service_points_of_account(session, network_version=network_version, account=written)
        contacts = accounts_of(session, network_version=network_version, service_points=service_points[:1])
        on_file = last_digits((contacts[0].phone if contacts else None) or "")
        if on_file is not None and secrets.compare_digest(on_file.encode(), digits.encode()):
            found = found or written
    return found

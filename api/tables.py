"""The rows of the api room: who may sign in, who is signed in, and who tried.

Owns accounts, sessions, customers' passes, guests' links, attempts at the doors and one-time links. Secrets
are kept only as hashes: a stolen copy of these tables opens nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gis.tables import Base


class UserAccountRow(Base):
    """Someone, or some system, who may sign in."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("cardinality(roles) > 0", name="has_a_role"),
        CheckConstraint(
            "roles <@ ARRAY['dispatcher','supervisor','crew','customer','meter_system','agent',"
            "'billing_system','vehicle_system','guest_crew']",
            name="roles",
        ),
        CheckConstraint("(roles && ARRAY['crew','guest_crew']) = (crew_id IS NOT NULL)", name="crew"),
        CheckConstraint("('customer' = ANY(roles)) = (account IS NOT NULL)", name="customer"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    # No foreign keys: a roster and a customer file change hands without the accounts being touched.
    crew_id: Mapped[str | None]
    account: Mapped[str | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class UserSessionRow(Base):
    """One sign-in that still holds; the cookie's token is kept only as a SHA-256 digest."""

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user_id", "user_id"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class GuestLinkRow(Base):
    """The one link of a guest crew's account: it signs in a few phones until it ends; kept as a digest."""

    __tablename__ = "guest_link"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    openings: Mapped[int] = mapped_column(SmallInteger)


class SupplyPassRow(Base):
    """A customer's leave to see one account for some hours; the cookie's token is kept only as a digest."""

    __tablename__ = "supply_pass"
    __table_args__ = (Index("ix_supply_pass_expires_at", "expires_at"),)

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AutopilotRow(Base):
    """The switch of the demo's Autopilot. Without this row there is no Autopilot in this system."""

    __tablename__ = "autopilot"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    is_on: Mapped[bool]


class SignInAttemptRow(Base):
    """One try at a door, kept for a day. `succeeded` is null where the throttle refused it unjudged.

    Doors: sign_in (a user's name and password), supply (an account number and the phone's last digits) and
    report (a trouble call by place, which has no name).
    """

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        CheckConstraint("door IN ('sign_in', 'supply', 'report')", name="door"),
        Index("ix_sign_in_attempt_name", "door", "name", "at"),
        Index("ix_sign_in_attempt_address", "door", "address", "at"),
        Index("ix_sign_in_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    door: Mapped[str]
    name: Mapped[str]
    address: Mapped[str]
    at: Mapped[datetime]
    succeeded: Mapped[bool | None]


class OneTimeLinkRow(Base):
    """A link that makes one account and then is spent: how the first supervisor gets in."""

    __tablename__ = "one_time_link"

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

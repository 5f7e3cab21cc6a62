"""The rows of what customers want to hear, where, and when; and what all messages go by.

Addresses in `message_subscription` and `address_confirmation` are personal data: they leave them for the
channel itself and the customer's own page, never for a log, an event or a tile.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Identity, Index, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.channels import Channel
from dispatch.tables import Instant, one_of
from gis.tables import Base

_QUIET = (
    "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from BETWEEN 0 AND 1439 "
    "AND quiet_until BETWEEN 0 AND 1439"
)


class MessageRulesRow(Base):
    """What all messages go by: the one row.

    Quiet hours are minutes of the local day, for customers who have not chosen their own. `link_key` signs
    the links in messages; whoever has it can leave for another, so it stays in the database.
    """

    __tablename__ = "message_rules"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"), CheckConstraint(_QUIET, name="quiet"))

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    time_zone: Mapped[str] = mapped_column(Text)
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    public_url: Mapped[str | None] = mapped_column(Text)
    link_key: Mapped[bytes] = mapped_column(LargeBinary)


class MessagePreferenceRow(Base):
    """What a customer chose for all channels; without a row: everything, in the language on file.

    Quiet hours are minutes of the local day, and none where they are null.
    """

    __tablename__ = "message_preference"
    __table_args__ = (
        CheckConstraint("language IN ('en', 'zh')", name="language"),
        CheckConstraint(_QUIET, name="quiet"),
    )

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str | None] = mapped_column(Text)
    quiet_from: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_until: Mapped[int | None] = mapped_column(SmallInteger)
    outages: Mapped[bool] = mapped_column(Boolean)
    progress: Mapped[bool] = mapped_column(Boolean)
    planned: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class MessageSubscriptionRow(Base):
    """One channel that a customer chose or left. `address`: their own, else the one on file.

    Without a row, e-mail and text messages go to what is on file, and nothing to any other channel.
    """

    __tablename__ = "message_subscription"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(
            "address IS NOT NULL OR left_at IS NOT NULL OR channel IN ('email', 'sms')", name="address"
        ),
    )

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    channel: Mapped[str] = mapped_column(Text, primary_key=True)
    address: Mapped[str | None] = mapped_column(Text)
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class AddressConfirmationRow(Base):
    """An address that a customer typed, and the code that was sent there once; a day later it is gone.

    The six digits stand as they are, since a digest of so few hides nothing. `sent_at` is written before the
    code leaves; `was_refused` after its channel said no. All times are real times.
    """

    __tablename__ = "address_confirmation"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        Index("ix_address_confirmation_account", "account", "channel"),
        Index("ix_address_confirmation_address", "address"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    was_refused: Mapped[bool] = mapped_column(Boolean, server_default="false")
    wrong_tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # Used, called off, or another one was sent: it confirms nothing any more.
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class SupplyCalendarRow(Base):
    """A customer's own calendar; the secret in its address is kept only as a SHA-256 digest."""

    __tablename__ = "supply_calendar"

    account: Mapped[str] = mapped_column(Text, primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)

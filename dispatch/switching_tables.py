"""The rows of switching: where devices stand, what is temporary, tags, and orders with steps.

Rows stay in this room.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, Sequence, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.states import StepStatus, SwitchingKind, SwitchingStatus
from dispatch.tables import Instant, one_of
from gis.tables import Base

switching_number = Sequence("switching_number", metadata=Base.metadata)
tag_number = Sequence("tag_number", metadata=Base.metadata)


class StepAction(StrEnum):
    """What a step does: to a device, or with something temporary that has a name of its own."""

    OPEN = "open"
    CLOSE = "close"
    CUT = "cut"  # a line section is parted from one of its nodes
    LAY_JUMPER = "lay_jumper"  # a temporary line between two nodes
    RUN_GENERATOR = "run_generator"  # a temporary source at a node
    REMOVE = "remove"  # what is temporary goes: the line is joined again, the jumper or generator taken away


# What places something temporary.
PLACING = frozenset({StepAction.CUT, StepAction.LAY_JUMPER, StepAction.RUN_GENERATOR})


class TagKind(StrEnum):
    """What a tag (操作牌) forbids to everybody, people and programs, for as long as it hangs."""

    HOLD = "hold"  # neither opened nor closed
    DO_NOT_CLOSE = "do_not_close"  # 禁止合闸: people work behind it


class SwitchPositionRow(Base):
    """Where a device was last switched to, by which step; a device without a row is in its normal position.

    `position` is that of the change log. `open_phases` is empty where it is closed. `operated_at`: phase →
    when it was last operated; other phases stand as they were known. Without an order telemetry has told it.
    """

    __tablename__ = "switch_position"
    __table_args__ = (Index("ix_switch_position_position", "position"),)

    device: Mapped[str] = mapped_column(Text, primary_key=True)
    open_phases: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Instant)
    operated_at: Mapped[dict[str, str]] = mapped_column(JSONB)
    position: Mapped[int] = mapped_column(BigInteger)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("switching_order.id"))
    step_number: Mapped[int | None] = mapped_column(Integer)


class TemporarySupplyRow(Base):
    """What a step cut, laid or started, until a step removes it; afterwards the row stays as history.

    `position` is that of the change log when it was placed, or removed.
    """

    __tablename__ = "temporary_supply"
    __table_args__ = (
        CheckConstraint("action IN ('cut', 'lay_jumper', 'run_generator')", name="action"),
        CheckConstraint("(action = 'cut') = (device IS NOT NULL)", name="device"),
        CheckConstraint("(action = 'lay_jumper') = (to_node IS NOT NULL)", name="to_node"),
        CheckConstraint("(removed_at IS NULL) = (removed_by_order IS NULL)", name="removed"),
        Index("uq_temporary_supply_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
        Index("ix_temporary_supply_position", "position"),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("switching_order.id"), primary_key=True)
    step_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    node: Mapped[str] = mapped_column(Text)
    to_node: Mapped[str | None] = mapped_column(Text)
    phases: Mapped[str] = mapped_column(Text)
    rated_a: Mapped[float | None] = mapped_column(Float)
    rated_kva: Mapped[float | None] = mapped_column(Float)
    since: Mapped[datetime] = mapped_column(Instant)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by_order: Mapped[str | None] = mapped_column(ForeignKey("switching_order.id"))
    position: Mapped[int] = mapped_column(BigInteger)


class SwitchTagRow(Base):
    """A tag on a device; several may hang there. It never changes but to be removed."""

    __tablename__ = "switch_tag"
    __table_args__ = (
        CheckConstraint(one_of("kind", TagKind), name="kind"),
        CheckConstraint("(removed_at IS NULL) = (removed_by IS NULL)", name="removed"),
        Index("ix_switch_tag_hanging", "device", postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    device: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
    placed_by: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(Instant)
    removed_by: Mapped[str | None] = mapped_column(Text)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)


class SwitchingOrderRow(Base):
    """A switching order (倒闸操作票). `version` is the position of its last change.

    `prepared_at` is the position of the log when its steps were last rehearsed: what changed since is told.
    """

    __tablename__ = "switching_order"
    __table_args__ = (
        CheckConstraint(one_of("kind", SwitchingKind), name="kind"),
        CheckConstraint(one_of("status", SwitchingStatus), name="status"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved"),
        Index("ix_switching_order_outage_id", "outage_id"),
        Index("ix_switching_order_status", "status"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    planned_outage_id: Mapped[str | None] = mapped_column(ForeignKey("planned_outage.id"))
    drafted_by: Mapped[str] = mapped_column(Text)
    drafted_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    prepared_at: Mapped[int] = mapped_column(BigInteger)
    # Free text by people: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
    cancelled_because: Mapped[str | None] = mapped_column(Text)


class SwitchingStepRow(Base):
    """One step: a device opened or closed on some phases; who was told when, who did it when.

    Something temporary has a `name`; a cut is of a `device` at a `node`, a jumper goes from `node` to
    `to_node`, a generator runs at a `node`. `prepared` is the digest of what it was seen to do when the order
    was prepared, `effect` what it did.
    """

    __tablename__ = "switching_step"
    __table_args__ = (
        CheckConstraint(one_of("action", StepAction), name="action"),
        CheckConstraint(one_of("status", StepStatus), name="status"),
        CheckConstraint("(status = 'executed') = (executed_at IS NOT NULL)", name="executed"),
        CheckConstraint("(action IN ('open', 'close', 'cut')) = (device IS NOT NULL)", name="device"),
        CheckConstraint("(action IN ('open', 'close')) = (name IS NULL)", name="name"),
        Index("ix_switching_step_device", "device"),
    )

    order_id: Mapped[str] = mapped_column(ForeignKey("switching_order.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    action: Mapped[str] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    node: Mapped[str | None] = mapped_column(Text)
    to_node: Mapped[str | None] = mapped_column(Text)
    rated_a: Mapped[float | None] = mapped_column(Float)
    rated_kva: Mapped[float | None] = mapped_column(Float)
    phases: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    prepared: Mapped[str] = mapped_column(Text)
    instructed_by: Mapped[str | None] = mapped_column(Text)
    instructed_to: Mapped[str | None] = mapped_column(Text)
    instructed_at: Mapped[datetime | None] = mapped_column(Instant)
    executed_by: Mapped[str | None] = mapped_column(Text)
    executed_at: Mapped[datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[datetime | None] = mapped_column(Instant)
    effect: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    # Free text by a person, why a flagged step was executed: it stays out of the change log.
    reason: Mapped[str | None] = mapped_column(Text)

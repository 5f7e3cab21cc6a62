"""The rows of the ledger of interruptions 停电台账, and the rules the database itself keeps about them.

One row per service point and period. What stands is never altered: an open period is closed once, and a row
that was wrong is replaced once. Everything else, and every DELETE, the database refuses.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB, REAL, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.call_tables import PlannedOutageRow
from dispatch.causes import Cause
from dispatch.tables import Instant, OutageRow, one_of
from gis.tables import Base


class InterruptionKind(StrEnum):
    """Why supply is off: a fault, work that was planned, or work at short notice 临时停电."""

    FAULT = "fault"
    PLANNED = "planned"
    TEMPORARY = "temporary"


class SuppliedBy(StrEnum):
    """What supplies for the time being what is not repaired."""

    GENERATOR = "generator"
    JUMPER = "jumper"


class InterruptionRow(Base):
    """One service point without supply during `period`, `[from, to)`, which is open while it is out.

    In force while `replaced_by` is null. A row that was taken back with nothing in its place is replaced by
    itself. `phases` are those without supply, of `phases_taken`; `phase_share` is their share, without those
    that something temporary supplies (`supplied_by`). Where several outages hold phases of it, the row names
    the one that came first, and `other_holds` the others. Without a cause of its own, that of its outage
    speaks. `recorded_by` and `reason` stand where the row corrects another.
    """

    __tablename__ = "interruption"
    __table_args__ = (
        ExcludeConstraint(
            ("service_point_key", "="),
            ("period", "&&"),
            name="ex_interruption_once_at_a_time",
            using="gist",
            where=text("replaced_by IS NULL"),
        ),
        CheckConstraint("NOT isempty(period) AND NOT lower_inf(period)", name="period"),
        CheckConstraint("num_nonnulls(outage_id, planned_outage_id, switching_order_id) = 1", name="holder"),
        CheckConstraint(one_of("kind", InterruptionKind), name="kind"),
        CheckConstraint(one_of("cause", Cause), name="cause"),
        CheckConstraint(one_of("supplied_by", SuppliedBy), name="supplied_by"),
        CheckConstraint("phases <> '' AND phases ~ '^A?B?C?$' AND phases_taken ~ '^A?B?C?$'", name="phases"),
        CheckConstraint("phase_share >= 0 AND phase_share <= 1", name="phase_share"),
        CheckConstraint("customers >= 0", name="customers"),
        Index("ix_interruption_service_point", "service_point", postgresql_where=text("replaced_by IS NULL")),
        Index("ix_interruption_outage_id", "outage_id"),
        Index(
            "ix_interruption_nested",
            "service_point",
            postgresql_where=text("other_holds IS NOT NULL AND replaced_by IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    service_point: Mapped[str] = mapped_column(Text)
    # A GiST index of texts costs five times as much at every write (docs/decisions/0052).
    service_point_key: Mapped[int] = mapped_column(
        BigInteger, Computed("hashtextextended(service_point, 0::bigint)", persisted=True)
    )
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    outage_id: Mapped[str | None] = mapped_column(ForeignKey(OutageRow.id))
    planned_outage_id: Mapped[str | None] = mapped_column(ForeignKey(PlannedOutageRow.id))
    switching_order_id: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(Text)
    phases: Mapped[str] = mapped_column(Text)
    phases_taken: Mapped[str] = mapped_column(Text)
    phase_share: Mapped[float] = mapped_column(REAL)
    supplied_by: Mapped[str | None] = mapped_column(Text)
    other_holds: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    customers: Mapped[int] = mapped_column(Integer)
    feeder: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    # Looked at when a transaction ends: a row makes room for the one that replaces it.
    replaced_by: Mapped[int | None] = mapped_column(
        ForeignKey("interruption.id", deferrable=True, initially="DEFERRED")
    )


_KEPT = (
    "id",
    "service_point",
    "outage_id",
    "planned_outage_id",
    "switching_order_id",
    "kind",
    "cause",
    "phases",
    "phases_taken",
    "phase_share",
    "supplied_by",
    "other_holds",
    "customers",
    "feeder",
    "recorded_at",
    "recorded_by",
    "reason",
)


def _kept(row: str) -> str:
    return ", ".join([f"lower({row}.period)", *(f"{row}.{column}" for column in _KEPT)])


# What SQLAlchemy cannot say. The migration runs these statements after the tables exist. The condition stands
# in the trigger, so that an allowed change of fifty thousand rows calls no function.
LEDGER_RULES = (
    """
    CREATE FUNCTION interruption_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'interruption is append-only: this % is refused; correct it by a new row', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER interruption_append_only BEFORE UPDATE ON interruption FOR EACH ROW
    WHEN (NOT (
        ({_kept("OLD")}) IS NOT DISTINCT FROM ({_kept("NEW")})
        AND (OLD.period = NEW.period OR (upper_inf(OLD.period) AND OLD.replaced_by IS NULL))
        AND (OLD.replaced_by IS NOT DISTINCT FROM NEW.replaced_by OR OLD.replaced_by IS NULL)
    ))
    EXECUTE FUNCTION interruption_is_append_only()
    """,
    """
    CREATE TRIGGER interruption_not_deleted BEFORE DELETE OR TRUNCATE ON interruption
    FOR EACH STATEMENT EXECUTE FUNCTION interruption_is_append_only()
    """,
)

"""Switching orders and tags as live pages hold them: what a snapshot tells, and the log after it continues.

Free text by people (notes, reasons) stays out, as it stays out of the log; pages ask for it by itself.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from dispatch.change_log import as_json
from dispatch.states import OVER_SWITCHING_STATUSES
from dispatch.switch_tags import hanging_tags
from dispatch.switching_tables import SwitchingOrderRow, SwitchingStepRow
from dispatch.tables import ChangeLogRow

_ORDER_FIELDS = (
    "id",
    "version",
    "kind",
    "status",
    "outage_id",
    "planned_outage_id",
    "drafted_by",
    "drafted_at",
    "approved_by",
    "approved_at",
    "ended_at",
)
_STEP_FIELDS = (
    "number",
    "action",
    "device",
    "name",
    "node",
    "to_node",
    "rated_a",
    "rated_kva",
    "phases",
    "status",
    "instructed_by",
    "instructed_to",
    "instructed_at",
    "executed_by",
    "executed_at",
)
_EFFECT_FIELDS = ("customers_lost", "customers_gained", "flags")
_TAG_FIELDS = ("id", "device", "kind", "placed_by", "placed_at")


def told_orders(session: Session, *, recent_since: datetime) -> dict[str, Any]:
    """Return order id → fields and steps: of those not over, and of those changed after `recent_since`."""
    # An order's version is the position of its last change.
    changed = exists().where(
        ChangeLogRow.position == SwitchingOrderRow.version, ChangeLogRow.recorded_at > recent_since
    )
    told = or_(SwitchingOrderRow.status.not_in(OVER_SWITCHING_STATUSES), changed)
    steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    query = (
        select(SwitchingStepRow)
        .join(SwitchingOrderRow, SwitchingOrderRow.id == SwitchingStepRow.order_id)
        .where(told)
        .order_by(SwitchingStepRow.order_id, SwitchingStepRow.number)
    )
    for row in session.scalars(query):
        effect = row.effect or {}
        done = {name: effect[name] for name in _EFFECT_FIELDS if name in effect}
        steps[row.order_id].append({**_present(row, _STEP_FIELDS), **done})
    orders = session.scalars(select(SwitchingOrderRow).where(told))
    return {row.id: {**_present(row, _ORDER_FIELDS), "steps": steps[row.id]} for row in orders}


def told_tags(session: Session) -> dict[str, Any]:
    """Return tag id → fields, of the tags that hang."""
    return {tag.id: _present(tag, _TAG_FIELDS) for tag in hanging_tags(session)}


def _present(one: object, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that have a value, as they stand in the log."""
    values = {name: as_json(getattr(one, name)) for name in names}
    return {name: value for name, value in values.items() if value is not None}

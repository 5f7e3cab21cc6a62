"""What an executed step leaves behind in the current state: a device's position, or something temporary."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.switching_preview import StudyCopy
from dispatch.switching_tables import (
    PLACING,
    StepAction,
    SwitchingStepRow,
    SwitchPositionRow,
    TemporarySupplyRow,
)
from topology.phases import format_phases


def open_phases_after(step: SwitchingStepRow, after: StudyCopy) -> str | None:
    """Return the phases a device has open after a step; None where the step switches no device.

    What the step left alone stays as it was known before.
    """
    if step.device is None or step.action == StepAction.CUT:
        return None
    network, supply = after.current.traced.network, after.current.supply
    index = network.device_index(step.device)
    return format_phases(int(network.device_phases[index]) & ~supply.switched_phases_of(index))


def note_state(
    session: Session, step: SwitchingStepRow, open_phases: str | None, *, at: datetime, position: int
) -> None:
    """Write where the device of a step stands since then, or what is placed or gone since then."""
    action = StepAction(step.action)
    if action in PLACING:
        session.add(
            TemporarySupplyRow(
                order_id=step.order_id,
                step_number=step.number,
                name=step.name,
                action=action,
                device=step.device,
                node=step.node,
                to_node=step.to_node,
                phases=step.phases,
                rated_a=step.rated_a,
                rated_kva=step.rated_kva,
                since=at,
                position=position,
            )
        )
    elif action is StepAction.REMOVE:
        placed = session.scalars(
            select(TemporarySupplyRow).where(
                TemporarySupplyRow.name == step.name, TemporarySupplyRow.removed_at.is_(None)
            )
        ).one()
        placed.removed_at, placed.removed_by_order, placed.position = at, step.order_id, position
    else:
        _set_position(session, step, open_phases or "", at=at, position=position)


def _set_position(
    session: Session, step: SwitchingStepRow, open_phases: str, *, at: datetime, position: int
) -> None:
    row = session.get(SwitchPositionRow, step.device) or SwitchPositionRow(device=step.device)
    row.open_phases, row.since, row.position = open_phases, at, position
    row.order_id, row.step_number = step.order_id, step.number
    row.operated_at = {**(row.operated_at or {}), **dict.fromkeys(step.phases, at.isoformat())}
    session.add(row)

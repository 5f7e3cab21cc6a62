"""Where devices stand now: the last executed step of each, over the normal state of the network in force.

Devices of rings are also where telemetry says (dispatch/told_positions.py).

A position is kept by the id of its device. One that the network in force does not know waits for the network
that does, and stands on the worklist meanwhile (dispatch/network_activation.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.switching_tables import SwitchPositionRow, TemporarySupplyRow
from topology.phases import parse_phases
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.temporary_supply import NOTHING_TEMPORARY, TemporarySupply


@dataclass(frozen=True, slots=True)
class Position:
    """The phases that a device has open (a bit mask, 0: closed), since when, and by which step.

    `operated_at`: a phase (bit mask of one) and when it was last operated. What telemetry told has no step.
    """

    open_phases: int
    since: datetime
    operated_at: tuple[tuple[int, datetime], ...]
    order_id: str | None
    step_number: int | None

    def operated_since(self, moment: datetime) -> int:
        """Return the phases (a bit mask) that a step operated at a moment or later."""
        return sum(phase for phase, at in self.operated_at if at >= moment)


def switching_version(session: Session) -> int:
    """Return the log position of the last executed step; 0 before the first."""
    switched = select(func.max(SwitchPositionRow.position)).scalar_subquery()
    placed = select(func.max(TemporarySupplyRow.position)).scalar_subquery()
    return session.scalar(select(func.greatest(switched, placed))) or 0


def read_positions(session: Session) -> dict[str, Position]:
    """Return device id → where it was last switched to."""
    rows = session.scalars(select(SwitchPositionRow).order_by(SwitchPositionRow.device))
    return {row.device: _position(row) for row in rows}


def under_positions(
    tree: SupplyTree, positions: Mapping[str, Position], temporary: TemporarySupply = NOTHING_TEMPORARY
) -> Supply:
    """Return the supply of a network (walked in its normal state) with these devices switched.

    Ids that the network does not know are passed over.
    """
    ids = sorted(positions)
    found = tree.network.find_devices(ids)
    devices = {
        int(device): positions[id] for id, device in zip(ids, found.tolist(), strict=True) if device >= 0
    }
    switched = np.array(sorted(devices), dtype=np.int64)
    carried = tree.network.device_phases[switched]
    open_phases = np.array([devices[one].open_phases for one in switched.tolist()], dtype=np.uint8)
    closed = carried & ~open_phases
    differing = np.flatnonzero(closed != tree.closed_phases[switched])
    return Supply(tree, switched[differing], closed[differing], temporary)


def unknown_ids(tree: SupplyTree, devices: Collection[str]) -> list[str]:
    """Return the ids of devices that the network does not have."""
    ids = sorted(devices)
    return [id for id, one in zip(ids, tree.network.find_devices(ids).tolist(), strict=True) if one < 0]


def _position(row: SwitchPositionRow) -> Position:
    return Position(
        open_phases=parse_phases(row.open_phases) if row.open_phases else 0,
        since=row.since,
        operated_at=tuple(
            (parse_phases(phase), datetime.fromisoformat(at)) for phase, at in sorted(row.operated_at.items())
        ),
        order_id=row.order_id,
        step_number=row.step_number,
    )

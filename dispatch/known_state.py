"""What a desk shows of one position of the change log: the snapshot, and how the network was switched.

Beside the snapshot (dispatch/replay.py) stand, as plain JSON:
- `switched`: device → {"open_phases", "since", "order_id", "step_number"}, null where telemetry told;
- `temporary`: name → {"action", "device", "node", "to_node", "phases", "rated_a", "rated_kva", "since",
  "order_id", "step_number"} of cuts, jumpers and generators, in the order they were placed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.change_log import Change
from dispatch.events import Event
from dispatch.replay import Snapshot, apply_changes, empty_snapshot
from dispatch.switch_positions import Position, under_positions, unknown_ids
from dispatch.switching_tables import PLACING, StepAction
from dispatch.temporary_places import TemporaryPlace
from topology.phases import parse_phases
from topology.supply_tree import SupplyTree

PLACE_FIELDS = ("action", "device", "node", "to_node", "phases", "rated_a", "rated_kva")
# Packing is quick at this level, and a state shrinks to a tenth.
_PACKED_AT_LEVEL = 1


@dataclass(frozen=True, slots=True)
class KnownState:
    """What was known after the change at `snapshot["position"]`."""

    snapshot: Snapshot
    switched: dict[str, dict[str, Any]]
    temporary: dict[str, dict[str, Any]]

    @property
    def position(self) -> int:
        """The position of the last change in it."""
        position: int = self.snapshot["position"]
        return position


def nothing_known() -> KnownState:
    """Return the state of a database in which nothing has happened yet."""
    return KnownState(snapshot=empty_snapshot(), switched={}, temporary={})


def follow(state: KnownState, changes: Iterable[Change]) -> None:
    """Bring a state itself up to the changes that come after it, in order of position."""
    for change in changes:
        if change.position > state.position:
            apply_changes(state.snapshot, (change,))
            _switch(state, change)


def _switch(state: KnownState, change: Change) -> None:
    if change.name == Event.SWITCH_POSITION_TOLD:
        state.switched[change.data["device"]] = {
            "open_phases": change.data["open_phases"]["new"],
            "since": change.data["since"],
            "order_id": None,
            "step_number": None,
        }
    elif change.name == Event.SWITCHING_EXECUTED:
        _carry_out(state, change.data["step"], order_id=change.subject.partition(":")[2])


def _carry_out(state: KnownState, step: dict[str, Any], *, order_id: str) -> None:
    by = {"since": step["executed_at"], "order_id": order_id, "step_number": step["number"]}
    action = StepAction(step["action"])
    if action in PLACING:
        state.temporary[step["name"]] = {**{field: step.get(field) for field in PLACE_FIELDS}, **by}
    elif action is StepAction.REMOVE:
        state.temporary.pop(step["name"], None)
    else:
        state.switched[step["device"]] = {"open_phases": step["open_phases"], **by}


def placed(state: KnownState) -> list[TemporaryPlace]:
    """Return what was temporary, in the order of placing."""
    return [
        TemporaryPlace(name=name, **{**one, "since": datetime.fromisoformat(one["since"])})
        for name, one in state.temporary.items()
    ]


def unusual_devices(state: KnownState, *, normal: SupplyTree) -> list[str]:
    """Return the devices that stood otherwise than they normally do, by the network in force now.

    What that network does not know stood somewhere else than normally as far as anybody can tell.
    """
    positions = {
        device: Position(
            open_phases=parse_phases(one["open_phases"]) if one["open_phases"] else 0,
            since=datetime.fromisoformat(one["since"]),
            operated_at=(),
            order_id=one["order_id"],
            step_number=one["step_number"],
        )
        for device, one in state.switched.items()
    }
    moved = normal.network.device_ids(under_positions(normal, positions).switched)
    return sorted([*moved, *unknown_ids(normal, positions)])


def pack(state: KnownState) -> bytes:
    """Return a state as bytes to keep."""
    told = {"snapshot": state.snapshot, "switched": state.switched, "temporary": state.temporary}
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), _PACKED_AT_LEVEL)


def unpack(packed: bytes) -> KnownState:
    """Return a state that was packed."""
    return KnownState(**json.loads(zlib.decompress(packed)))

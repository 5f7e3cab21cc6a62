"""One step of a switching order, before it is anybody's row: what is done, to what, on which phases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dispatch.errors import Because, Conflict
from dispatch.switching_tables import PLACING, StepAction
from dispatch.temporary_places import as_temporary
from topology.network import Network
from topology.phases import parse_phases
from topology.placed_supply import node_index
from topology.switching_step import CloseDevice, OpenDevice, Place, Remove, SwitchingStep
from topology.temporary_supply import TemporarySupply

_OPTIONAL = ("device", "name", "node", "to_node", "rated_a", "rated_kva")


@dataclass(frozen=True, slots=True)
class Step:
    """A device opened or closed, or something temporary placed or removed, on some phases (letters).

    A cut is of a `device` at a `node`; a jumper goes from `node` to `to_node` (`rated_a`); a generator runs
    at a `node` (`rated_kva`). What is temporary has a `name`, by which it is removed.
    """

    action: StepAction
    device: str | None = None
    phases: str = "ABC"
    name: str | None = None
    node: str | None = None
    to_node: str | None = None
    rated_a: float | None = None
    rated_kva: float | None = None

    @property
    def is_of_device(self) -> bool:
        """Whether a device is opened or closed."""
        return self.action in {StepAction.OPEN, StepAction.CLOSE}

    @property
    def subject(self) -> str:
        """The device, or what is temporary with its places, as a person names it."""
        if self.name is None:
            return self.device or ""
        places = "–".join(one for one in (self.device, self.node, self.to_node) if one)
        return f"{self.name} ({places})" if places else self.name

    @property
    def of_topology(self) -> SwitchingStep:
        """The step as topology takes it."""
        phases = parse_phases(self.phases)
        if self.action is StepAction.OPEN:
            return OpenDevice(self.device or "", phases)
        if self.action is StepAction.CLOSE:
            return CloseDevice(self.device or "", phases)
        if self.action is StepAction.REMOVE:
            return Remove(self.name or "")
        return Place(
            as_temporary(
                action=self.action,
                name=self.name or "",
                device=self.device,
                node=self.node or "",
                to_node=self.to_node,
                phases=phases,
                rated_a=self.rated_a,
                rated_kva=self.rated_kva,
            )
        )

    def told(self) -> dict[str, Any]:
        """Return the step as it stands in the log: what it has no value for is left out."""
        given = {name: getattr(self, name) for name in _OPTIONAL}
        present = {name: value for name, value in given.items() if value is not None}
        return {"action": self.action.value, **present, "phases": self.phases}

    def operated_devices(self, network: Network) -> Iterator[str]:
        """Yield the devices that a step operates: its own, and those that a jumper goes around."""
        if self.device is not None:
            yield self.device
        if self.action is StepAction.LAY_JUMPER:
            node, to_node = node_index(network, self.node or ""), node_index(network, self.to_node or "")
            beside = network.devices_at(node).tolist()
            yield from network.device_ids([one for one in beside if network.other_end(one, node) == to_node])


def refuse_misplaced(step: Step, temporary: TemporarySupply) -> None:
    """Raise Conflict where a step places what has its name already, or removes what is not there."""
    is_there = step.name is not None and temporary.find(step.name) is not None
    if step.action in PLACING and is_there:
        raise Conflict(
            f"{step.name} is placed already. Give what you place a name of its own.",
            because=Because.TEMPORARY_NAME_TAKEN,
            values={"name": step.name},
        )
    if step.action is StepAction.REMOVE and not is_there:
        raise Conflict(
            f"{step.name} is not placed, so it cannot be removed.",
            because=Because.TEMPORARY_NOT_PLACED,
            values={"name": step.name},
        )

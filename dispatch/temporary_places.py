"""What is temporary now: cuts, jumpers and generators that executed steps have placed and none has removed.

RULE 1: a name is of one thing at a time, and of no device or service point of the network.
RULE 2: what is at a place that the network in force does not know waits for the network that does, as
switched devices do, and stands on the worklist meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.switching_tables import StepAction, TemporarySupplyRow
from topology.errors import TopologyError
from topology.network import Network
from topology.phases import parse_phases
from topology.placed_supply import locate
from topology.temporary_supply import NOTHING_TEMPORARY, Cut, Generator, Jumper, Temporary, TemporarySupply


@dataclass(frozen=True, slots=True)
class TemporaryPlace:
    """One thing that is temporary: what and where, since when, and by which step."""

    name: str
    action: str
    device: str | None
    node: str
    to_node: str | None
    phases: str
    rated_a: float | None
    rated_kva: float | None
    since: datetime
    order_id: str
    step_number: int

    @property
    def of_topology(self) -> Temporary:
        """The thing as topology takes it."""
        return as_temporary(
            action=StepAction(self.action),
            name=self.name,
            device=self.device,
            node=self.node,
            to_node=self.to_node,
            phases=parse_phases(self.phases),
            rated_a=self.rated_a,
            rated_kva=self.rated_kva,
        )


def as_temporary(
    *,
    action: StepAction,
    name: str,
    device: str | None,
    node: str,
    to_node: str | None,
    phases: int,
    rated_a: float | None,
    rated_kva: float | None,
) -> Temporary:
    """Return what a step places as topology takes it."""
    if action is StepAction.CUT:
        return Cut(name, device or "", node, phases)
    if action is StepAction.LAY_JUMPER:
        return Jumper(name, node, to_node or "", phases, rated_a)
    return Generator(name, node, phases, rated_kva)


def read_temporary(session: Session) -> tuple[TemporaryPlace, ...]:
    """Return what is temporary now, in the order of placing."""
    query = select(TemporarySupplyRow).where(TemporarySupplyRow.removed_at.is_(None))
    return tuple(
        TemporaryPlace(
            name=row.name,
            action=row.action,
            device=row.device,
            node=row.node,
            to_node=row.to_node,
            phases=row.phases,
            rated_a=row.rated_a,
            rated_kva=row.rated_kva,
            since=row.since,
            order_id=row.order_id,
            step_number=row.step_number,
        )
        for row in session.scalars(query.order_by(TemporarySupplyRow.position))
    )


def known_supply(network: Network, places: Iterable[TemporaryPlace]) -> TemporarySupply:
    """Return what of it the network has a place for (rule 2)."""
    found = NOTHING_TEMPORARY
    for one in places:
        if is_known(network, one):
            found = found.placed(one.of_topology)
    return found


def is_known(network: Network, one: TemporaryPlace) -> bool:
    """Tell whether a network has the place of something temporary."""
    return has_place(network, one.of_topology)


def has_place(network: Network, temporary: Temporary) -> bool:
    """Tell whether a network has the place of something temporary, as topology takes it."""
    try:
        locate(network, NOTHING_TEMPORARY.placed(temporary))
    except TopologyError:
        return False
    return True

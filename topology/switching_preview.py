"""What one switching step would do, told before it is taken: customers, rings, dangers, overloads.

Rule 1: who loses and who gains is the difference of the supplies before and after, phase by phase.
Rule 2: rings (`closing_rings`), dangers (`dangers`) and loads (`overload`) are judged by what the step
changes: what was so before is not told again.

The cost is that of what the step changes and of the ways to its sources, never of the network. A rehearsal is
the same step by step, each from the supply after the one before: a study copy is a value and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import IntArray
from topology.closing_rings import ClosedRing, rings_closed
from topology.dangers import Danger, MetDanger, dangers_met
from topology.load_flow import LoadMeter
from topology.network_load import LIFE_SUPPORT
from topology.overload import LoadCheck, check_load
from topology.supply import Supply
from topology.supply_change import SupplyChange
from topology.switching_step import CloseDevice, Place, Remove, SwitchingStep, apply_step
from topology.temporary_supply import Cut


@dataclass(frozen=True, eq=False)
class AffectedCustomers:
    """Service points (sorted indices) that lose, or gain, a phase they take, and their customers.

    `wholly` counts those left with no phase, or without any before. `important` are those with a priority,
    the highest first; `life_support` those with life support.
    """

    service_points: IntArray
    customers: int
    wholly: int
    important: IntArray
    life_support: IntArray

    @property
    def count(self) -> int:
        """How many service points."""
        return len(self.service_points)


@dataclass(frozen=True, eq=False)
class StepPreview:
    """What a step would do; `after` is the supply after it."""

    step: SwitchingStep
    after: Supply
    change: SupplyChange
    lost: AffectedCustomers
    gained: AffectedCustomers
    rings: tuple[ClosedRing, ...]
    dangers: tuple[MetDanger, ...]
    load: LoadCheck
    changes_nothing: bool


def preview_step(
    *, supply: Supply, step: SwitchingStep, meter: LoadMeter, dangers: Sequence[Danger] = ()
) -> StepPreview:
    """Return what a step would do to a supply, which stays as it is.

    Args:
        supply: the state now, near the walked state of the meter's tree.
        step: what would be done; raises what `apply_step` raises.
        meter: ratings and loads; of `NetworkLoad.unknown` where there are none.
        dangers: what must not be fed.
    """
    after = apply_step(supply, step)
    change = after.change_since(supply)
    edge = _joined_edge(supply, after, step)
    return StepPreview(
        step=step,
        after=after,
        change=change,
        lost=_affected(change.losers, without=after, meter=meter),
        gained=_affected(change.gainers, without=supply, meter=meter),
        rings=() if edge is None else rings_closed(before=supply, after=after, edge=edge),
        dangers=dangers_met(before=supply, after=after, dangers=dangers),
        load=check_load(before=supply, now=after, meter=meter),
        changes_nothing=_are_alike(supply, after),
    )


def rehearse(
    *, supply: Supply, steps: Sequence[SwitchingStep], meter: LoadMeter, dangers: Sequence[Danger] = ()
) -> tuple[StepPreview, ...]:
    """Return the preview of each of some steps, taken one after the other; raises as `preview_step` does."""
    previews: list[StepPreview] = []
    for step in steps:
        previews.append(preview_step(supply=supply, step=step, meter=meter, dangers=dangers))
        supply = previews[-1].after
    return tuple(previews)


def _affected(points: IntArray, *, without: Supply, meter: LoadMeter) -> AffectedCustomers:
    """Return who is affected; `without` is the supply in which they lack what they lose or gain."""
    network = without.network
    has = without.phases_of_nodes(network.service_point_nodes[points]) & network.service_point_phases[points]
    priority = meter.load.service_point_priority[points]
    highest_first = np.argsort(-priority.astype(np.int16), kind="stable")
    return AffectedCustomers(
        service_points=points,
        customers=int(network.service_point_customers[points].sum()),
        wholly=int((has == 0).sum()),
        important=points[highest_first[: int((priority > 0).sum())]],
        life_support=points[priority == LIFE_SUPPORT],
    )


def _joined_edge(before: Supply, after: Supply, step: SwitchingStep) -> int | None:
    """Return the device or temporary edge that a step joins, None where it joins nothing."""
    match step:
        case CloseDevice(device, _):
            edge = after.network.device_index(device)
        case Remove(id_) if isinstance(cut := before.temporary.find(id_), Cut):
            edge = after.network.device_index(cut.device)
        case Place(temporary) if not isinstance(temporary, Cut):
            return next(one.number for one in after.placed.edges if one.id == temporary.id)
        case _:
            return None
    joins_more = after.closed_phases_of(edge) & ~before.closed_phases_of(edge)
    return edge if joins_more else None


def _are_alike(before: Supply, after: Supply) -> bool:
    return (
        before.temporary == after.temporary
        and np.array_equal(before.switched, after.switched)
        and np.array_equal(before.closed_of_switched, after.closed_of_switched)
    )

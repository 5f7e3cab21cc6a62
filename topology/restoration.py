"""Restoration proposals: how to isolate a fault, and which steps give supply back to whom. A person executes.

Rule 1: the faulted devices are isolated first (`isolation`), by the nearest operable devices on every side.
Rule 2: the healthy parts that lie dead then are fed over open devices from live places, tripped ones upstream
and ties downstream, alone or several together, each part by one (`dead_region`, `restoration_search`).
Rule 3: what is held or dangerous is never operated, no danger is fed, no ring is closed, nobody who has
supply after isolating loses it, and no live feeder is switched otherwise.
Rule 4: proposals that overload nothing that can be checked come first; then more customers, fewer steps, more
margin. One that overloads says what; the best of these is shown where it gives supply to more.
Rule 5: within a proposal all is opened before anything is closed, and the last thing closed brings supply.

Where phases are switched one by one, a proposal is made on all phases a device carries, and is checked by
switching exactly so; those that would close a ring on a phase are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from topology.dangers import Danger, dangers_met
from topology.dead_region import LIVE, DeadRegion, dead_region
from topology.isolation import Isolation, Section, device_indices, section_around, told
from topology.load_flow import LoadMeter
from topology.overload import LoadCheck, check_load
from topology.phases import PHASE_BITS
from topology.restoration_search import Forest, Search
from topology.rings import feeder_on
from topology.supply import Supply
from topology.switching_step import CloseDevice, OpenDevice, SwitchingStep
from topology.ways import way_to_source

MOST_PROPOSALS = 5
# So many of equal rank are compared by margin.
_KEPT_FOR_EACH = 3
SOURCE_IN_SECTION = "source_in_section"


@dataclass(frozen=True, slots=True)
class PickedUpPart:
    """What one live place takes over: the device closed towards it, its feeder, who gains (sorted ids)."""

    close: str
    feeder: str | None
    service_points: tuple[str, ...]
    customers: int


@dataclass(frozen=True, eq=False)
class Proposal:
    """Steps in order, isolation first, and what they come to; `service_points` are sorted ids.

    `after` is the supply then; `load` compares it with the isolated state.
    """

    steps: tuple[SwitchingStep, ...]
    parts: tuple[PickedUpPart, ...]
    service_points: tuple[str, ...]
    customers: int
    after: Supply
    load: LoadCheck

    @property
    def holds_ratings(self) -> bool:
        """Whether nothing that could be checked is overloaded."""
        return not self.load.overloaded

    @property
    def margin(self) -> float | None:
        """The lowest share of a rating that is left; None if none was checked."""
        return self.load.margin


@dataclass(frozen=True, eq=False)
class Restoration:
    """How to isolate some faulted devices, and proposals, best first.

    `dead_service_points` (sorted ids) lie dead outside the section once it is isolated. `refusal` says why
    nothing is proposed: `source_in_section`, where switching cannot isolate the fault. Without
    `is_exhaustive`, there were too many ways to look at all of them.
    """

    isolation: Isolation
    isolating_steps: tuple[SwitchingStep, ...]
    dead_service_points: tuple[str, ...]
    dead_customers: int
    proposals: tuple[Proposal, ...]
    is_exhaustive: bool
    refusal: str | None


def propose_restoration(
    *,
    supply: Supply,
    faulted: Sequence[str],
    meter: LoadMeter,
    held: Collection[str] = (),
    dangers: Sequence[Danger] = (),
    most: int = MOST_PROPOSALS,
) -> Restoration:
    """Return how to isolate some faulted devices and whom to feed again how.

    Args:
        supply: the state now, with whatever has tripped open; its tree is the normal state, as the meter's.
        faulted: ids of what must stay without supply; UnknownDeviceError names unknown ones.
        meter: ratings and loads; of `NetworkLoad.unknown` where there are none, and nothing is checked.
        held: ids of devices that nobody may operate; those the network does not have are passed over.
        dangers: what must not be fed: other faults, hazards.
        most: how many proposals at most.
    """
    network = supply.network
    never = frozenset(one for one in network.find_devices(sorted(held)).tolist() if one >= 0)
    section = section_around(supply, device_indices(network, faulted), never)
    isolation = told(supply, section)
    steps: tuple[SwitchingStep, ...] = tuple(OpenDevice(one) for one in isolation.to_open)
    if isolation.sources:
        return Restoration(isolation, (), (), 0, (), is_exhaustive=True, refusal=SOURCE_IN_SECTION)
    region = dead_region(supply=supply, section=section, held=never, dangers=dangers)
    made = _Maker(region, section, meter, dangers, steps)
    forests, is_exhaustive = made.forests(most)
    points = _lacking_points(region)
    return Restoration(
        isolation=isolation,
        isolating_steps=steps,
        dead_service_points=tuple(network.service_point_ids(points)),
        dead_customers=int(network.service_point_customers[points].sum()),
        proposals=_ranked(made.proposals(forests), most),
        is_exhaustive=is_exhaustive,
        refusal=None,
    )


def _lacking_points(region: DeadRegion) -> list[int]:
    network = region.isolated.network
    points = network.service_points_at([node for block in region.blocks for node in block.nodes])
    normal = region.isolated.tree.service_point_phases[points]
    has = region.isolated.phases_of_nodes(network.service_point_nodes[points])
    found: list[int] = points[(normal & ~has) > 0].tolist()
    return found


def _ranked(proposals: Iterable[Proposal], most: int) -> tuple[Proposal, ...]:
    """Rule 4."""
    ranked = sorted(
        proposals,
        key=lambda one: (
            not one.holds_ratings,
            -one.customers,
            len(one.steps),
            -(one.margin if one.margin is not None else 0.0),
        ),
    )
    shown = ranked[:most]
    over = next((one for one in ranked if not one.holds_ratings), None)
    if over is not None and most > 1 and over not in shown and over.customers > shown[0].customers:
        shown[-1] = over
    return tuple(shown)


@dataclass(frozen=True, slots=True)
class _Maker:
    region: DeadRegion
    section: Section
    meter: LoadMeter
    dangers: Sequence[Danger]
    isolating: tuple[SwitchingStep, ...]

    def forests(self, most: int) -> tuple[list[Forest], bool]:
        """Return the forests worth a proposal, and whether none can be better.

        Loads are looked at only where they bind: if none of the best without them overloads anything, those
        are the best.
        """
        kept = most * _KEPT_FOR_EACH
        free = Search(self.region, kept)
        found = free.run()
        if all(self._holds(one) for one in found):
            return found, free.is_exhaustive
        bound = Search(self.region, kept, holds=self._holds)
        held = bound.run()
        fresh = [one for one in found if one.links not in {other.links for other in held}]
        return held + fresh, free.is_exhaustive and bound.is_exhaustive

    def proposals(self, forests: Iterable[Forest]) -> Iterable[Proposal]:
        for forest in forests:
            proposal = self._proposal(forest)
            if proposal is not None:
                yield proposal

    def _after(self, forest: Forest) -> Supply:
        return self.region.isolated.opened(forest.to_open).closed(forest.to_close)

    def _holds(self, forest: Forest) -> bool:
        check = check_load(before=self.region.isolated, now=self._after(forest), meter=self.meter)
        return not check.overloaded

    def _proposal(self, forest: Forest) -> Proposal | None:
        """Return the proposal of a forest, None where switching exactly so breaks rule 3."""
        isolated, after = self.region.isolated, self._after(forest)
        change = after.change_since(isolated)
        if not len(change.gainers) or len(change.losers) or self._breaks_rules(after):
            return None
        network = isolated.network
        within = [one for one in forest.links if not one.is_closed and one.outer != LIVE]
        towards_live = sorted((one for one in forest.links if one.outer == LIVE), key=lambda one: one.device)
        closing = [one.device for one in (*reversed(within), *towards_live)]
        opening = network.device_ids(list(forest.to_open))
        steps = (
            *self.isolating,
            *(OpenDevice(one) for one in opening),
            *(CloseDevice(one) for one in network.device_ids(closing)),
        )
        return Proposal(
            steps=steps,
            parts=self._parts(forest, set(change.gainers.tolist())),
            service_points=tuple(network.service_point_ids(change.gainers)),
            customers=int(network.service_point_customers[change.gainers].sum()),
            after=after,
            load=check_load(before=isolated, now=after, meter=self.meter),
        )

    def _breaks_rules(self, after: Supply) -> bool:
        isolated = self.region.isolated
        section = np.array(sorted(self.section.nodes), dtype=np.int64)
        if after.phases_of_nodes(section).any():
            return True
        if dangers_met(before=isolated, after=after, dangers=self.dangers):
            return True
        return any(len(now.rings) > len(before.rings) for before, now, _ in after.paired_with(isolated))

    def _parts(self, forest: Forest, gainers: set[int]) -> tuple[PickedUpPart, ...]:
        """Return what each live place takes over: its blocks follow from the order of the links."""
        part_of: dict[int, int] = {}
        blocks_of: dict[int, list[int]] = {}
        for link in forest.links:
            if link.outer == LIVE:
                part, block = link.device, link.inner
            else:
                known = link.inner if link.inner in part_of else link.outer
                part, block = part_of[known], link.outer if known == link.inner else link.inner
            part_of[block] = part
            blocks_of.setdefault(part, []).append(block)
        towards = {link.device: link.live_node for link in forest.links if link.outer == LIVE}
        return tuple(
            self._part(device, towards[device], blocks, gainers) for device, blocks in blocks_of.items()
        )

    def _part(self, device: int, live_node: int, blocks: Iterable[int], gainers: set[int]) -> PickedUpPart:
        isolated = self.region.isolated
        network = isolated.network
        nodes = [node for block in blocks for node in self.region.blocks[block].nodes]
        points = [one for one in network.service_points_at(nodes).tolist() if one in gainers]
        ways = [way for bit in PHASE_BITS if (way := way_to_source(isolated, live_node, bit))]
        return PickedUpPart(
            close=network.device_ids([device])[0],
            feeder=feeder_on(isolated, ways[0]) if ways else None,
            service_points=tuple(network.service_point_ids(points)),
            customers=int(network.service_point_customers[points].sum()),
        )

"""Which buildings share a transformer, and what each transformer is.

Rules:
1. At each site the buildings are taken street by street, outwards, and cut into as many equal parts as the
   load needs; each part has a transformer.
2. Factories, hospitals and the like have one of their own, at the end of a fused line to the building.
3. Single-phase services are spread evenly over the phases of their transformer; where there is but one phase,
   all take that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, chance, rank_in_group
from storm.city.buildings import Buildings
from storm.city.loads import expected_kw, has_own_transformer, peak_kw, rated_kva, takes_three_phases
from storm.city.street_plan import StreetPlan
from topology.phases import ABC

_LARGEST_PUBLIC_KW = 330.0
_PHASE = np.array([1, 2, 4])


@dataclass(frozen=True, slots=True)
class Premises:
    """Buildings sorted by transformer and the way along the street, each with its corner and tree node.

    `away_m` is how far along its street edge a building lies from its corner.
    """

    buildings: Buildings
    corner: Longs
    tree_node: Longs
    away_m: Floats
    is_dedicated: Flags
    transformer: Longs

    @property
    def transformer_count(self) -> int:
        """How many transformers there are."""
        return int(self.transformer[-1]) + 1

    def firsts(self) -> Longs:
        """Return the first building of each transformer."""
        return np.flatnonzero(np.r_[True, self.transformer[1:] != self.transformer[:-1]])


@dataclass(frozen=True, slots=True)
class Units:
    """The customers: each in a building, counted there from 0, with load and phases."""

    building: Longs
    number: Longs
    peak_kw: Floats
    phases: Longs


def corners_of(buildings: Buildings, plan: StreetPlan) -> Longs:
    """Return the street corner that is nearest to each building along its street."""
    is_first_half = buildings.along_m < plan.lengths_m()[buildings.edge] / 2
    return np.where(is_first_half, plan.from_nodes[buildings.edge], plan.to_nodes[buildings.edge])


def make_premises(
    *, buildings: Buildings, plan: StreetPlan, site_of_corner: Longs, corner_of_tree_node: Longs
) -> Premises:
    """Return the buildings in order of the transformers that serve them."""
    corner = corners_of(buildings, plan)
    length = plan.lengths_m()[buildings.edge]
    away = np.where(corner == plan.from_nodes[buildings.edge], buildings.along_m, length - buildings.along_m)
    tree_node = site_of_corner[corner]
    own = has_own_transformer(buildings.kind)
    is_guest = corner != corner_of_tree_node[tree_node]
    order = np.lexsort((away, buildings.edge, corner, is_guest, own, tree_node))
    sorted_buildings = buildings.taken(order)
    node, own = tree_node[order], own[order]
    part = _parts(expected_kw(sorted_buildings.kind, sorted_buildings.units), node, own)
    changes = (node[1:] != node[:-1]) | (own[1:] != own[:-1]) | (part[1:] != part[:-1])
    return Premises(
        buildings=sorted_buildings,
        corner=corner[order],
        tree_node=node,
        away_m=away[order],
        is_dedicated=own,
        transformer=np.cumsum(np.r_[False, changes]),
    )


def _parts(load_kw: Floats, tree_node: Longs, own: Flags) -> Longs:
    """Return which part of its site's buildings each is in, by the load before it; own ones count singly."""
    public_kw = np.where(own, 0.0, load_kw)
    total = np.bincount(tree_node, weights=public_kw)
    firsts = np.r_[True, tree_node[1:] != tree_node[:-1]]
    running = np.cumsum(public_kw)
    before_site = (running - public_kw)[firsts][np.cumsum(firsts) - 1]
    middle = running - public_kw / 2 - before_site
    parts = np.maximum(np.ceil(total / _LARGEST_PUBLIC_KW), 1.0)[tree_node]
    part = np.floor(middle / np.maximum(total[tree_node], 1e-9) * parts)
    part = np.minimum(part, parts - 1).astype(np.int64)
    return np.where(own, rank_in_group(tree_node * 2 + own) + 1_000_000, part)


def make_units(*, seed: int, premises: Premises, transformer_phases: Longs) -> Units:
    """Return the customers of all premises, in order."""
    rng = chance(seed, "services")
    buildings = premises.buildings
    building = np.repeat(np.arange(buildings.count), buildings.units)
    number = rank_in_group(building)
    kind = buildings.kind[building]
    available = transformer_phases[premises.transformer[building]]
    single = (available != ABC) | ~takes_three_phases(rng, kind)
    phases = available.copy()
    rotated = single & (available == ABC)
    transformer = premises.transformer[building[rotated]]
    turn = rng.integers(0, 3, premises.transformer_count)[transformer]
    phases[rotated] = _PHASE[(rank_in_group(transformer) + turn) % 3]
    return Units(building=building, number=number, peak_kw=peak_kw(rng, kind), phases=phases)


def ratings_kva(*, premises: Premises, units: Units, transformer_phases: Longs) -> Floats:
    """Return the rating of each transformer, fitting the peaks behind it."""
    transformer = premises.transformer[units.building]
    count = premises.transformer_count
    return rated_kva(
        np.bincount(transformer, weights=units.peak_kw, minlength=count).astype(np.float64),
        np.bincount(transformer, minlength=count),
        is_three_phase=transformer_phases == ABC,
    )

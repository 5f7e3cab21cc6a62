"""The power network of a city put together: from the substations' sources to each customer's terminals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Flags, Floats, Longs
from storm.city.buildings import Buildings
from storm.city.feeders import FeederTrees, make_feeders
from storm.city.grid_rows import LineRows, NodeRows, SwitchRows, TransformerRows, stacked
from storm.city.loads import expected_kw, has_own_transformer
from storm.city.low_voltage import make_low_voltage
from storm.city.medium_voltage import make_feeder_lines, make_substations, place_feeder_nodes
from storm.city.street_plan import StreetPlan
from storm.city.substations import SupplyAreas, make_supply_areas
from storm.city.tie_lines import make_tie_lines
from storm.city.ties import make_ties
from storm.city.transformer_rows import make_transformers
from storm.city.transformer_sites import make_transformer_sites
from storm.city.transformers import Premises, Units, corners_of, make_premises, make_units, ratings_kva
from storm.city.trunks import Branches, make_branches

# Where it is more urban than this, lines are cables.
_CABLES_FROM_URBANITY = 0.45


@dataclass(frozen=True, slots=True)
class Power:
    """All equipment, the premises and their customers, and the node each building is connected to."""

    areas: SupplyAreas
    trees: FeederTrees
    nodes: NodeRows
    source_nodes: Longs
    lines: LineRows
    switches: SwitchRows
    transformers: TransformerRows
    premises: Premises
    units: Units
    node_of_building: Longs


def customers_by_corner(buildings: Buildings, plan: StreetPlan) -> Longs:
    """Return how many customers live nearest to each street corner."""
    corner = corners_of(buildings, plan)
    return np.bincount(corner, weights=buildings.units, minlength=plan.node_count).astype(np.int64)


def make_power(*, seed: int, plan: StreetPlan, buildings: Buildings) -> Power:
    """Return the network that supplies these buildings along these streets."""
    customers_at = customers_by_corner(buildings, plan)
    areas = make_supply_areas(plan, customers_at)
    own = has_own_transformer(buildings.kind)
    needs_own = np.bincount(corners_of(buildings, plan)[own], minlength=plan.node_count) > 0
    trees, site_of_corner = make_transformer_sites(
        plan=plan,
        trees=make_feeders(areas, customers_at),
        customers_at=customers_at,
        needs_own=needs_own,
    )
    premises = make_premises(
        buildings=buildings,
        plan=plan,
        site_of_corner=site_of_corner,
        corner_of_tree_node=trees.corner,
    )
    cables = _cables_to(plan, trees)
    branches = make_branches(
        seed=seed,
        trees=trees,
        customers=_served(premises, trees.node_count),
        is_underground=cables,
        needs_three_phases=np.bincount(premises.tree_node[premises.is_dedicated], minlength=trees.node_count)
        > 0,
    )
    return _equipment(
        seed, plan, areas=areas, trees=trees, branches=branches, premises=premises, cables=cables
    )


def _served(premises: Premises, tree_nodes: int) -> Longs:
    units = premises.buildings.units
    return np.bincount(premises.tree_node, weights=units, minlength=tree_nodes).astype(np.int64)


def _load_kw(premises: Premises, tree_nodes: int) -> Floats:
    expected = expected_kw(premises.buildings.kind, premises.buildings.units)
    return np.bincount(premises.tree_node, weights=expected, minlength=tree_nodes).astype(np.float64)


def _cables_to(plan: StreetPlan, trees: FeederTrees) -> Flags:
    above = np.where(trees.parent >= 0, trees.corner[trees.parent], trees.corner)
    return np.asarray((plan.urbanity[trees.corner] + plan.urbanity[above]) / 2 > _CABLES_FROM_URBANITY)


def _equipment(
    seed: int,
    plan: StreetPlan,
    *,
    areas: SupplyAreas,
    trees: FeederTrees,
    branches: Branches,
    premises: Premises,
    cables: Flags,
) -> Power:
    nodes = NodeRows()
    at = place_feeder_nodes(nodes, plan, trees)
    load_kw = _load_kw(premises, trees.node_count)
    yard = make_substations(nodes=nodes, plan=plan, trees=trees, at=at, load_kw=load_kw)
    along = make_feeder_lines(nodes=nodes, trees=trees, branches=branches, at=at, is_underground=cables)
    ties = make_ties(seed=seed, plan=plan, trees=trees, branches=branches)
    between = make_tie_lines(nodes=nodes, plan=plan, trees=trees, at=at, ties=ties)
    phases = branches.phases[premises.tree_node[premises.firsts()]]
    units = make_units(seed=seed, premises=premises, transformer_phases=phases)
    cable_streets = plan.edge_urbanity() > _CABLES_FROM_URBANITY
    transformers, spurs, fuses = make_transformers(
        nodes=nodes,
        plan=plan,
        trees=trees,
        at=at,
        premises=premises,
        phases=phases,
        rated_kva=ratings_kva(premises=premises, units=units, transformer_phases=phases),
        is_underground=cable_streets,
    )
    low_lines, node_of_building = make_low_voltage(
        nodes, plan, trees, premises=premises, units=units, transformers=transformers, cables=cable_streets
    )
    return Power(
        areas=areas,
        trees=trees,
        nodes=nodes,
        source_nodes=np.unique(yard[2].from_node),
        lines=stacked([yard[1], along[0], between[0], spurs, low_lines]),
        switches=stacked([yard[0], along[1], between[1], fuses]),
        transformers=stacked([yard[2], transformers]),
        premises=premises,
        units=units,
        node_of_building=node_of_building,
    )

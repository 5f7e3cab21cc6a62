"""Substations and feeders as equipment: busbars, breakers, line sections along streets, devices, ties.

Rules:
1. A substation has a source, and a station transformer and busbar for every nine feeders; its busbars
   are joined by a coupler that is normally open.
2. Each feeder leaves its busbar through a breaker and a cable to the street, and keeps to its own side of it.
3. A device at the head of a line stands between the node before and a node of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, Objects
from storm.city.feeders import FeederTrees
from storm.city.grid_rows import FEEDER_KV, LineRows, NodeRows, SwitchRows, TransformerRows, stacked
from storm.city.street_plan import StreetPlan
from storm.city.trunks import Branches, Entry
from topology.phases import ABC

_YARD_M = 32.0
_FEEDERS_PER_BUSBAR = 9
_BUSBARS_APART_M = 9.0
_STATION_KVA = np.array([2_500, 6_300, 10_000, 16_000, 25_000, 40_000, 63_000, 80_000.0])
# Room for a neighbour's load, and for one transformer to help the other.
_STATION_RESERVE = 1.5
_LARGE_STATION_FEEDERS = 3
_TRUNK_A, _LATERAL_A, _BREAKER_A = 400.0, 200.0, 630.0
_DEVICE = {
    Entry.FUSE: ("fuse", "FU", 100.0),
    Entry.RECLOSER: ("recloser", "R", 630.0),
    Entry.SECTIONALIZER: ("sectionalizer", "SE", 400.0),
    Entry.SWITCH: ("switch", "SW", 400.0),
}


@dataclass(frozen=True, slots=True)
class FeederNodes:
    """For each node of the feeder trees: its number among the network's nodes, and its place."""

    node: Longs
    x_m: Floats
    y_m: Floats


def substation_ids(count: int) -> list[str]:
    """Return the ids of so many substations."""
    return [f"S{number:02d}" for number in range(1, count + 1)]


def feeder_ids(trees: FeederTrees) -> list[str]:
    """Return the ids of all feeders, which begin with their substation's."""
    pairs = zip(trees.substation.tolist(), trees.number.tolist(), strict=True)
    return [f"S{substation + 1:02d}F{number:02d}" for substation, number in pairs]


def place_feeder_nodes(nodes: NodeRows, plan: StreetPlan, trees: FeederTrees) -> FeederNodes:
    """Add the nodes of all feeders, each feeder a few metres aside of the middle of the street."""
    turn = 2.39996 * trees.number[trees.feeder]
    aside = 2.5 + 0.22 * trees.number[trees.feeder]
    x = plan.x_m[trees.corner] + aside * np.cos(turn)
    y = plan.y_m[trees.corner] + aside * np.sin(turn)
    return FeederNodes(nodes.add(x, y, FEEDER_KV), x, y)


def make_substations(
    *, nodes: NodeRows, plan: StreetPlan, trees: FeederTrees, at: FeederNodes, load_kw: Floats
) -> tuple[SwitchRows, LineRows, TransformerRows]:
    """Return the equipment of all substations, up to where their feeders reach the street.

    `load_kw` is the load expected at each node of the feeder trees.
    """
    switches, lines, transformers = [], [], []
    load_of_station = np.bincount(trees.substation[trees.feeder], weights=load_kw)
    roots = np.flatnonzero(trees.parent < 0)
    for substation in range(int(trees.substation.max()) + 1):
        mine = roots[trees.substation[trees.feeder[roots]] == substation]
        made = _substation(nodes, plan, trees, at, roots=mine, load_kw=float(load_of_station[substation]))
        switches.append(made[0])
        lines.append(made[1])
        transformers.append(made[2])
    return stacked(switches), stacked(lines), stacked(transformers)


def _substation(
    nodes: NodeRows,
    plan: StreetPlan,
    trees: FeederTrees,
    at: FeederNodes,
    *,
    roots: Longs,
    load_kw: float,
) -> tuple[SwitchRows, LineRows, TransformerRows]:
    substation, corner = int(trees.substation[trees.feeder[roots[0]]]), int(trees.corner[roots[0]])
    name = f"S{substation + 1:02d}"
    x, y = float(plan.x_m[corner]) + _YARD_M, float(plan.y_m[corner]) + _YARD_M
    bars = -(-len(roots) // _FEEDERS_PER_BUSBAR)
    high_kv = 110.0 if len(roots) >= _LARGE_STATION_FEEDERS else 33.0
    source = nodes.add_one(x, y + 12, high_kv, substation)
    busbars = [nodes.add_one(x + _BUSBARS_APART_M * bar, y, FEEDER_KV, substation) for bar in range(bars)]
    transformers = _station_transformers(name, source, busbars, load_kw, (x, y))
    rank = np.arange(len(roots))
    gate_x = x + 3.0 * rank.astype(np.float64)
    gates = nodes.add(gate_x, np.full(len(roots), y - 8), FEEDER_KV, np.full(len(roots), substation))
    bars_of_feeders = np.array(busbars, dtype=np.int64)[rank * bars // len(roots)]
    feeder = trees.feeder[roots]
    breakers = _breakers(
        [f"{name}F{number:02d}-CB" for number in trees.number[feeder].tolist()],
        np.stack([bars_of_feeders, gates]),
        feeder,
        gate_x,
        y - 4,
    )
    couplers = _breakers(
        [f"{name}-BC{bar}" for bar in range(1, bars)],
        np.array([busbars[:-1], busbars[1:]], dtype=np.int64),
        np.full(bars - 1, -1, dtype=np.int64),
        x + 4 + _BUSBARS_APART_M * np.arange(bars - 1, dtype=np.float64),
        y,
    )
    return stacked([breakers, couplers]), _ways_out(trees, at, roots, gates, (gate_x, y - 8)), transformers


def _breakers(ids: list[str], ends: Longs, feeder: Longs, x_m: Floats, y_m: float) -> SwitchRows:
    """Breakers between these ends; those of no feeder are couplers of busbars, and normally open."""
    count = len(ids)
    return SwitchRows(
        id=_objects(ids),
        from_node=ends[0],
        to_node=ends[1],
        phases=np.full(count, ABC, dtype=np.int64),
        kind=_objects(["breaker"] * count),
        normally_open=feeder < 0,
        remote_controlled=np.ones(count, dtype=np.bool_),
        rated_a=np.full(count, _BREAKER_A),
        feeder=feeder,
        name=_objects(ids),
        x_m=x_m,
        y_m=np.full(count, y_m),
    )


def _station_transformers(
    name: str, source: int, busbars: list[int], load_kw: float, place_m: tuple[float, float]
) -> TransformerRows:
    bars = len(busbars)
    needed = _STATION_RESERVE * load_kw / bars
    rating = _STATION_KVA[min(int(np.searchsorted(_STATION_KVA, needed)), len(_STATION_KVA) - 1)]
    return TransformerRows(
        id=_objects([f"{name}-TX{bar + 1}" for bar in range(bars)]),
        from_node=np.full(bars, source, dtype=np.int64),
        to_node=np.array(busbars, dtype=np.int64),
        phases=np.full(bars, ABC, dtype=np.int64),
        is_station=np.ones(bars, dtype=np.bool_),
        is_dedicated=np.zeros(bars, dtype=np.bool_),
        rated_kva=np.full(bars, rating),
        feeder=np.full(bars, -1, dtype=np.int64),
        edge=np.full(bars, -1, dtype=np.int64),
        x_m=place_m[0] + _BUSBARS_APART_M * np.arange(bars, dtype=np.float64),
        y_m=np.full(bars, place_m[1] + 6),
    )


def _ways_out(
    trees: FeederTrees, at: FeederNodes, roots: Longs, gates: Longs, gate_m: tuple[Floats, float]
) -> LineRows:
    """The cable of each feeder from its breaker to the street."""
    count = len(roots)
    feeder = trees.feeder[roots]
    ids = [
        f"S{int(trees.substation[one]) + 1:02d}F{int(trees.number[one]):02d}-L000" for one in feeder.tolist()
    ]
    return LineRows(
        id=_objects(ids),
        from_node=gates,
        to_node=at.node[roots],
        phases=np.full(count, ABC, dtype=np.int64),
        is_underground=np.ones(count, dtype=np.bool_),
        rated_a=np.full(count, _TRUNK_A),
        feeder=feeder,
        points=np.full(count, 2, dtype=np.int64),
        x_m=np.column_stack([gate_m[0], at.x_m[roots]]).ravel(),
        y_m=np.column_stack([np.full(count, gate_m[1]), at.y_m[roots]]).ravel(),
    )


def make_feeder_lines(
    *, nodes: NodeRows, trees: FeederTrees, branches: Branches, at: FeederNodes, is_underground: Flags
) -> tuple[LineRows, SwitchRows]:
    """Return the line section to each node of a feeder, and the device that stands at its head if any."""
    children = np.flatnonzero(trees.parent >= 0)
    above = trees.parent[children]
    entry = branches.entry[children]
    switched = entry != Entry.NONE
    length = np.hypot(at.x_m[children] - at.x_m[above], at.y_m[children] - at.y_m[above])
    ahead = np.minimum(0.2, 7.0 / np.maximum(length, 1.0))
    start_x = at.x_m[above] + np.where(switched, ahead, 0.0) * (at.x_m[children] - at.x_m[above])
    start_y = at.y_m[above] + np.where(switched, ahead, 0.0) * (at.y_m[children] - at.y_m[above])
    start = at.node[above].copy()
    start[switched] = nodes.add(start_x[switched], start_y[switched], FEEDER_KV)
    feeder = trees.feeder[children]
    ids = _counted(trees, feeder, ["L"] * len(children), digits=3)
    lines = LineRows(
        id=ids,
        from_node=start,
        to_node=at.node[children],
        phases=branches.phases[children],
        is_underground=is_underground[children],
        rated_a=np.where(branches.is_trunk[children], _TRUNK_A, _LATERAL_A),
        feeder=feeder,
        points=np.full(len(children), 2, dtype=np.int64),
        x_m=np.column_stack([start_x, at.x_m[children]]).ravel(),
        y_m=np.column_stack([start_y, at.y_m[children]]).ravel(),
    )
    kinds = [_DEVICE[Entry(one)] for one in entry[switched].tolist()]
    ids = _counted(trees, feeder[switched], [short for _, short, _ in kinds], digits=1)
    is_fuse = entry[switched] == Entry.FUSE
    automatic = (entry[switched] == Entry.RECLOSER) | (entry[switched] == Entry.SECTIONALIZER)
    switches = SwitchRows(
        id=ids,
        from_node=at.node[above[switched]],
        to_node=start[switched],
        phases=branches.phases[children[switched]],
        kind=_objects([kind for kind, _, _ in kinds]),
        normally_open=np.zeros(len(kinds), dtype=np.bool_),
        remote_controlled=automatic & ~is_fuse,
        rated_a=np.array([rated for _, _, rated in kinds], dtype=np.float64),
        feeder=feeder[switched],
        name=ids,
        x_m=start_x[switched],
        y_m=start_y[switched],
    )
    return lines, switches


def _counted(trees: FeederTrees, feeder: Longs, kinds: list[str], digits: int) -> Objects:
    """Return ids like S01F03-FU12: the feeder, the kind, and a number that counts both."""
    names = feeder_ids(trees)
    seen: dict[tuple[int, str], int] = {}
    ids = []
    for one, kind in zip(feeder.tolist(), kinds, strict=True):
        number = seen[one, kind] = seen.get((one, kind), 0) + 1
        ids.append(f"{names[one]}-{kind}{number:0{digits}d}")
    return _objects(ids)


def _objects(texts: list[str]) -> Objects:
    made = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made

"""Ties as equipment: a line from each trunk to the open switch, or to two with a dead node between."""

from __future__ import annotations

import numpy as np

from storm.city.arrays import Floats, Objects
from storm.city.feeders import FeederTrees
from storm.city.grid_rows import FEEDER_KV, LineRows, NodeRows, SwitchRows
from storm.city.medium_voltage import FeederNodes, feeder_ids
from storm.city.street_plan import StreetPlan
from storm.city.ties import Tie
from topology.phases import ABC

_RATED_A = 400.0
_DENSE = 0.45


def make_tie_lines(
    *, nodes: NodeRows, plan: StreetPlan, trees: FeederTrees, at: FeederNodes, ties: list[Tie]
) -> tuple[LineRows, SwitchRows]:
    """Return the lines and normally open switches of all ties."""
    names = feeder_ids(trees)
    lines: list[tuple[str, int, int, bool, int, Floats, Floats]] = []
    switches: list[tuple[str, int, int, int, str, float, float]] = []
    for number, tie in enumerate(ties, start=1):
        one, other = int(trees.feeder[tie.from_node]), int(trees.feeder[tie.to_node])
        x, y, middle = _way(plan, at, tie)
        place = float(x[middle]), float(y[middle])
        near, far = (nodes.add_one(*place, FEEDER_KV) for _ in range(2))
        cable = bool(plan.urbanity[list(tie.corners)].mean() > _DENSE)
        id, name = f"TIE{number:04d}", f"{names[one]} – {names[other]}"
        start, end = int(at.node[tie.from_node]), int(at.node[tie.to_node])
        lines.append((f"{id}-L1", start, near, cable, one, x[: middle + 1], y[: middle + 1]))
        lines.append((f"{id}-L2", far, end, cable, other, x[middle:], y[middle:]))
        if tie.is_series:
            dead = nodes.add_one(*place, FEEDER_KV)
            switches.append((f"{id}-A", near, dead, one, name, *place))
            switches.append((f"{id}-B", dead, far, other, name, *place))
        else:
            switches.append((id, near, far, one, name, *place))
    return _lines(lines), _switches(switches)


def _way(plan: StreetPlan, at: FeederNodes, tie: Tie) -> tuple[Floats, Floats, int]:
    """Return the places along a tie, and which of them is its switch, about half-way."""
    corners = list(tie.corners)
    x = np.r_[at.x_m[tie.from_node], plan.x_m[corners[1:-1]], at.x_m[tie.to_node]]
    y = np.r_[at.y_m[tie.from_node], plan.y_m[corners[1:-1]], at.y_m[tie.to_node]]
    middle = len(x) // 2
    x = np.insert(x, middle, (x[middle - 1] + x[middle]) / 2)
    y = np.insert(y, middle, (y[middle - 1] + y[middle]) / 2)
    return x, y, middle


def _lines(rows: list[tuple[str, int, int, bool, int, Floats, Floats]]) -> LineRows:
    count, nothing = len(rows), np.zeros(0)
    return LineRows(
        id=_texts([row[0] for row in rows]),
        from_node=np.array([row[1] for row in rows], dtype=np.int64),
        to_node=np.array([row[2] for row in rows], dtype=np.int64),
        phases=np.full(count, ABC, dtype=np.int64),
        is_underground=np.array([row[3] for row in rows], dtype=np.bool_),
        rated_a=np.full(count, _RATED_A),
        feeder=np.array([row[4] for row in rows], dtype=np.int64),
        points=np.array([len(row[5]) for row in rows], dtype=np.int64),
        x_m=np.concatenate([*(row[5] for row in rows), nothing]),
        y_m=np.concatenate([*(row[6] for row in rows), nothing]),
    )


def _switches(rows: list[tuple[str, int, int, int, str, float, float]]) -> SwitchRows:
    count = len(rows)
    return SwitchRows(
        id=_texts([row[0] for row in rows]),
        from_node=np.array([row[1] for row in rows], dtype=np.int64),
        to_node=np.array([row[2] for row in rows], dtype=np.int64),
        phases=np.full(count, ABC, dtype=np.int64),
        kind=_texts(["switch"] * count),
        normally_open=np.ones(count, dtype=np.bool_),
        # Every second one can be closed from the desk.
        remote_controlled=np.arange(count) % 2 == 0,
        rated_a=np.full(count, _RATED_A),
        feeder=np.array([row[3] for row in rows], dtype=np.int64),
        name=_texts([row[4] for row in rows]),
        x_m=np.array([row[5] for row in rows], dtype=np.float64),
        y_m=np.array([row[6] for row in rows], dtype=np.float64),
    )


def _texts(texts: list[str]) -> Objects:
    made = np.empty(len(texts), dtype=object)
    made[:] = texts
    return made

"""A town as a bent lattice of streets: the irregular grid that most towns are.

Rules:
1. Columns and rows lie at uneven distances, farther apart towards the outskirts, all bent by slow waves,
   every corner moved a little; the outline is a blob.
2. Every ninth column and twelfth row is a main street, some between are collectors, the rest residential.
3. Residential streets are missing here and there, more in some quarters than in others; parks have none.
4. Across the river run only main streets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Flags, Floats, Longs
from storm.city.river import River
from storm.city.street_plan import StreetClass, StreetPlan

_COLUMN_M, _ROW_M = (112.0, 182.0), (74.0, 116.0)
_MAIN_COLUMNS, _COLLECTOR_COLUMNS = 9, 4
_MAIN_ROWS, _COLLECTOR_ROWS = 12, 6
_OUTER_STRETCH = 0.35
_MISSING_SHARES = (0.02, 0.06, 0.15, 0.3)
_LONGEST_BRIDGE_M = 420.0
_BRIDGES_APART_M = 650.0


@dataclass(frozen=True, slots=True)
class _Grid:
    x_m: Floats
    y_m: Floats
    radius: Floats  # 1 at the outline
    column_class: Longs
    row_class: Longs


def make_lattice(
    rng: np.random.Generator,
    *,
    radius_m: float,
    urbanity: float,
    place: int,
    centre_m: tuple[float, float] = (0.0, 0.0),
    river: River | None = None,
    parks: int = 0,
) -> StreetPlan:
    """Return the streets of one town or village, hanging together."""
    grid = _bent_grid(rng, radius_m)
    columns, rows = grid.x_m.shape
    index = np.arange(columns * rows).reshape(columns, rows)
    from_nodes = np.concatenate([index[:-1, :].T.ravel(), index[:, :-1].ravel()])
    to_nodes = np.concatenate([index[1:, :].T.ravel(), index[:, 1:].ravel()])
    line = np.concatenate(
        [np.repeat(np.arange(rows), columns - 1), rows + np.repeat(np.arange(columns), rows - 1)]
    )
    order = np.concatenate([np.tile(np.arange(columns - 1), rows), np.tile(np.arange(rows - 1), columns)])
    plan = StreetPlan(
        x_m=grid.x_m.ravel() + centre_m[0],
        y_m=grid.y_m.ravel() + centre_m[1],
        urbanity=urbanity * (1 - 0.92 * np.clip(grid.radius.ravel(), 0, 1) ** 1.2),
        place=np.full(columns * rows, place, dtype=np.int64),
        from_nodes=from_nodes,
        to_nodes=to_nodes,
        street_class=np.concatenate([grid.row_class, grid.column_class])[line],
        line=line,
        order=order,
    )
    is_inside = grid.radius.ravel() < 1
    keep = is_inside[from_nodes] & is_inside[to_nodes] & ~_missing(rng, plan, columns, rows)
    keep &= ~_in_parks(rng, plan, radius_m, parks)
    plan = plan.with_edges(keep)
    return (plan if river is None else _with_bridges(plan, river)).largest_part()


def _bent_grid(rng: np.random.Generator, radius_m: float) -> _Grid:
    columns = 2 * int(np.ceil(1.25 * radius_m / np.mean(_COLUMN_M))) + 1
    rows = 2 * int(np.ceil(1.25 * radius_m / np.mean(_ROW_M))) + 1
    at_column = np.cumsum(rng.uniform(*_COLUMN_M, columns))
    at_row = np.cumsum(rng.uniform(*_ROW_M, rows))
    x, y = np.meshgrid(at_column - at_column[columns // 2], at_row - at_row[rows // 2], indexing="ij")
    angle, phases = np.arctan2(y, x), rng.uniform(0, 2 * np.pi, 3)
    outline = 1 + sum(
        size * np.sin(times * angle + phase)
        for size, times, phase in zip((0.13, 0.09, 0.05), (2, 3, 5), phases, strict=True)
    )
    radius = np.hypot(x, y) / (radius_m * outline)
    stretch = 1 + _OUTER_STRETCH * np.clip(radius, 0, 1.2) ** 2
    x, y = _bent(rng, x * stretch, y * stretch, radius_m)
    turn = rng.uniform(0, np.pi / 2)
    x, y = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return _Grid(
        x_m=x,
        y_m=y,
        radius=radius,
        column_class=_line_classes(columns, _MAIN_COLUMNS, _COLLECTOR_COLUMNS),
        row_class=_line_classes(rows, _MAIN_ROWS, _COLLECTOR_ROWS),
    )


def _bent(rng: np.random.Generator, x: Floats, y: Floats, radius_m: float) -> tuple[Floats, Floats]:
    """Move corners along slow waves, which fold nothing, and each a little on its own."""
    moved_x, moved_y = x.copy(), y.copy()
    for wave_m, size in ((max(1.7 * radius_m, 600.0), 0.045), (1900.0, 0.02), (730.0, 0.013)):
        for moved in (moved_x, moved_y):
            heading, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
            along = x * np.cos(heading) + y * np.sin(heading)
            np.add(moved, size * wave_m * np.sin(2 * np.pi * along / wave_m + phase), out=moved)
    moved_x += rng.normal(0, 5.0, x.shape)
    moved_y += rng.normal(0, 4.0, y.shape)
    return moved_x, moved_y


def _line_classes(count: int, main_every: int, collector_every: int) -> Longs:
    from_middle = np.arange(count) - count // 2
    classes = np.full(count, StreetClass.RESIDENTIAL, dtype=np.int64)
    classes[from_middle % collector_every == 0] = StreetClass.TERTIARY
    classes[from_middle % main_every == 0] = StreetClass.SECONDARY
    classes[from_middle == 0] = StreetClass.PRIMARY
    return classes


def _missing(rng: np.random.Generator, plan: StreetPlan, columns: int, rows: int) -> Flags:
    """Residential edges that were never built, by quarter."""
    quarters = rng.choice(_MISSING_SHARES, (columns // 4 + 1, rows // 6 + 1))
    column, row = np.divmod(plan.from_nodes, rows)
    share = quarters[column // 4, row // 6] * (1 - 0.7 * plan.edge_urbanity())
    never = rng.random(len(share)) < share
    return np.asarray(never & (plan.street_class == StreetClass.RESIDENTIAL))


def _in_parks(rng: np.random.Generator, plan: StreetPlan, radius_m: float, parks: int) -> Flags:
    x = (plan.x_m[plan.from_nodes] + plan.x_m[plan.to_nodes]) / 2
    y = (plan.y_m[plan.from_nodes] + plan.y_m[plan.to_nodes]) / 2
    inside = np.zeros(len(x), dtype=np.bool_)
    for _ in range(parks):
        away, heading = rng.uniform(0.12, 0.9) * radius_m, rng.uniform(0, 2 * np.pi)
        size = rng.uniform(150, 420)
        inside |= np.hypot(x - away * np.cos(heading), y - away * np.sin(heading)) < size
    return inside & (plan.street_class >= StreetClass.RESIDENTIAL)


def _with_bridges(plan: StreetPlan, river: River) -> StreetPlan:
    """Take the streets out of the river, and carry main streets over it."""
    away = river.signed_distance_m(plan.x_m, plan.y_m)
    is_dry = np.abs(away) > river.clear_m
    a, b = plan.from_nodes, plan.to_nodes
    stays = is_dry[a] & is_dry[b] & (away[a] * away[b] > 0)
    is_main = plan.street_class <= StreetClass.SECONDARY
    bridges: list[tuple[int, int, int, int, int]] = []
    middles: list[tuple[float, float]] = []
    # The widest first: where two would lie side by side, it gets the bridge.
    crossing = np.unique(plan.line[is_main & ~stays])
    class_of_line = dict(zip(plan.line.tolist(), plan.street_class.tolist(), strict=True))
    for line in sorted(crossing.tolist(), key=lambda one: (class_of_line[one], one)):
        edges = np.flatnonzero(plan.line == line)
        edges = edges[np.argsort(plan.order[edges], kind="stable")]
        corners = np.r_[plan.from_nodes[edges], plan.to_nodes[edges[-1:]]]
        corners = corners[is_dry[corners]]
        for left, right in zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True):
            dx, dy = plan.x_m[right] - plan.x_m[left], plan.y_m[right] - plan.y_m[left]
            if away[left] * away[right] > 0 or np.hypot(dx, dy) > _LONGEST_BRIDGE_M:
                continue
            middle = (float(plan.x_m[left] + dx / 2), float(plan.y_m[left] + dy / 2))
            if any(np.hypot(middle[0] - x, middle[1] - y) < _BRIDGES_APART_M for x, y in middles):
                continue
            middles.append(middle)
            first = edges[plan.from_nodes[edges] == left]
            order = int(plan.order[first[0]]) if len(first) else int(plan.order[edges[-1]]) + 1
            bridges.append((left, right, int(plan.street_class[edges[0]]), line, order))
    return _with_added_edges(plan.with_edges(stays), bridges)


def _with_added_edges(plan: StreetPlan, added: list[tuple[int, int, int, int, int]]) -> StreetPlan:
    columns = np.array(added, dtype=np.int64).reshape(-1, 5).T
    return StreetPlan(
        x_m=plan.x_m,
        y_m=plan.y_m,
        urbanity=plan.urbanity,
        place=plan.place,
        from_nodes=np.r_[plan.from_nodes, columns[0]],
        to_nodes=np.r_[plan.to_nodes, columns[1]],
        street_class=np.r_[plan.street_class, columns[2]],
        line=np.r_[plan.line, columns[3]],
        order=np.r_[plan.order, columns[4]],
    )

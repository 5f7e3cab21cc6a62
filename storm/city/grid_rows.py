"""The parts of the power network as arrays, put together piece by piece: nodes, lines, switches and so on.

Nodes are numbered as they are added; `storm.city.tables` makes layers of all this. Phases are bit masks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from storm.city.arrays import Flags, Floats, Longs, Objects, Texts

LOW_KV, FEEDER_KV = 0.4, 10.0

RowsT = TypeVar("RowsT", bound="LineRows | SwitchRows | TransformerRows")


@dataclass(slots=True)
class NodeRows:
    """Nodes in metres, with their voltage and, in a substation, its number."""

    x_m: list[Floats] = field(default_factory=list)
    y_m: list[Floats] = field(default_factory=list)
    nominal_kv: list[Floats] = field(default_factory=list)
    substation: list[Longs] = field(default_factory=list)
    count: int = 0

    def add(self, x_m: Floats, y_m: Floats, nominal_kv: float, substation: Longs | None = None) -> Longs:
        """Add nodes and return their numbers."""
        rows = len(x_m)
        self.x_m.append(np.asarray(x_m, dtype=np.float64))
        self.y_m.append(np.asarray(y_m, dtype=np.float64))
        self.nominal_kv.append(np.full(rows, nominal_kv))
        self.substation.append(np.full(rows, -1, dtype=np.int64) if substation is None else substation)
        self.count += rows
        return np.arange(self.count - rows, self.count, dtype=np.int64)

    def add_one(self, x_m: float, y_m: float, nominal_kv: float, substation: int = -1) -> int:
        """Add one node and return its number."""
        at = np.array([x_m]), np.array([y_m])
        return int(self.add(*at, nominal_kv, np.array([substation], dtype=np.int64))[0])


@dataclass(frozen=True, slots=True)
class LineRows:
    """Line sections; `points` tells how many of `x_m`, `y_m` belong to each; `feeder` is its number."""

    id: Texts | Objects
    from_node: Longs
    to_node: Longs
    phases: Longs
    is_underground: Flags
    rated_a: Floats
    feeder: Longs
    points: Longs
    x_m: Floats
    y_m: Floats

    def lengths_m(self) -> Floats:
        """Return the length of each line along its corners."""
        step = np.hypot(np.diff(self.x_m, prepend=self.x_m[:1]), np.diff(self.y_m, prepend=self.y_m[:1]))
        starts = np.cumsum(self.points) - self.points
        step[starts] = 0.0
        return np.asarray(np.add.reduceat(step, starts)) if len(starts) else step


@dataclass(frozen=True, slots=True)
class SwitchRows:
    """Switches, `kind` in the words of the network package; `feeder` is -1 in a substation."""

    id: Objects
    from_node: Longs
    to_node: Longs
    phases: Longs
    kind: Objects
    normally_open: Flags
    remote_controlled: Flags
    rated_a: Floats
    feeder: Longs
    name: Objects
    x_m: Floats
    y_m: Floats


@dataclass(frozen=True, slots=True)
class TransformerRows:
    """Transformers; `feeder` is -1 for one of a substation, `edge` -1 where it stands at no street."""

    id: Objects
    from_node: Longs
    to_node: Longs
    phases: Longs
    is_station: Flags
    is_dedicated: Flags
    rated_kva: Floats
    feeder: Longs
    edge: Longs
    x_m: Floats
    y_m: Floats


def stacked(parts: list[RowsT]) -> RowsT:
    """Return the rows of all parts, in order."""
    columns: dict[str, Any] = {}
    for one in fields(parts[0]):
        values = [np.asarray(getattr(part, one.name)) for part in parts]
        # Texts of different widths, and of both kinds, become Python's own.
        if any(value.dtype.kind in "OU" for value in values):
            values = [value.astype(object) for value in values]
        columns[one.name] = np.concatenate(values)
    return type(parts[0])(**columns)

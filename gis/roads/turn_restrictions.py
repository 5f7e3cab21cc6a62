"""Turn restrictions as OpenStreetMap has them, and the turns they forbid between edges.

Restrictions at a node, at all times and for cars are honoured (wiki "Relation:restriction"). Those over a
way, at certain times, or with members that go on beyond the node are not: a finding counts them. Nothing is
left to forbid where one of the ways is not driven at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_FORBIDS = frozenset(
    {"no_left_turn", "no_right_turn", "no_straight_on", "no_u_turn", "no_turn", "no_entry", "no_exit"}
)
_ORDERS = frozenset({"only_left_turn", "only_right_turn", "only_straight_on", "only_u_turn"})
_KEYS = ("restriction:motorcar", "restriction:motor_vehicle", "restriction")
_CARS = frozenset({"motorcar", "motor_vehicle"})


@dataclass(frozen=True, slots=True)
class RawRestriction:
    """One restriction by the ids of its members; `via_node` is None where it cannot be honoured."""

    id: int
    is_order: bool
    from_ways: tuple[int, ...]
    via_node: int | None
    to_ways: tuple[int, ...]


def read_restriction(
    *, id: int, tags: Mapping[str, str], members: Sequence[tuple[str, int, str]]
) -> RawRestriction | None:
    """Return a restriction that concerns cars, None if it does not; members are (type, id, role)."""
    if _CARS & set(tags.get("except", "").split(";")):
        return None
    kind = next((tags[key] for key in _KEYS if key in tags), None)
    if kind is None and "restriction:conditional" not in tags:
        return None

    def ids(type: str, role: str) -> tuple[int, ...]:
        return tuple(ref for one_type, ref, one_role in members if (one_type, one_role) == (type, role))

    from_ways, to_ways, via = ids("w", "from"), ids("w", "to"), ids("n", "via")
    usable = (
        kind in _FORBIDS | _ORDERS
        and from_ways
        and to_ways
        and len(via) == 1
        and not ids("w", "via")
        and not {"day_on", "hour_on"} & set(tags)
    )
    return RawRestriction(
        id=id,
        is_order=kind in _ORDERS,
        from_ways=from_ways,
        via_node=via[0] if usable else None,
        to_ways=to_ways,
    )


@dataclass(frozen=True, slots=True)
class ForbiddenTurns:
    """Pairs of edges that do not follow one another, sorted; and the restrictions that gave none."""

    from_edges: npt.NDArray[np.int32]
    to_edges: npt.NDArray[np.int32]
    unused: tuple[int, ...]


def forbidden_turns(
    restrictions: Sequence[RawRestriction],
    *,
    vertex_of_node: Mapping[int, int],
    segment_ways: npt.NDArray[np.int64],
    tails: npt.NDArray[np.int32],
    heads: npt.NDArray[np.int32],
    is_driven: npt.NDArray[np.bool_],
) -> ForbiddenTurns:
    """Return what restrictions forbid.

    Args:
        restrictions: Those of the file.
        vertex_of_node: The vertices at the `via` nodes of the restrictions.
        segment_ways: The way of each segment; edges 2 s and 2 s + 1 are segment s there and back.
        tails: The vertex where each edge begins.
        heads: The vertex where each edge ends.
        is_driven: Which edges may be driven.
    """
    vias = np.array(sorted(set(vertex_of_node.values())), dtype=np.int32)
    ending = _edges_by_vertex(heads, vias, is_driven)
    beginning = _edges_by_vertex(tails, vias, is_driven)
    pairs: set[tuple[int, int]] = set()
    unused = []
    for one in restrictions:
        vertex = None if one.via_node is None else vertex_of_node.get(one.via_node)
        into = [edge for edge in ending.get(vertex, ()) if segment_ways[edge // 2] in one.from_ways]
        out = [edge for edge in beginning.get(vertex, ()) if segment_ways[edge // 2] in one.to_ways]
        # A way that goes on beyond the node does not say from where or to where.
        if one.via_node is None or len(into) > len(one.from_ways) or len(out) > len(one.to_ways):
            unused.append(one.id)
        if vertex is None or not into or not out or one.id in unused[-1:]:
            continue
        forbidden = [edge for edge in beginning[vertex] if edge not in out] if one.is_order else out
        pairs |= {(first, second) for first in into for second in forbidden}
    ordered = np.array(sorted(pairs), dtype=np.int32).reshape(-1, 2)
    return ForbiddenTurns(from_edges=ordered[:, 0], to_edges=ordered[:, 1], unused=tuple(unused))


def _edges_by_vertex(
    ends: npt.NDArray[np.int32], vias: npt.NDArray[np.int32], is_driven: npt.NDArray[np.bool_]
) -> dict[int | None, list[int]]:
    by_vertex: dict[int | None, list[int]] = {}
    for edge in np.flatnonzero(np.isin(ends, vias) & is_driven).tolist():
        by_vertex.setdefault(int(ends[edge]), []).append(edge)
    return by_vertex

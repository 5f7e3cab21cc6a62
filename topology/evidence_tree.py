"""Hangs the statements on the tree of blameable devices: only on those above reports, however large it is.

Owns the counts and times below each device that the explanation weighs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import numpy as np

from topology.arrays import BoolArray, LongArray
from topology.blame_tree import BlameTree
from topology.explanation import (
    ALWAYS,
    INDICATOR_COST,
    OVER_COST,
    SOUND_SERVICE_COST,
    OutPoint,
    Vertex,
)
from topology.statements import OutSpell, OverSpell, Statements

# Meters lose supply within seconds of each other; their clocks differ by more.
SAME_MOMENT = timedelta(minutes=2)
# Fewer meters waking prove nothing about the device above them.
WOKEN_METERS = 3
EXAMPLES = 3


def hang_reports(
    blame: BlameTree, statements: Statements, reported: Mapping[int, OutSpell], explained: BoolArray
) -> tuple[dict[int, Vertex], list[OutPoint]]:
    """Return the devices above the reports, children before parents, and the reports with none above.

    Args:
        blame: the tree of blameable devices.
        statements: all that is known.
        reported: the spells that need an explanation, of service points with supply in the tree.
        explained: by service point, those out already behind a device known to be open.
    """
    points = np.array(sorted(reported), dtype=np.int64)
    above = blame.above_service_points(points)
    vertices = _vertices(blame, above)
    alone: list[OutPoint] = []
    for point, device in zip(points.tolist(), above.tolist(), strict=True):
        out = OutPoint(point, reported[point].began.timestamp())
        if point in statements.sound_services:
            out.cost = SOUND_SERVICE_COST
        (vertices[device].outs if device >= 0 else alone).append(out)
    _count_known(blame, vertices, statements, points, explained)
    _mark_closed(vertices, statements)
    _mark_indicated(blame, vertices, statements)
    _mark_over(blame, vertices, statements, reported)
    for vertex in vertices.values():
        for out in vertex.outs:
            vertex.earliest = min(vertex.earliest, out.began)
            vertex.latest = max(vertex.latest, out.began)
        vertex.out_count += len(vertex.outs)
        _pass_up(vertices, vertex)
    return vertices, alone


def _vertices(blame: BlameTree, above: LongArray) -> dict[int, Vertex]:
    touched: set[int] = set()
    for device in np.unique(above).tolist():
        climbing = device
        while climbing >= 0 and climbing not in touched:
            touched.add(climbing)
            climbing = blame.above(climbing)
    # A device sorts after all above it, so the reverse has children before parents.
    in_order = sorted(touched, key=blame.order, reverse=True)
    vertices = {
        device: Vertex(device, blame.service_point_count(device), blame.above(device)) for device in in_order
    }
    for device in in_order:
        if (parent := vertices[device].parent) >= 0:
            vertices[parent].children.append(device)
    return vertices


def _pass_up(vertices: Mapping[int, Vertex], vertex: Vertex) -> None:
    if vertex.parent < 0:
        return
    above = vertices[vertex.parent]
    above.earliest = min(above.earliest, vertex.earliest)
    above.latest = max(above.latest, vertex.latest)
    above.out_count += vertex.out_count
    above.known_count += vertex.known_count
    above.on_count += vertex.on_count
    above.on_examples = (above.on_examples + vertex.on_examples)[:EXAMPLES]


def _touched(blame: BlameTree, vertices: Mapping[int, Vertex], device: int, known: dict[int, int]) -> int:
    """Return the lowest device with reports at or above a device, -1 for none."""
    passed = []
    while device >= 0 and device not in vertices and device not in known:
        passed.append(device)
        device = blame.above(device)
    found = known.get(device, device)
    known.update(dict.fromkeys(passed, found))
    return found


def _count_known(
    blame: BlameTree,
    vertices: Mapping[int, Vertex],
    statements: Statements,
    reported: LongArray,
    explained: BoolArray,
) -> None:
    """Count the service points that are not silent, and note until when something below was on."""
    on = np.array(sorted(statements.on), dtype=np.int64)
    spoken = np.unique(np.concatenate([reported, on, np.flatnonzero(explained)]))
    found: dict[int, int] = {}
    devices, counts = np.unique(blame.above_service_points(spoken), return_counts=True)
    for device, count in zip(devices.tolist(), counts.tolist(), strict=True):
        if (touched := _touched(blame, vertices, device, found)) >= 0:
            vertices[touched].known_count += count
    for point, device in zip(on.tolist(), blame.above_service_points(on).tolist(), strict=True):
        if (touched := _touched(blame, vertices, device, found)) >= 0:
            vertex = vertices[touched]
            vertex.on_count += 1
            vertex.on_examples = [*vertex.on_examples, point][:EXAMPLES]
            vertex.not_before = max(vertex.not_before, statements.on[point].timestamp())
    for vertex in vertices.values():
        if vertex.parent >= 0:
            above = vertices[vertex.parent]
            above.not_before = max(above.not_before, vertex.not_before)


def _mark_closed(vertices: Mapping[int, Vertex], statements: Statements) -> None:
    """A device known to be closed is not the one; only a crew's finding leaves room for a later opening.

    Marked after the times of those below were passed up: that a fuse is closed says nothing of the breaker.
    """
    for device, seen in statements.found_in_order.items():
        if device in vertices:
            vertices[device].not_before = max(vertices[device].not_before, seen.at.timestamp())
    for device in statements.telemetered_closed:
        if device in vertices:
            vertices[device].not_before = ALWAYS


def _mark_indicated(blame: BlameTree, vertices: Mapping[int, Vertex], statements: Statements) -> None:
    """A fault current seen at a place came through all devices above it; none seen clears those below it."""
    seen: set[int] = set()
    cleared: set[int] = set()
    touched = list(vertices)
    for device, indicated in statements.indicators.items():
        if indicated.result == "fault":
            at = device
            while at >= 0 and at not in seen:
                seen.add(at)
                at = blame.above(at)
        elif indicated.result == "no_fault":
            cleared |= blame.at_or_below(device, touched)
    for vertex in vertices.values():
        vertex.hint = INDICATOR_COST * ((vertex.device in cleared) - (vertex.device in seen))


def _mark_over(
    blame: BlameTree,
    vertices: Mapping[int, Vertex],
    statements: Statements,
    reported: Mapping[int, OutSpell],
) -> None:
    """Mark reports of a moment when others under the same device woke again, or the device closed again."""
    woken = _woken_below(blame, vertices, statements.over)
    reclosed: dict[int, list[OverSpell]] = {}
    for device, spell in statements.reclosed:
        reclosed.setdefault(device, []).append(spell)
    if not woken and not reclosed:
        return
    for vertex in vertices.values():
        for out in vertex.outs:
            began = reported[out.point].began
            device = vertex.device
            while device >= 0 and not (
                _is_over(began, reclosed.get(device, ())) or _have_woken(began, woken.get(device, []))
            ):
                device = vertices[device].parent
            # A person who calls is out, whatever the meters of the neighbours say.
            only_gasped = all(one.kind == "last_gasp" for one in reported[out.point].observations)
            if device >= 0 and only_gasped:
                out.cost = OVER_COST


def _woken_below(
    blame: BlameTree, vertices: Mapping[int, Vertex], over: Mapping[int, OverSpell]
) -> dict[int, list[datetime]]:
    """Return for each touched device, sorted, when the spells that are over below it began."""
    points = np.array(sorted(over), dtype=np.int64)
    began: dict[int, list[datetime]] = {}
    found: dict[int, int] = {}
    for point, device in zip(points.tolist(), blame.above_service_points(points).tolist(), strict=True):
        touched = _touched(blame, vertices, device, found)
        while touched >= 0:
            began.setdefault(touched, []).append(over[point].began)
            touched = vertices[touched].parent
    return {device: sorted(times) for device, times in began.items()}


def _have_woken(began: datetime, times: list[datetime]) -> bool:
    around = bisect_right(times, began + SAME_MOMENT) - bisect_left(times, began - SAME_MOMENT)
    return around >= WOKEN_METERS


def _is_over(began: datetime, spells: Iterable[OverSpell]) -> bool:
    return any(spell.began - SAME_MOMENT <= began <= spell.ended for spell in spells)

"""The file of a travel graph, mapped by every process: roads, arcs and core, as they lie in memory.

A change in what the arrays mean needs another `_PREFIX`: older files are then made anew.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy.typing as npt

from gis.roads.arcs import Arcs
from gis.roads.core import Core
from gis.roads.roads import Roads
from gis.roads.travel_graph import TravelGraph
from topology.network_file import read_arrays, write_arrays

_PREFIX = "roads_2"
_PARTS = (Roads, Arcs, Core)


def save_graph(graph: TravelGraph, path: Path) -> None:
    """Write a graph to one file, whole or not at all; which roads are closed is not part of it."""
    arrays = dict[str, npt.NDArray[Any]]()
    for part in (graph.roads, graph.arcs, graph.core):
        arrays |= {_name(type(part), one.name): getattr(part, one.name) for one in fields(part)}
    write_arrays(path, arrays)


def open_graph(path: Path) -> TravelGraph:
    """Open a saved graph, memory-mapped; topology's NetworkFileError when the file is not one."""
    names = [_name(part, one.name) for part in _PARTS for one in fields(part)]
    arrays = read_arrays(path, names)
    roads = Roads(**{one.name: arrays[_name(Roads, one.name)] for one in fields(Roads)})
    arcs = Arcs(**{one.name: arrays[_name(Arcs, one.name)] for one in fields(Arcs)})
    core = Core(**{one.name: arrays[_name(Core, one.name)] for one in fields(Core)})
    return TravelGraph(roads, arcs=arcs, core=core)


def _name(part: type[Roads | Arcs | Core], field: str) -> str:
    return f"{_PREFIX}.{part.__name__}.{field}"

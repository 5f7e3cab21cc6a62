"""Milsoft WindMil circuits as networks: a `.std` file, with the `.seq` equipment table next to it.

What stands for what is explained in docs/formats/windmil.md. Read in steps: the rows (`rows`), what
hangs on what (`connections`), what becomes of each element (`layers`), and where it is (`places`).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyproj

from gis.network_tables import NetworkTables, network_tables
from gis.windmil.connections import connect
from gis.windmil.equipment import equipment_beside
from gis.windmil.layers import Layers, make_layers
from gis.windmil.places import known_crs, places, usable_crs
from gis.windmil.rows import read_elements
from topology.findings import Finding


def read_windmil(path: str | Path, *, crs: str | None = None) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Read a WindMil circuit, and say what is odd about it; the name of the network is that of the file.

    Args:
        path: The `.std` file.
        crs: What the coordinates are in, "EPSG:2264" for example; without it no geometry is made.

    NetworkPackageError when the file cannot be read or is no WindMil circuit, UnknownCrsError when the system
    is not known or has no place on Earth.
    """
    path = Path(path)
    system = None if crs is None else known_crs(crs)
    elements, odd_rows = read_elements(path)
    connections, odd_connections = connect(elements)
    layers, odd_layers = make_layers(elements.rows, connections, equipment_beside(path))
    system, odd_crs = usable_crs(system, elements.rows)
    frames: dict[str, pd.DataFrame] = {}
    odd_places: tuple[Finding, ...] = ()
    for layer in layers.rows:
        frames[layer], odd = _frame(layers, layer, system)
        odd_places += odd
    tables, odd_values = network_tables(name=path.stem, layers=frames)
    return tables, (*odd_rows, *odd_connections, *odd_layers, *odd_crs, *odd_places, *odd_values)


def _frame(layers: Layers, layer: str, system: pyproj.CRS | None) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    frame = pd.DataFrame(layers.rows[layer]).astype(object)
    frame = frame.where(frame.notna(), None)
    geometry, findings = places(layer, frame["id"].tolist(), layers.elements[layer], system)
    return frame.assign(geometry=geometry), findings

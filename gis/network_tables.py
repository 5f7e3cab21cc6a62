"""A network as tables: the one shape in which importers, files and the database hand networks on.

Every layer has exactly the columns of `gis.network_columns`, in their types, with geometry in
EPSG:4326. The contents may still be dirty (ids twice, unknown nodes): `gis.check` reports that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gis.findings import finding
from gis.geometry_rules import clean_geometry
from gis.network_columns import LAYERS, LayerColumns
from gis.typed_layer import typed_layer
from topology.build import DeviceColumns, NodeColumns, ServicePointColumns, build_network
from topology.errors import PhasesError
from topology.findings import Finding
from topology.network import Network
from topology.phases import parse_phases

WGS84 = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class NetworkTables:
    """The seven layers of the network package."""

    name: str
    substation: gpd.GeoDataFrame
    node: gpd.GeoDataFrame
    line_section: gpd.GeoDataFrame
    switch: gpd.GeoDataFrame
    transformer: gpd.GeoDataFrame
    service_point: gpd.GeoDataFrame
    customer: pd.DataFrame

    def layer(self, name: str) -> pd.DataFrame:
        """Return one layer by its name in `gis.network_columns`."""
        frame: pd.DataFrame = getattr(self, name)
        return frame

    def to_network(self) -> tuple[Network, tuple[Finding, ...]]:
        """Build the network, and say which rows could not be part of it."""
        devices = pd.concat(
            [
                self.line_section[["id", "kind", "from_node", "to_node", "phases"]].assign(
                    normally_open=False
                ),
                self.switch[["id", "kind", "from_node", "to_node", "phases", "normally_open"]],
                self.transformer[["id", "kind", "from_node", "to_node", "phases"]].assign(
                    normally_open=False
                ),
            ],
            ignore_index=True,
        )
        return build_network(
            nodes=NodeColumns(ids=self.node["id"].tolist(), is_source=self.node["is_source"].tolist()),
            devices=DeviceColumns(
                ids=devices["id"].tolist(),
                kinds=devices["kind"].tolist(),
                from_nodes=devices["from_node"].tolist(),
                to_nodes=devices["to_node"].tolist(),
                phases=devices["phases"].tolist(),
                normally_open=devices["normally_open"].tolist(),
            ),
            service_points=ServicePointColumns(
                ids=self.service_point["id"].tolist(),
                nodes=self.service_point["node"].tolist(),
                phases=self.service_point["phases"].tolist(),
                customers=self.service_point["customers"].tolist(),
            ),
        )


def network_tables(
    *, name: str, layers: Mapping[str, pd.DataFrame]
) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Make tables of the layers given by name; geometry must already be in EPSG:4326.

    A layer that is left out is empty. NetworkPackageError when a column is missing or of a
    wrong type; single bad values and broken geometry become findings.
    """
    findings: tuple[Finding, ...] = ()
    made: dict[str, pd.DataFrame] = {}
    for layer in LAYERS.values():
        frame = layers.get(layer.name)
        typed, found = typed_layer(layer, _empty(layer) if frame is None else frame)
        findings += found
        if layer.name == "service_point":
            findings += _settle_phases(typed)
        if layer.shape is None:
            made[layer.name] = typed
            continue
        places = gpd.GeoSeries(typed["geometry"].to_numpy(dtype=object), index=typed.index, crs=WGS84)
        located = gpd.GeoDataFrame(typed.drop(columns="geometry"), geometry=places)
        made[layer.name], found = clean_geometry(layer, located)
        findings += found
    return NetworkTables(name=name, **made), findings


def _settle_phases(service_points: pd.DataFrame) -> tuple[Finding, ...]:
    """A household must not be lost for a letter: unreadable phases of a service are taken as all three."""
    bad = ~readable_phases(service_points["phases"])
    found = finding(
        rule="unknown_phases",
        layer="service_point",
        ids=service_points.loc[bad, "id"],
        text="whose phases are not a subset of ABC: taken as ABC",
    )
    service_points["phases"] = service_points["phases"].mask(bad, "ABC")
    return found


def readable_phases(phases: "pd.Series[str]") -> "pd.Series[bool]":
    """Return which texts name phases."""
    readable = {text: _is_readable(text) for text in phases.unique()}
    return phases.map(readable).astype("bool")


def _is_readable(phases: str) -> bool:
    try:
        parse_phases(phases)
    except PhasesError:
        return False
    return True


def _empty(layer: LayerColumns) -> pd.DataFrame:
    columns: dict[str, object] = {name: pd.Series([], dtype=object) for name in layer.names}
    if layer.shape is not None:
        columns["geometry"] = pd.Series([], dtype=object)
    return pd.DataFrame(columns)

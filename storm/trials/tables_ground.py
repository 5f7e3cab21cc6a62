"""The ground of trial storms from the tables of a network: who has a meter, and where everything is."""

from __future__ import annotations

from enum import StrEnum

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.network_tables import NetworkTables
from storm.trials.ground import TrialGround
from storm.trials.plane import Places
from storm.trials.randomness import FloatArray
from topology.arrays import BoolArray, Indices
from topology.network import Network
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState


class Meters(StrEnum):
    """Which service points have a meter that reports: those whose meter is named, all, or none."""

    NAMED = "named"
    ALL = "all"
    NONE = "none"


def ground_of_tables(tables: NetworkTables, *, meters: Meters | None = None) -> TrialGround:
    """Return the ground of a network in its normal state.

    Without `meters` those that are named report; all, where the network names none at all.
    """
    network, _ = tables.to_network()
    tree = SupplyTree(network, SwitchState.normal(network))
    return TrialGround(tree, _has_meter(tables, network, meters), places=_places(tables, network))


def _has_meter(tables: NetworkTables, network: Network, meters: Meters | None) -> BoolArray:
    named = tables.service_point["meter"].notna()
    if meters is None:
        meters = Meters.NAMED if named.any() else Meters.ALL
    has = np.full(network.service_point_count, meters is Meters.ALL)
    if meters is Meters.NAMED:
        found = network.find_service_points(tables.service_point.loc[named, "id"].tolist())
        has[found[found >= 0]] = True
    return has


def _places(tables: NetworkTables, network: Network) -> Places:
    """Return where things are; what has no place of its own is where its node is."""
    nodes = np.full((network.node_count, 2), np.nan)
    node_ids = network.node_ids(np.arange(network.node_count))
    of_nodes = _points(tables.node).reindex(node_ids)
    nodes[:] = of_nodes.to_numpy()
    points = nodes[network.service_point_nodes]
    _put(points, network.find_service_points(tables.service_point["id"].tolist()), tables.service_point)
    devices = nodes[network.device_to_nodes]
    for layer in (tables.switch, tables.transformer):
        _put(devices, network.find_devices(layer["id"].tolist()), layer)
    return Places(service_points=points, devices=devices)


def _put(places: FloatArray, indices: Indices, layer: gpd.GeoDataFrame) -> None:
    own = _points(layer).to_numpy()
    known = (indices >= 0) & ~np.isnan(own[:, 0])
    places[indices[known]] = own[known]


def _points(layer: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return lon and lat by id, of each id the first; NaN without a geometry."""
    geometry = gpd.GeoSeries(layer["geometry"])
    found = pd.DataFrame({"lon": geometry.x.to_numpy(), "lat": geometry.y.to_numpy()}, index=layer["id"])
    return found[~found.index.duplicated()]

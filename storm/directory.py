"""Who lives where: what a caller says at the desk, which meter hangs there, and where a crew drives to.

Read once from the tables of a network, so that the rest of the storm needs no geometry.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd
from geopandas import GeoDataFrame

from gis.network_tables import NetworkTables
from gis.place import Place


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of one service point; None where the network does not say."""

    account: str | None = None
    phone: str | None = None
    meter: str | None = None
    place: Place | None = None


def read_identities(tables: NetworkTables) -> dict[str, Identity]:
    """Return the identity of every service point by its id."""
    table = tables.service_point
    phones = _column(tables.customer, "phone", index="account")
    accounts = _column(table, "account", index="id")
    meters = _column(table, "meter", index="id")
    places = _points(table)
    return {
        service_point: Identity(
            account=accounts.get(service_point),
            phone=phones.get(accounts.get(service_point, "")),
            meter=meters.get(service_point),
            place=places.get(service_point),
        )
        for service_point in (str(id_) for id_ in table["id"])
    }


def read_places(tables: NetworkTables) -> dict[str, Place]:
    """Return where each device and service point stands.

    RULE 1: a device with a geometry stands there (a line at the middle of its length).
    RULE 2: otherwise it stands at the first of its nodes that has a place.
    """
    nodes = _points(tables.node)
    places: dict[str, Place] = {}
    for table in (tables.line_section, tables.switch, tables.transformer):
        places.update(_by_node(table, nodes, ("to_node", "from_node")))
        places.update(_points(table))
    places.update(_by_node(tables.service_point, nodes, ("node",)))
    places.update(_points(tables.service_point))
    return places


def _column(table: pd.DataFrame, name: str, *, index: str) -> dict[str, str]:
    if name not in table.columns or index not in table.columns:
        return {}
    known = table[[index, name]].dropna()
    return {str(key): str(value) for key, value in zip(known[index], known[name], strict=True)}


def _points(table: GeoDataFrame) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for id_, shape in zip(table["id"], table.geometry, strict=True):
        if shape is None or shape.is_empty:
            continue
        point = shape.interpolate(0.5, normalized=True) if shape.geom_type == "LineString" else shape.centroid
        places[str(id_)] = Place(lon=float(point.x), lat=float(point.y))
    return places


def _by_node(table: GeoDataFrame, nodes: Mapping[str, Place], columns: tuple[str, ...]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for row in table[["id", *columns]].itertuples(index=False):
        id_, *ends = (str(value) for value in _values(row))
        place = next((nodes[end] for end in ends if end in nodes), None)
        if place is not None:
            places[id_] = place
    return places


def _values(row: object) -> tuple[Hashable, ...]:
    return tuple(row)  # type: ignore[arg-type]

"""A city as the tables of the network package: ids, names, places in degrees, one layer after the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.network_tables import NetworkTables, network_tables
from storm.city.addresses import addresses
from storm.city.arrays import Floats, Longs, Objects, Texts, numbered
from storm.city.customers import make_identities
from storm.city.districts import Districts
from storm.city.grid_rows import LineRows, SwitchRows, TransformerRows
from storm.city.medium_voltage import substation_ids
from storm.city.plane import Language, to_degrees
from storm.city.power import Power
from storm.city.priorities import priorities
from storm.city.station_names import Names, make_names
from storm.city.street_runs import StreetRuns
from topology.phases import format_phases

_CRS = "EPSG:4326"
_PHASES = np.array([format_phases(mask) if mask else "" for mask in range(8)], dtype=object)


@dataclass(frozen=True, slots=True)
class _Maker:
    power: Power
    runs: StreetRuns
    districts: Districts
    names: Names
    node_ids: Objects
    language: Language
    seed: int


def make_tables(
    *, seed: int, power: Power, runs: StreetRuns, districts: Districts, name: str, language: Language
) -> NetworkTables:
    """Return the tables of a city."""
    maker = _Maker(
        power=power,
        runs=runs,
        districts=districts,
        names=make_names(power, runs, districts, language),
        node_ids=_python(numbered("N", np.arange(1, power.nodes.count + 1, dtype=np.int64), 7)),
        language=language,
        seed=seed,
    )
    service_point, customer = _customers(maker)
    tables, findings = network_tables(
        name=name,
        layers={
            "substation": _substations(maker),
            "node": _nodes(maker),
            "line_section": _lines(maker, power.lines),
            "switch": _switches(maker, power.switches),
            "transformer": _transformers(maker, power.transformers),
            "service_point": service_point,
            "customer": customer,
        },
    )
    if findings:
        raise AssertionError(findings)
    return tables


def _python(texts: Texts | Objects) -> Objects:
    return texts.astype(object)


def _frame(columns: Mapping[str, Any], geometry: Objects) -> gpd.GeoDataFrame:
    made = {name: _column(values) for name, values in columns.items()}
    return gpd.GeoDataFrame(made, geometry=gpd.GeoSeries(geometry, crs=_CRS))


def _column(values: Any) -> pd.Series[Any]:
    """Texts in pandas' own type at once: made of objects later, they would be held twice."""
    if values.dtype.kind in "OU":
        return pd.Series(values, dtype="str")
    return pd.Series(values)


def _points(maker: _Maker, x_m: Floats, y_m: Floats) -> Objects:
    return np.asarray(shapely.points(*to_degrees(x_m, y_m, maker.language)), dtype=object)


def _substations(maker: _Maker) -> gpd.GeoDataFrame:
    transformers = maker.power.transformers
    firsts = np.unique(transformers.from_node[transformers.is_station], return_index=True)[1]
    return _frame(
        {
            "id": np.array(substation_ids(maker.power.areas.count), dtype=object),
            "name": maker.names.substations,
        },
        _points(maker, transformers.x_m[firsts], transformers.y_m[firsts]),
    )


def _nodes(maker: _Maker) -> gpd.GeoDataFrame:
    nodes = maker.power.nodes
    is_source = np.zeros(nodes.count, dtype=np.bool_)
    is_source[maker.power.source_nodes] = True
    ids = np.array([*substation_ids(maker.power.areas.count), None], dtype=object)
    return _frame(
        {
            "id": maker.node_ids,
            "is_source": is_source,
            "substation": ids[np.concatenate(nodes.substation)],
            "nominal_kv": np.concatenate(nodes.nominal_kv),
        },
        _points(maker, np.concatenate(nodes.x_m), np.concatenate(nodes.y_m)),
    )


def _lines(maker: _Maker, rows: LineRows) -> gpd.GeoDataFrame:
    lon, lat = to_degrees(rows.x_m, rows.y_m, maker.language)
    of_line = np.repeat(np.arange(len(rows.points)), rows.points)
    return _frame(
        {
            **_ends(maker, rows),
            "kind": np.where(rows.is_underground, "underground", "overhead").astype(object),
            "length_m": np.round(rows.lengths_m(), 1),
            "rated_a": rows.rated_a,
            "feeder": maker.names.feeders[rows.feeder],
        },
        np.asarray(shapely.linestrings(lon, lat, indices=of_line), dtype=object),
    )


def _ends(maker: _Maker, rows: LineRows | SwitchRows | TransformerRows) -> dict[str, Objects]:
    return {
        "id": _python(rows.id),
        "from_node": maker.node_ids[rows.from_node],
        "to_node": maker.node_ids[rows.to_node],
        "phases": _PHASES[rows.phases],
    }


def _switches(maker: _Maker, rows: SwitchRows) -> gpd.GeoDataFrame:
    return _frame(
        {
            **_ends(maker, rows),
            "kind": rows.kind,
            "normally_open": rows.normally_open,
            "remote_controlled": rows.remote_controlled,
            "rated_a": rows.rated_a,
            "feeder": maker.names.feeders[rows.feeder],
            "name": rows.name,
        },
        _points(maker, rows.x_m, rows.y_m),
    )


def _transformers(maker: _Maker, rows: TransformerRows) -> gpd.GeoDataFrame:
    ownership = np.where(rows.is_dedicated, "dedicated", "public").astype(object)
    ownership[rows.is_station] = None
    return _frame(
        {
            **_ends(maker, rows),
            "kind": np.where(rows.is_station, "station", "distribution").astype(object),
            "rated_kva": rows.rated_kva,
            "ownership": ownership,
            "feeder": maker.names.feeders[rows.feeder],
            "name": maker.names.transformers,
        },
        _points(maker, rows.x_m, rows.y_m),
    )


def _customers(maker: _Maker) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    power, units = maker.power, maker.power.units
    buildings, building = power.premises.buildings, units.building
    kind = buildings.kind[building]
    who = make_identities(
        seed=maker.seed,
        kind=kind,
        district=maker.districts.names[maker.districts.of_edge[buildings.edge[building]]],
        language=maker.language,
    )
    account = _python(who.account)
    x, y = _doors(
        buildings.x_m[building], buildings.y_m[building], units.number // buildings.per_staircase[building]
    )
    service_point = _frame(
        {
            "id": _python(numbered("P", np.arange(1, len(building) + 1, dtype=np.int64), 7)),
            "node": maker.node_ids[power.node_of_building[building]],
            "phases": _PHASES[units.phases],
            "customers": np.ones(len(building), dtype=np.int64),
            "meter": who.meter,
            "account": account,
            "priority": priorities(seed=maker.seed, kind=kind, peak_kw=units.peak_kw),
            "peak_kw": units.peak_kw,
            "address": addresses(
                buildings=buildings,
                units=units,
                runs=maker.runs,
                districts=maker.districts,
                language=maker.language,
            ),
        },
        _points(maker, x, y),
    )
    people = {"account": account, "name": who.name, "phone": who.phone, "language": who.language}
    customer = pd.DataFrame({name: _column(values) for name, values in people.items()})
    customer["email"] = _column(who.email)
    return service_point, customer


def _doors(x_m: Floats, y_m: Floats, staircase: Longs) -> tuple[Floats, Floats]:
    """Each staircase has its own door, a few metres from the next."""
    return x_m + 4.0 * staircase, y_m + 1.5 * staircase

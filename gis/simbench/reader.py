"""SimBench grids as networks: each table of the data set becomes a layer, each load a service point.

What stands for what is explained in docs/formats/simbench.md; the customers are invented
(`gis.fictional_customers`), the rest is the data set's.
"""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gis.errors import SimbenchError
from gis.fictional_customers import Premise, fictional_customers
from gis.findings import finding
from gis.network_tables import WGS84, NetworkTables, network_tables
from gis.simbench.csv_files import parse_simbench_code, read_simbench_tables, simbench_folder
from topology.findings import Finding

DEFAULT_CODE = "1-MVLV-urban-all-0-sw"

_MV_LV = 6  # the voltage level of a transformer between medium and low voltage
_SWITCH_KINDS = {"CB": "breaker", "LBS": "switch", "DS": "disconnector", "LS": "switch"}
_HOUSEHOLD = "H0"  # the load profiles of households
_KM_TO_M = 1000.0
_MW_TO_KW = 1000.0
_MVA_TO_KVA = 1000.0

Tables = Mapping[str, pd.DataFrame]


def read_simbench(code: str = DEFAULT_CODE) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Read one grid of the SimBench data set, with invented customers.

    SimbenchError when the data set is not installed (it says how) or holds no such grid.
    """
    parsed = parse_simbench_code(code)
    tables = read_simbench_tables(parsed, folder=simbench_folder(parsed.scenario))
    return simbench_network(name=code, tables=tables)


def simbench_network(*, name: str, tables: Tables) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Turn the tables of one grid into a network; SimbenchError when nothing feeds it."""
    tables, findings = _without_equivalents(tables)
    sources = _sources(tables)
    if not sources:
        raise SimbenchError(f"The grid '{name}' has no external grid or slack power plant that feeds it.")
    places = _places(tables)
    feeders = _feeders(tables)
    loads = tables["Load"]
    premises = _premises(loads)
    customers = pd.DataFrame(fictional_customers(premises))
    layers: dict[str, pd.DataFrame] = {
        "substation": _substations(tables, places),
        "node": _nodes(tables, places, sources),
        "line_section": _line_sections(tables, places, feeders),
        "switch": _switches(tables, places, feeders),
        "transformer": _transformers(tables, places, feeders),
        "service_point": _service_points(loads, places, premises, customers),
        "customer": customers,
    }
    made, found = network_tables(name=name, layers=layers)
    return made, findings + found


def _without_equivalents(tables: Tables) -> tuple[Tables, tuple[Finding, ...]]:
    """Drop what only stands in for parts not modelled, wherever the data set's own sources are there.

    A grid cut at a voltage level is fed by an equivalent, and needs it. The complete grid has its
    slack power plants: the 444 external grids would keep every feeder alive whatever opens, and
    the equivalent loads are supplied by grids the data set does not draw.
    """
    plants = tables["PowerPlant"]
    if not (plants["calc_type"] == "vavm").any():
        return tables, ()
    left = dict(tables)
    findings: tuple[Finding, ...] = ()
    for table, layer in (("ExternalNet", "node"), ("Load", "service_point")):
        is_equivalent = tables[table]["subnet"].str.endswith("_eq")
        findings += finding(
            rule="equivalent_left_out",
            layer=layer,
            ids=tables[table].loc[is_equivalent, "id"],
            text=f"of SimBench's {table} that only stand in for parts not modelled: left out",
        )
        left[table] = tables[table][~is_equivalent].reset_index(drop=True)
    return left, findings


def _sources(tables: Tables) -> set[str]:
    found: set[str] = set()
    for table in ("PowerPlant", "ExternalNet"):
        rows = tables[table]
        found |= set(rows.loc[rows["calc_type"] == "vavm", "node"])
    return found


def _places(tables: Tables) -> "pd.Series":
    """The place of each node by id; one without coordinates takes that of its neighbour across a switch."""
    coordinates = tables["Coordinates"].drop_duplicates("id").set_index("id")
    nodes = tables["Node"].drop_duplicates("id").set_index("id")
    lon = nodes["coordID"].map(coordinates["x"])
    lat = nodes["coordID"].map(coordinates["y"])
    points: NDArray[np.object_] = np.array(gpd.points_from_xy(lon, lat), dtype=object)
    points[lon.isna().to_numpy() | lat.isna().to_numpy()] = None
    places = pd.Series(points, index=nodes.index, dtype=object)
    ends = tables["Switch"][["nodeA", "nodeB"]]
    for near, far in (("nodeA", "nodeB"), ("nodeB", "nodeA")):
        if not places.isna().any():
            break
        neighbour = ends.drop_duplicates(far).set_index(far)[near].map(places)
        places = places.where(places.notna(), neighbour.reindex(places.index))
    return places.where(places.notna(), None)


def _feeders(tables: Tables) -> dict[str, str]:
    """The medium-voltage feeder of each subnet and node that belongs to one.

    A subnet says it in its name (MV3.101_Feeder7); a low-voltage grid has the feeder of its
    transformer's upper side; the point behind a switch has that of the line or the bus there.
    """
    feeders: dict[str, str] = {}
    for table in ("Node", "Line", "Switch"):
        subnets = tables[table]["subnet"].drop_duplicates()
        named = subnets.str.extract(r"^(?P<grid>[^_]+)_(?:.*_)?(?P<feeder>Feeder\d+)$").dropna()
        feeders.update(zip(subnets[named.index], named["grid"] + " " + named["feeder"], strict=True))
    lines = tables["Line"]
    nodes = tables["Node"].drop_duplicates("id").set_index("id")
    feeders.update(_known(nodes.index, nodes["subnet"].map(feeders)))
    for end in ("nodeA", "nodeB"):
        feeders.update(_known(lines[end], lines["subnet"].map(feeders)))
    auxiliary = set(nodes.index[nodes["type"] == "auxiliary"])
    switches = tables["Switch"]
    for near, far in (("nodeA", "nodeB"), ("nodeB", "nodeA")):
        behind = switches[switches[far].isin(auxiliary) & ~switches[far].isin(feeders.keys())]
        feeders.update(_known(behind[far], behind[near].map(feeders)))
    stations = tables["Transformer"].query("voltLvl == @_MV_LV")
    feeders.update(_known(stations["subnet"], stations["nodeHV"].map(feeders)))
    return feeders


def _known(keys: "pd.Index | pd.Series", values: "pd.Series") -> dict[str, str]:
    return {key: value for key, value in zip(keys, values, strict=True) if isinstance(value, str)}


def _feeder_of(rows: pd.DataFrame, feeders: dict[str, str], *ends: str) -> "pd.Series":
    found = rows["subnet"].map(feeders)
    for end in ends:
        found = found.where(found.notna(), rows[end].map(feeders))
    return found.astype("str")


def _substations(tables: Tables, places: "pd.Series") -> pd.DataFrame:
    rows = tables["Substation"]
    nodes = tables["Node"].dropna(subset="substation").drop_duplicates("substation").set_index("substation")
    place = rows["id"].map(nodes["id"]).map(places)
    return pd.DataFrame(
        {"id": rows["id"], "name": rows["id"].str.replace("_", " "), "geometry": _geometry(place)}
    )


def _nodes(tables: Tables, places: "pd.Series", sources: set[str]) -> pd.DataFrame:
    rows = tables["Node"]
    return pd.DataFrame(
        {
            "id": rows["id"],
            "is_source": rows["id"].isin(sources),
            "substation": rows["substation"],
            "nominal_kv": rows["vmR"],
            "geometry": _geometry(rows["id"].map(places)),
        }
    )


def _line_sections(tables: Tables, places: "pd.Series", feeders: dict[str, str]) -> pd.DataFrame:
    rows = tables["Line"]
    types = tables["LineType"].drop_duplicates("id").set_index("id")
    is_overhead = rows["type"].map(types["type"]) == "ohl"
    return pd.DataFrame(
        {
            "id": rows["id"],
            "from_node": rows["nodeA"],
            "to_node": rows["nodeB"],
            "phases": "ABC",
            "kind": np.where(is_overhead, "overhead", "underground"),
            "length_m": rows["length"] * _KM_TO_M,
            "rated_a": rows["type"].map(types["iMax"]),
            "feeder": _feeder_of(rows, feeders),
            "geometry": _straight_lines(rows["nodeA"].map(places), rows["nodeB"].map(places)),
        }
    )


def _switches(tables: Tables, places: "pd.Series", feeders: dict[str, str]) -> pd.DataFrame:
    rows = tables["Switch"]
    kinds = rows["type"].map(_SWITCH_KINDS)
    at_station = rows[["nodeA", "nodeB"]].isin(_low_voltage_busbars(tables)).any(axis=1)
    return pd.DataFrame(
        {
            "id": rows["id"],
            "from_node": rows["nodeA"],
            "to_node": rows["nodeB"],
            "phases": "ABC",
            "kind": kinds.mask((rows["type"] == "LS") & at_station, "fuse"),
            "normally_open": rows["cond"] == 0,
            "feeder": _feeder_of(rows, feeders, "nodeB", "nodeA"),
            "geometry": _geometry(rows["nodeA"].map(places)),
        }
    )


def _low_voltage_busbars(tables: Tables) -> set[str]:
    """The busbars of local stations, where the low-voltage feeders begin: across the transformer's switch."""
    below = set(tables["Transformer"].query("voltLvl == @_MV_LV")["nodeLV"])
    switches = tables["Switch"]
    return (
        below
        | set(switches.loc[switches["nodeB"].isin(below), "nodeA"])
        | set(switches.loc[switches["nodeA"].isin(below), "nodeB"])
    )


def _transformers(tables: Tables, places: "pd.Series", feeders: dict[str, str]) -> pd.DataFrame:
    rows = tables["Transformer"]
    types = tables["TransformerType"].drop_duplicates("id").set_index("id")
    is_local = rows["voltLvl"] == _MV_LV
    return pd.DataFrame(
        {
            "id": rows["id"],
            "from_node": rows["nodeHV"],
            "to_node": rows["nodeLV"],
            "phases": "ABC",
            "kind": np.where(is_local, "distribution", "station"),
            "rated_kva": rows["type"].map(types["sR"]) * _MVA_TO_KVA,
            "ownership": pd.Series("public", index=rows.index).where(is_local, None),
            "feeder": _feeder_of(rows, feeders, "nodeHV"),
            "geometry": _geometry(rows["nodeHV"].map(places)),
        }
    )


def _premises(loads: pd.DataFrame) -> list[Premise]:
    numbers = loads["node"].str.extract(r"Bus (\d+)", expand=False).fillna("1").astype("int64")
    return [
        Premise(
            service_point=load,
            is_business=not profile.startswith(_HOUSEHOLD),
            peak_kw=megawatts * _MW_TO_KW,
            district=subnet.partition("_")[0],
            house_number=number,
        )
        for load, profile, megawatts, subnet, number in zip(
            loads["id"], loads["profile"], loads["pLoad"], loads["subnet"], numbers.tolist(), strict=True
        )
    ]


def _service_points(
    loads: pd.DataFrame, places: "pd.Series", premises: list[Premise], customers: pd.DataFrame
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": loads["id"],
            "node": loads["node"],
            "phases": "ABC",
            "customers": 1,
            "meter": customers["meter"],
            "account": customers["account"],
            "priority": customers["priority"],
            "peak_kw": [premise.peak_kw for premise in premises],
            "address": customers["address"],
            "geometry": _geometry(loads["node"].map(places)),
        }
    )


def _geometry(places: "pd.Series") -> gpd.GeoSeries:
    return gpd.GeoSeries(places.where(places.notna(), None), crs=WGS84)


def _straight_lines(starts: "pd.Series", ends: "pd.Series") -> gpd.GeoSeries:
    lines = np.full(len(starts), None, dtype=object)
    drawn = (starts.notna() & ends.notna()).to_numpy()
    if drawn.any():
        points = [shapely.get_coordinates(side[drawn].to_numpy()) for side in (starts, ends)]
        lines[drawn] = shapely.linestrings(np.stack(points, axis=1))
        # Two nodes drawn on one spot leave no line to draw.
        lines[shapely.length(lines) == 0] = None
    return gpd.GeoSeries(lines, index=starts.index, crs=WGS84)

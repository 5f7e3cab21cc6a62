"""Everything that can be found wrong with a network before it is used.

Joins what the topology says of rows and of the whole with what only the tables know: places,
accounts, meters. The rules and their meanings are listed in docs/formats/network_package.md.
"""

import shapely

from gis.findings import finding
from gis.geometry_rules import outside_range
from gis.network_columns import LAYERS
from gis.network_tables import NetworkTables
from gis.storable_rows import storable_rows
from topology.check import check_network
from topology.findings import Finding

# What the topology builds from, it also judges; these layers it never sees.
_UNSEEN_BY_TOPOLOGY = {"substation", "customer"}


def check_tables(tables: NetworkTables) -> tuple[Finding, ...]:
    """Return all findings on a network: its rows, its connections, its places, its accounts."""
    network, build_findings = tables.to_network()
    _, left_out = storable_rows(tables)
    return (
        *build_findings,
        *(one for one in left_out if one.layer in _UNSEEN_BY_TOPOLOGY),
        *check_network(network),
        *check_geometry(tables),
        *check_references(tables),
    )


def check_geometry(tables: NetworkTables) -> tuple[Finding, ...]:
    """Return which rows have no place, or one that is not on Earth."""
    findings: tuple[Finding, ...] = ()
    for layer in LAYERS.values():
        if layer.shape is None:
            continue
        frame = tables.layer(layer.name)
        geometry = frame["geometry"].to_numpy(dtype=object)
        findings += finding(
            rule="missing_geometry",
            layer=layer.name,
            ids=frame[layer.key][shapely.is_missing(geometry) | shapely.is_empty(geometry)],
            text="without geometry",
        )
        findings += finding(
            rule="outside_crs_range",
            layer=layer.name,
            ids=frame[layer.key][outside_range(geometry)],
            text="outside longitude ±180 or latitude ±90 (is the CRS right?)",
        )
    return findings


def check_references(tables: NetworkTables) -> tuple[Finding, ...]:
    """Return rows that name a substation or an account that is not there, or a meter that another has."""
    points, nodes = tables.service_point, tables.node
    named = nodes["substation"].notna() & ~nodes["substation"].isin(tables.substation["id"])
    findings = finding(
        rule="unknown_substation",
        layer="node",
        ids=nodes["id"][named],
        text="at a substation that does not exist",
    )
    # A network without any customer layer is complete; one with customers should know all of them.
    if not tables.customer.empty:
        unknown = points["account"].notna() & ~points["account"].isin(tables.customer["account"])
        findings += finding(
            rule="unknown_account",
            layer="service_point",
            ids=points["id"][unknown],
            text="whose account is not among the customers",
        )
    shared = points["meter"].notna() & points["meter"].duplicated(keep=False)
    return findings + finding(
        rule="duplicate_meter",
        layer="service_point",
        ids=points["id"][shared],
        text="with a meter that another service point has too",
    )

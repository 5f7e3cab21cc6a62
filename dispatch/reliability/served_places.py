"""Where service points of the network in force belong: feeder, district, user unit; and how many are served.

The feeder is that of the first breaker on the way from the source, by its name in the assets; the district is
what one substation feeds, for a network package knows no other districts. Both in the normal state: who is
fed from elsewhere for an evening stays where it belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.network_cache import TracedNetwork
from dispatch.reliability.columns import Codes, Labels, Numbers
from gis.tables import NodeRow, ServicePointRow, SubstationRow, SwitchRow
from topology.kinds import DeviceKind
from topology.supply_tree import SupplyTree
from topology.walk import nearest_marked


@dataclass(frozen=True, slots=True, eq=False)
class ServedPlaces:
    """The service points of a network, in its own order.

    `keys` are those of the ledger, `unit` numbers the user units; `served_by`: label → name → customers,
    `units_by`: label → name → user units.
    """

    keys: Numbers
    customers: Numbers
    labels: Mapping[str, Labels]
    unit: Codes
    unit_count: int
    served_by: Mapping[str, Mapping[str, int]]
    units_by: Mapping[str, Mapping[str, int]]


class ServedPlacesCache:
    """Keeps the places of the network version in force: they cost seconds for a million customers."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: tuple[int, ServedPlaces] | None = None

    def of(self, session: Session, *, traced: TracedNetwork) -> ServedPlaces:
        """Return the places of a network, read when its version is first asked for."""
        kept = self._kept
        if kept is None or kept[0] != traced.network_version:
            kept = (traced.network_version, served_places(session, traced=traced))
            self._kept = kept
        return kept[1]


def served_places(session: Session, *, traced: TracedNetwork) -> ServedPlaces:
    """Return where all service points of the network in force belong."""
    network, tree = traced.network, traced.normal
    version = traced.network_version
    nodes = network.service_point_nodes
    labels = {
        "feeder": _feeders(session, tree, version),
        "district": _districts(session, tree, version),
    }
    of_points = {name: Labels(one.codes[nodes], one.names) for name, one in labels.items()}
    above = transformer_above(tree)[nodes]
    alone = np.flatnonzero(above < 0)
    above[alone] = network.device_count + alone
    numbers, firsts, unit = np.unique(above, return_index=True, return_inverse=True)
    customers = network.service_point_customers
    return ServedPlaces(
        keys=_keys(session, version),
        customers=customers,
        labels=of_points,
        unit=unit.astype(np.int32),
        unit_count=len(numbers),
        served_by={name: _counted(one, customers) for name, one in of_points.items()},
        units_by={
            name: _counted(Labels(one.codes[firsts], one.names), np.ones(len(firsts), dtype=np.int64))
            for name, one in of_points.items()
        },
    )


def _keys(session: Session, version: int) -> Numbers:
    """Return the ledger's key of each service point, in the order of the network: that of the bytes."""
    key = func.hashtextextended(ServicePointRow.id, 0)
    query = select(key).where(ServicePointRow.network_version == version)
    ordered = query.order_by(ServicePointRow.id.collate("C"))
    return np.fromiter(session.scalars(ordered.execution_options(yield_per=100_000)), dtype=np.int64)


def _counted(label: Labels, customers: Numbers) -> dict[str, int]:
    sums = np.bincount(label.codes + 1, customers, minlength=len(label.names) + 1)
    return {name: int(count) for name, count in zip(label.names, sums[1:], strict=True)}


def _feeders(session: Session, tree: SupplyTree, version: int) -> Labels:
    heads, codes = np.unique(tree.feeder_of_node, return_inverse=True)
    ids = tree.network.device_ids(heads[heads >= 0])
    query = select(SwitchRow.id, SwitchRow.feeder).where(
        SwitchRow.network_version == version, SwitchRow.id.in_(ids)
    )
    named = {row.id: row.feeder for row in session.execute(query)}
    shift = 1 if len(heads) and heads[0] < 0 else 0
    return _by_name([named.get(id) or id for id in ids], codes - shift)


def _districts(session: Session, tree: SupplyTree, version: int) -> Labels:
    source = np.full(tree.network.node_count, -1, dtype=np.int32)
    for supply in reversed(tree.supplies):
        walk = supply.walk
        is_source = np.zeros(len(walk.node_at), dtype=np.bool_)
        is_source[1:] = tree.network.node_is_source[walk.node_at[1:]] & (walk.parent[1:] == 0)
        above = nearest_marked(walk.parent, is_source)
        reached = np.flatnonzero(walk.position_of_node >= 0)
        at = above[walk.position_of_node[reached]]
        source[reached[at > 0]] = walk.node_at[at[at > 0]]
    found, codes = np.unique(source, return_inverse=True)
    ids = tree.network.node_ids(found[found >= 0])
    query = (
        select(NodeRow.id, func.coalesce(SubstationRow.name, NodeRow.substation).label("district"))
        .outerjoin(
            SubstationRow,
            (SubstationRow.network_version == NodeRow.network_version)
            & (SubstationRow.id == NodeRow.substation),
        )
        .where(NodeRow.network_version == version, NodeRow.id.in_(ids))
    )
    named = {row.id: row.district for row in session.execute(query)}
    shift = 1 if len(found) and found[0] < 0 else 0
    return _by_name([named.get(id) or id for id in ids], codes - shift)


def _by_name(names: Sequence[str], codes: NDArray[np.signedinteger[Any]]) -> Labels:
    """Put together what has the same name; -1 stays unknown."""
    known = sorted(set(names))
    rank = {name: number for number, name in enumerate(known)}
    places = np.array([*(rank[name] for name in names), -1], dtype=np.int32)
    return Labels(places[codes], known)


def transformer_above(tree: SupplyTree) -> Codes:
    """Return the nearest distribution transformer above each node as a device, -1 where there is none."""
    transformer = np.full(tree.network.node_count, -1, dtype=np.int32)
    for supply in reversed(tree.supplies):
        walk = supply.walk
        is_below = tree.marked(supply, [DeviceKind.DISTRIBUTION])
        above = nearest_marked(walk.parent, is_below)
        reached = np.flatnonzero(walk.position_of_node >= 0)
        at = above[walk.position_of_node[reached]]
        transformer[reached[at > 0]] = walk.parent_edge[at[at > 0]]
    return transformer

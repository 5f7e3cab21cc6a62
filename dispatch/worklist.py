"""What the work list groups open outages by, beside what an outage says: feeder, district, critical ones.

RULE 1: the feeder is that of the first breaker on the way to the outage's device in the normal state, by its
name in the assets: an outage stays on its feeder, however its part is fed for an evening.
RULE 2: the district is the one that most of its households' addresses name (`gis.named_places.district_of`).
RULE 3: critical are service points with a priority that are without supply now, and their customers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import ARRAY, Text, bindparam, select, text
from sqlalchemy.orm import Session

from dispatch.network_cache import TracedNetwork
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import OutageRow
from gis.named_places import district_of
from gis.phases_taken import feeders_of_switches


@dataclass(frozen=True, slots=True)
class ListedOutage:
    """Where an outage that is not over stands in the work list; None where the network does not tell."""

    outage_id: str
    feeder: str | None
    district: str | None
    critical_service_points: int
    critical_customers: int


@dataclass(slots=True)
class _Met:
    """How many service points of an outage lie in each district, and the critical ones that are out."""

    by_district: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    critical_service_points: int = 0
    critical_customers: int = 0

    @property
    def district(self) -> str | None:
        """The district of most of them; of equal ones the first by name, so that nothing jumps about."""
        return min(self.by_district, key=lambda name: (-self.by_district[name], name), default=None)


def worklist(session: Session, *, traced: TracedNetwork) -> list[ListedOutage]:
    """Return where each outage that is not over stands, by id."""
    rows = session.execute(
        select(OutageRow.id, OutageRow.network_version, OutageRow.device)
        .where(OutageRow.status.in_([*OPEN_OUTAGE_STATUSES, OutageStatus.RESTORED]))
        .order_by(OutageRow.id)
    ).all()
    feeders = _feeders(session, traced, [row.device for row in rows])
    by_version: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        by_version[row.network_version].append(row.id)
    met: dict[str, _Met] = defaultdict(_Met)
    for network_version, ids in by_version.items():
        _gather(session, network_version, ids, met)
    return [
        ListedOutage(
            outage_id=row.id,
            feeder=feeders.get(row.device),
            district=met[row.id].district,
            critical_service_points=met[row.id].critical_service_points,
            critical_customers=met[row.id].critical_customers,
        )
        for row in rows
    ]


def _feeders(session: Session, traced: TracedNetwork, devices: Sequence[str]) -> Mapping[str, str]:
    """Return the feeder of each device or service point that the network in force has on one (rule 1)."""
    network, feeder_of_node = traced.network, traced.normal.feeder_of_node
    ids = sorted(set(devices))
    head = np.full(len(ids), -1, dtype=np.int64)
    places = network.find_devices(ids)
    known = places >= 0
    ends = np.stack([network.device_from_nodes[places[known]], network.device_to_nodes[places[known]]])
    # A breaker at the head of a feeder has an end on it, and one that is on none.
    head[known] = feeder_of_node[ends].max(axis=0)
    points = network.find_service_points(ids)
    alone = (points >= 0) & ~known
    head[alone] = feeder_of_node[network.service_point_nodes[points[alone]]]
    on_one = [id for id, one in zip(ids, head.tolist(), strict=True) if one >= 0]
    breakers = network.device_ids(head[head >= 0])
    names = feeders_of_switches(session, network_version=traced.network_version, ids=set(breakers))
    return {device: names.get(breaker) or breaker for device, breaker in zip(on_one, breakers, strict=True)}


_MET = text(
    """
    SELECT own.outage_id, street.title, COUNT(*) AS service_points,
        COUNT(*) FILTER (WHERE point.priority IS NOT NULL AND own.ended_at IS NULL) AS critical,
        COALESCE(SUM(own.customers) FILTER (WHERE point.priority IS NOT NULL AND own.ended_at IS NULL), 0)
            AS customers
    FROM affected_service_point AS own
    JOIN service_point AS point
        ON point.network_version = :network_version AND point.id = own.service_point
    LEFT JOIN named_place AS street
        ON street.network_version = :network_version AND street.number = point.place
    WHERE own.outage_id = ANY(:ids)
    GROUP BY own.outage_id, street.title
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)))


def _gather(session: Session, network_version: int, ids: Sequence[str], met: dict[str, _Met]) -> None:
    # One street is met by many outages: its title is taken apart once.
    districts: dict[str, str | None] = {}
    for row in session.execute(_MET, {"network_version": network_version, "ids": list(ids)}):
        one = met[row.outage_id]
        one.critical_service_points += row.critical
        one.critical_customers += int(row.customers)
        if row.title is None:
            continue
        if row.title not in districts:
            districts[row.title] = district_of(row.title)
        if (district := districts[row.title]) is not None:
            one.by_district[district] += row.service_points

"""What repeats now: customers by the ledger, feeders and switches by the outages of their devices.

RULE 1: rows of the ledger that touch are one outage of a customer; temporary supply is none.
RULE 2: customers are told by their transformer: one cause, one entry, however many live there.
RULE 3: a device trips when an outage behind it was confirmed; a trip soon after another is the same trouble.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dispatch.network_cache import TracedNetwork
from dispatch.reliability.served_places import transformer_above
from dispatch.repeats.rules import RepeatKind, RepeatLevel, RepeatRules
from dispatch.states import OutageStatus
from dispatch.tables import OutageRow
from topology.kinds import DeviceKind

_TRIPPING = (
    DeviceKind.BREAKER,
    DeviceKind.RECLOSER,
    DeviceKind.SECTIONALIZER,
    DeviceKind.FUSE,
    DeviceKind.SWITCH,
    DeviceKind.DISCONNECTOR,
)
_TRUE_OUTAGES = (
    OutageStatus.CONFIRMED,
    OutageStatus.PARTIALLY_RESTORED,
    OutageStatus.RESTORED,
    OutageStatus.CLOSED,
)
_OFTEN_OUT = text(
    """
    WITH own AS (
        SELECT service_point, customers, lower(period) AS begins,
            lag(upper(period)) OVER (PARTITION BY service_point ORDER BY lower(period)) AS ended_before
        FROM interruption
        WHERE replaced_by IS NULL AND phase_share > 0 AND lower(period) >= :since
    )
    SELECT service_point, count(*) AS times, min(begins) AS first_at, max(begins) AS last_at,
        max(customers) AS customers
    FROM own WHERE ended_before IS DISTINCT FROM begins
    GROUP BY service_point HAVING count(*) >= :times ORDER BY service_point
    """
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """Something that repeats: how often since `first_at`, and whom it concerns."""

    kind: RepeatKind
    subject: str
    level: RepeatLevel
    times: int
    first_at: datetime
    last_at: datetime
    service_points: int
    customers: int


@dataclass(frozen=True, slots=True)
class OftenOut:
    """A service point that was out too often."""

    service_point: str
    times: int
    first_at: datetime
    last_at: datetime
    customers: int


def find_repeats(
    session: Session, *, rules: RepeatRules, traced: TracedNetwork, now: datetime
) -> tuple[Repeat, ...]:
    """Return everything that repeats now by the rules."""
    since = rules.since(now)
    often = often_out(session, rules=rules, now=now)
    return (
        *_customers(often, rules=rules, traced=traced),
        *_devices(session, rules=rules, traced=traced, since=since),
    )


def often_out(session: Session, *, rules: RepeatRules, now: datetime) -> list[OftenOut]:
    """Return the service points that were out too often, by id."""
    told = {"since": rules.since(now), "times": rules.fewest(RepeatKind.CUSTOMERS)}
    return [OftenOut(**row) for row in session.execute(_OFTEN_OUT, told).mappings()]


def transformers_of(service_points: Sequence[str], *, traced: TracedNetwork) -> list[str]:
    """Return the transformer that each service point hangs on, or the service point where there is none."""
    network = traced.network
    points = network.find_service_points(service_points)
    above = transformer_above(traced.normal)[network.service_point_nodes[points]]
    above[points < 0] = -1
    known = network.device_ids(above[above >= 0])
    named = iter(known)
    return [next(named) if device >= 0 else id for id, device in zip(service_points, above, strict=True)]


def _customers(often: Sequence[OftenOut], *, rules: RepeatRules, traced: TracedNetwork) -> Iterator[Repeat]:
    if not often:
        return
    by_transformer: dict[str, list[OftenOut]] = defaultdict(list)
    subjects = transformers_of([one.service_point for one in often], traced=traced)
    for subject, one in zip(subjects, often, strict=True):
        by_transformer[subject].append(one)
    for subject, own in by_transformer.items():
        times = max(one.times for one in own)
        level = rules.level(RepeatKind.CUSTOMERS, times)
        if level is not None:
            yield Repeat(
                kind=RepeatKind.CUSTOMERS,
                subject=subject,
                level=level,
                times=times,
                first_at=min(one.first_at for one in own),
                last_at=max(one.last_at for one in own),
                service_points=len(own),
                customers=sum(one.customers for one in own),
            )


def _devices(
    session: Session, *, rules: RepeatRules, traced: TracedNetwork, since: datetime
) -> Iterator[Repeat]:
    query = (
        select(OutageRow.device, OutageRow.started_at)
        .where(
            OutageRow.started_at >= since,
            OutageRow.status.in_(_TRUE_OUTAGES),
            OutageRow.device_kind.in_(_TRIPPING),
        )
        .order_by(OutageRow.device, OutageRow.started_at)
    )
    trips: dict[str, list[datetime]] = defaultdict(list)
    last: dict[str, datetime] = {}
    for device, at in session.execute(query):
        if device not in last or at - last[device] > rules.same_trouble:
            trips[device].append(at)
        last[device] = at
    heads = None
    for device, times in trips.items():
        if len(times) < min(rules.fewest(RepeatKind.FEEDER), rules.fewest(RepeatKind.SWITCH)):
            continue
        heads = _feeder_heads(traced) if heads is None else heads
        kind = RepeatKind.FEEDER if device in heads else RepeatKind.SWITCH
        level = rules.level(kind, len(times))
        if level is not None:
            points, customers = _behind(device, traced)
            yield Repeat(kind, device, level, len(times), times[0], last[device], points, customers)


def _feeder_heads(traced: TracedNetwork) -> set[str]:
    heads = np.unique(traced.normal.feeder_of_node)
    return set(traced.network.device_ids(heads[heads >= 0]))


def _behind(device: str, traced: TracedNetwork) -> tuple[int, int]:
    network = traced.network
    if not network.has_device(device):
        return 0, 0
    points = traced.normal.service_points_behind(network.device_index(device))
    return len(points), int(network.service_point_customers[points].sum())

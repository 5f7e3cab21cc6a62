"""Another network version over a running one: all that is known of the one before goes over by its ids.

Outages, interruptions and evidence, where devices are switched to, and the tags on them.

RULE 1: nothing closes by itself. An open outage stays open, with every household it has, whatever the new
    version says; a prediction about something that is gone is not withdrawn either (dispatch/reconciliation).
RULE 2: open outages are traced again: whoever hangs behind the open device now is out as well.
RULE 3: what the new version does not know any more, or has moved away, becomes the worklist: it is read from
    the tables, never stored, so an entry goes when its outage ends, or when one steps back.
RULE 4: a step back is the same operation with the version before; a version that open outages still need for
    their places is not removed. Of one that is removed, past outages keep the place of their device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author, record, set_values
from dispatch.errors import Conflict
from dispatch.events import Event
from dispatch.interruptions import set_interruptions
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.planned_outages import trace_planned_outages_again
from dispatch.reconciliation import open_outages
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.switch_positions import unknown_ids
from dispatch.switch_tags import tagged_devices
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from dispatch.temporary_places import has_place
from gis.network_versions import activate_network_version, active_network_version, remove_network_version
from gis.place import Place
from gis.places import device_places
from topology.phases import parse_phases

__all__ = ["Activation", "Loss", "Reason", "activate_network", "network_worklist", "remove_network"]


class Reason(StrEnum):
    """Why something stands on the worklist."""

    DEVICE_GONE = "device_gone"
    SWITCHES_GONE = "switches_gone"
    TAGGED_GONE = "tagged_gone"
    TEMPORARY_GONE = "temporary_gone"
    SERVICE_POINTS_GONE = "service_points_gone"
    SERVICE_POINTS_MOVED = "service_points_moved"
    EVIDENCE_GONE = "evidence_gone"


@dataclass(frozen=True, slots=True)
class Loss:
    """One entry of the worklist: what of an outage (None: of none yet) the network no longer has there."""

    reason: Reason
    outage_id: str | None
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """What putting a version in force came to: the one before, outages that grew, and the worklist."""

    network_version: int
    previous: int | None
    open_outages: int
    grown: dict[str, int]
    worklist: tuple[Loss, ...]


def activate_network(
    session: Session, *, network_version: int, networks: NetworkCache, actor: str, now: datetime
) -> Activation:
    """Put a version in force while outages are open, in a write transaction.

    NetworkVersionNotFoundError if there is none. A version that is in force already stays so, unchanged.
    `networks.prepare` beforehand saves the writers from waiting while the version is walked.
    """
    previous = active_network_version(session)
    activate_network_version(session, network_version=network_version, now=now)
    traced = networks.in_force(session)
    outages = open_outages(session)
    grown: dict[str, int] = {}
    if previous != network_version:
        for outage in outages:
            added = _trace_again(session, outage=outage, traced=traced, now=now)
            if added:
                grown[outage.id] = added
        trace_planned_outages_again(session, traced=traced, now=now)
    worklist = network_worklist(session, traced=traced)
    if previous != network_version:
        record(
            session,
            name=Event.NETWORK_ACTIVATED,
            subject=f"network:{network_version}",
            outage=None,
            author=Author(actor=actor, now=now),
            data={
                "values": {"network_version": {"old": previous, "new": network_version}},
                "worklist": len(worklist),
            },
        )
    return Activation(network_version, previous, len(outages), grown, worklist)


def _trace_again(session: Session, *, outage: OutageRow, traced: TracedNetwork, now: datetime) -> int:
    """Add the households now behind the open device; return how many those are."""
    if not traced.knows(outage.device):
        return 0
    held = {
        row.service_point: row
        for row in session.scalars(select(AffectedRow).where(AffectedRow.outage_id == outage.id))
    }
    behind = traced.customers_at(tuple(_behind(outage, traced)))
    kept = {id: row.customers for id, row in held.items()}
    author = Author(actor=ENGINE, now=now)
    told = set_interruptions(session, outage=outage, customers={**behind, **kept}, author=author)
    started = [id for ids in told.get("started", {}).values() for id in ids]
    added = [id for id in started if id not in held]
    values = {
        "network_version": traced.network_version,
        "service_points_out": outage.service_points_out + len(added),
        "customers_out": outage.customers_out + sum(behind[id] for id in added),
    }
    record(
        session,
        name=Event.OUTAGE_PREDICTION_CHANGED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": set_values(outage, values), "interruptions": told},
    )
    return len(added)


def _behind(outage: OutageRow, traced: TracedNetwork) -> list[str]:
    network = traced.network
    if not network.has_device(outage.device):
        return [outage.device]
    device = traced.tree.network.device_index(outage.device)
    below = traced.tree.service_points_below(device, parse_phases(outage.phases))
    return network.service_point_ids(below)


def network_worklist(session: Session, *, traced: TracedNetwork) -> tuple[Loss, ...]:
    """Return what open outages and speaking evidence refer to that the network does not have there."""
    losses: list[Loss] = []
    for outage in open_outages(session):
        losses += _losses_of(session, outage, traced)
    rows = session.execute(
        select(EvidenceRow.id, EvidenceRow.outage_id, EvidenceRow.service_point, EvidenceRow.device)
        .where(EvidenceRow.status.in_(("new", "analysed")))
        .order_by(EvidenceRow.sequence)
    ).all()
    known = _known(traced, [row.service_point or row.device or "" for row in rows])
    lost: dict[str | None, list[str]] = {}
    for row, is_known in zip(rows, known, strict=True):
        if not is_known and (row.service_point or row.device):
            lost.setdefault(row.outage_id, []).append(row.id)
    losses += [Loss(Reason.EVIDENCE_GONE, outage_id, tuple(ids)) for outage_id, ids in lost.items()]
    losses += _lost_switches(session, traced)
    return tuple(losses)


def _lost_switches(session: Session, traced: TracedNetwork) -> list[Loss]:
    """Name what is gone: switched or tagged devices, and the places of temporary things."""
    moved = unknown_ids(traced.normal, traced.positions)
    tagged = unknown_ids(traced.normal, tagged_devices(session))
    placed = [one.name for one in traced.temporary if not has_place(traced.network, one.of_topology)]
    found = (
        (Reason.SWITCHES_GONE, moved),
        (Reason.TAGGED_GONE, tagged),
        (Reason.TEMPORARY_GONE, placed),
    )
    return [Loss(reason, None, tuple(ids)) for reason, ids in found if ids]


def _losses_of(session: Session, outage: OutageRow, traced: TracedNetwork) -> list[Loss]:
    out = list(
        session.scalars(
            select(AffectedRow.service_point)
            .where(AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None))
            .order_by(AffectedRow.service_point)
        )
    )
    losses = []
    is_there = _known(traced, out)
    gone = tuple(id for id, known in zip(out, is_there, strict=True) if not known)
    if not traced.knows(outage.device):
        losses.append(Loss(Reason.DEVICE_GONE, outage.id, (outage.device,)))
    else:
        behind = set(_behind(outage, traced))
        moved = tuple(id for id, known in zip(out, is_there, strict=True) if known and id not in behind)
        if moved:
            losses.append(Loss(Reason.SERVICE_POINTS_MOVED, outage.id, moved))
    if gone:
        losses.append(Loss(Reason.SERVICE_POINTS_GONE, outage.id, gone))
    return losses


def _known(traced: TracedNetwork, ids: Sequence[str]) -> list[bool]:
    network = traced.network
    found = np.maximum(network.find_service_points(ids), network.find_devices(ids)) >= 0
    return [bool(one) for one in found]


def remove_network(session: Session, *, network_version: int) -> None:
    """Remove a version that nothing needs any more; outages that are over keep their place on the map.

    Conflict if open outages have their places in it; else the errors of `remove_network_version`.
    """
    needing = session.scalars(
        select(OutageRow.id)
        .where(OutageRow.network_version == network_version, OutageRow.status.in_(OPEN_OUTAGE_STATUSES))
        .order_by(OutageRow.id)
    ).all()
    if needing and network_version != active_network_version(session):
        raise Conflict(
            f"Network version {network_version} cannot be removed: the open outages {', '.join(needing)} are "
            "about devices that only it has. Restore or dismiss them first."
        )
    places = _places_of_outages(session, network_version)
    remove_network_version(session, network_version=network_version)
    for outage, place in places:
        outage.location = from_shape(shapely.Point(place.lon, place.lat), srid=4326)


def _places_of_outages(session: Session, network_version: int) -> list[tuple[OutageRow, Place]]:
    outages = session.scalars(select(OutageRow).where(OutageRow.network_version == network_version)).all()
    devices = {outage.device for outage in outages}
    places = device_places(session, network_version=network_version, ids=devices)
    return [(outage, places[outage.device]) for outage in outages if outage.device in places]

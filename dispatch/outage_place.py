"""Where an outage is: at its device, also when its network version is gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.many_ids import is_among
from dispatch.tables import OutageRow
from gis.place import Place
from gis.places import device_places


def place_of_outage(session: Session, outage: OutageRow) -> Place | None:
    """Return where the device of an outage is (WGS 84); None where no map shows it."""
    return places_of_outages(session, [outage])[outage.id]


def places_of_outages(session: Session, outages: Sequence[OutageRow]) -> dict[str, Place | None]:
    """Return by outage where its device is (WGS 84); None where no map shows it."""
    devices: dict[int, set[str]] = defaultdict(set)
    for outage in outages:
        devices[outage.network_version].add(outage.device)
    found = {
        network_version: device_places(session, network_version=network_version, ids=ids)
        for network_version, ids in devices.items()
    }
    return {one.id: found[one.network_version].get(one.device) or _kept_place(one) for one in outages}


def places_as_told(session: Session, outages: Mapping[str, Mapping[str, Any]]) -> dict[str, Place]:
    """Return by outage where the device was that a snapshot tells of it; without those no map shows."""
    devices: dict[int, set[str]] = defaultdict(set)
    for outage in outages.values():
        devices[outage["network_version"]].add(outage["device"])
    known = {
        (network_version, device): place
        for network_version, ids in devices.items()
        for device, place in device_places(session, network_version=network_version, ids=ids).items()
    }
    wanted = {id: (one["network_version"], one["device"]) for id, one in outages.items()}
    found = {id: known[of] for id, of in wanted.items() if of in known}
    rows = session.scalars(select(OutageRow).where(is_among(OutageRow.id, wanted.keys() - found.keys())))
    kept = {row.id: _kept_place(row) for row in rows}
    return found | {id: place for id, place in kept.items() if place is not None}


def _kept_place(outage: OutageRow) -> Place | None:
    if outage.location is None:
        return None
    point = to_shape(outage.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))

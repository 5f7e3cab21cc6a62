"""Where an outage is: at its device, also when its network version is gone."""

from __future__ import annotations

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy.orm import Session

from dispatch.tables import OutageRow
from gis.place import Place
from gis.places import device_places


def place_of_outage(session: Session, outage: OutageRow) -> Place | None:
    """Return where the device of an outage is (WGS 84); None where no map shows it."""
    found = device_places(session, network_version=outage.network_version, ids=[outage.device])
    if outage.device in found:
        return found[outage.device]
    if outage.location is None:
        return None
    point = to_shape(outage.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))

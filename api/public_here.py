"""What the public map tells of a place: for whoever has no account number at hand, even while all is down.

Read from the snapshot that is there, so it says no more than the map does, and is as old.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from shapely.geometry import shape

from api.public_folder import PublicFolder
from gis.place import Place


@dataclass(frozen=True, slots=True)
class ToldHere:
    """At least so many customers are out in the area around a place; 0 where the map tells nothing.

    `written_at` is real time: the snapshot may be old.
    """

    customers: int
    written_at: datetime


def told_here(folder: PublicFolder, *, place: Place) -> ToldHere | None:
    """Return what the latest snapshot tells of a place (WGS 84); None where there is no snapshot."""
    content = folder.read("areas.geojson")
    if content is None:
        return None
    areas: dict[str, Any] = json.loads(content)
    point = shapely.Point(place.lon, place.lat)
    around = (
        feature["properties"]["customers_at_least"]
        for feature in areas["features"]
        if shape(feature["geometry"]).covers(point)
    )
    return ToldHere(customers=max(around, default=0), written_at=datetime.fromisoformat(areas["written_at"]))

"""What a map shows, as an address says it: `west`, `south`, `east` and `north` in degrees."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from gis.sight import Sight

_Longitude = Annotated[float, Query(ge=-180, le=180)]
_Latitude = Annotated[float, Query(ge=-90, le=90)]


def _sight(*, west: _Longitude, south: _Latitude, east: _Longitude, north: _Latitude) -> Sight:
    return Sight(west, south, east, north)


SightNow = Annotated[Sight, Depends(_sight)]

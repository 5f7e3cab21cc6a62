"""Shapes of roads that are closed for now, and of the way of a crew."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.outages import Reason
from api.schemas.shape import Answer, FreeText, Instant, Order
from dispatch.closure_tables import ClosureReason
from dispatch.drive_routes import DriveRoute as FoundRoute


class RoadClosure(Answer):
    """A line or an area on which no crew drives; `geometry` is GeoJSON in EPSG:4326."""

    id: str
    reason: ClosureReason
    note: str | None
    geometry: dict[str, Any]
    since: Instant
    until: Instant | None
    drawn_by: str
    drawn_at: Instant
    lifted_by: str | None
    lifted_at: Instant | None


class RoadClosures(Answer):
    """The closures in force, in the order they were drawn; `roads_known` tells whether any count."""

    roads_known: bool
    closures: list[RoadClosure]


class DrawnShape(Order):
    """A GeoJSON LineString (points) or Polygon (rings of points) in EPSG:4326."""

    type: Literal["LineString", "Polygon"]
    coordinates: list[Any]


class NewRoadClosure(Order):
    """Close all roads that a drawn line or area touches, until a time or until it is lifted."""

    geometry: DrawnShape
    reason: ClosureReason
    note: FreeText | None = Field(default=None, description="Not part of the change log.")
    until: Instant | None = None


class DriveStep(Answer):
    """A stretch along one road; `name` is null where it has neither name nor number."""

    name: str | None
    road_class: str
    length_m: float
    travel_minutes: float


class DriveRoute(Answer):
    """The way of a crew, to draw (`line`, a GeoJSON feature) and to read (`steps`).

    `source` is `roads`, or `straight_line` where none are imported. Where no road leads there, `unreachable`
    says why, and the rest is null or empty.
    """

    source: str
    travel_minutes: float | None
    length_m: float | None
    line: dict[str, Any]
    steps: list[DriveStep]
    unreachable: Reason | None

    @classmethod
    def of(cls, route: FoundRoute) -> DriveRoute:
        """Return a way as the faces draw it."""
        geometry = {"type": "LineString", "coordinates": [list(point) for point in route.points]}
        return cls(
            source=route.source,
            travel_minutes=route.travel_minutes,
            length_m=route.length_m,
            line={
                "type": "Feature",
                "geometry": geometry if route.points else None,
                "properties": {"source": route.source},
            },
            steps=[DriveStep.model_validate(step) for step in route.steps],
            unreachable=Reason.model_validate(route.unreachable) if route.unreachable else None,
        )

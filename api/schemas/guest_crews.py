"""Shapes of guest crews: their leave, and the link that lets them in."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from shapely.geometry import mapping

from api.schemas.shape import Answer, Instant, Name, Order
from dispatch.guest_crews import MOST_FEEDERS
from dispatch.guest_leave import GuestLeave


class GuestArea(Order):
    """A GeoJSON Polygon (rings of points) in EPSG:4326."""

    type: Literal["Polygon"]
    coordinates: list[Any]


class NewGuestCrew(Order):
    """A crew of another company; `polygon` is the area it may be sent to, or `feeders` whose lines it is."""

    name: Name
    company: Name
    skills: list[Name] = Field(max_length=50)
    begins_at: Instant | None = Field(default=None, description="Now, if not given.")
    ends_at: Instant
    polygon: GuestArea | None = None
    feeders: list[Name] = Field(default=[], max_length=MOST_FEEDERS)


class NewGuestLink(Order):
    """Until when the guest may go on; as before, if not given."""

    ends_at: Instant | None = None


class GuestCrew(Answer):
    """A guest crew's leave; `opened` is on how many phones its present link was opened."""

    crew_id: str
    name: str
    company: str
    feeders: list[str]
    area: dict[str, Any] = Field(description="GeoJSON in EPSG:4326.")
    begins_at: Instant
    ends_at: Instant
    admitted_by: str
    ended_at: Instant | None
    ended_by: str | None
    holds: bool
    opened: int

    @classmethod
    def of(cls, leave: GuestLeave, *, name: str, holds: bool, opened: int) -> GuestCrew:
        """Lay a leave and what is known of its link side by side."""
        return cls(
            crew_id=leave.crew_id,
            name=name,
            company=leave.company,
            feeders=list(leave.feeders),
            area=mapping(leave.area),
            begins_at=leave.begins_at,
            ends_at=leave.ends_at,
            admitted_by=leave.admitted_by,
            ended_at=leave.ended_at,
            ended_by=leave.ended_by,
            holds=holds,
            opened=opened,
        )


class GuestCrews(Answer):
    """All guest crews there ever were, those that began last first."""

    guest_crews: list[GuestCrew]


class GuestCrewWithLink(Answer):
    """A guest crew, and its link, which is shown this once: the path of an address on this server."""

    guest_crew: GuestCrew
    link: str

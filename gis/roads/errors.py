"""What can go wrong with roads; dirty roads are findings, not errors."""

from __future__ import annotations

from gis.errors import GisError


class RoadsFileError(GisError):
    """A file of roads cannot be read, or holds none; the text names the file and the way out."""


class RoadVersionNotFoundError(GisError):
    """No road version has this number."""

    def __init__(self, road_version: int) -> None:
        """Keep the number that was asked for."""
        super().__init__(
            f"There is no road version {road_version}. Import roads first (relight roads import PATH)."
        )
        self.road_version = road_version

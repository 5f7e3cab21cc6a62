"""Shapes of the base map that lies under the network."""

from __future__ import annotations

from typing import Literal

from api.schemas.shape import Answer


class BaseMapDetails(Answer):
    """What a page must know to draw it; `made` is part of the tiles' address and changes with the file."""

    kind: Literal["raster", "vector"]
    name: str
    attribution: str
    lowest_zoom: int
    highest_zoom: int
    bounds: tuple[float, float, float, float] | None
    layers: tuple[str, ...]
    made: str


class BaseMapAnswer(Answer):
    """The base map; both null where none is set, `problem` where one is set and cannot be used."""

    base_map: BaseMapDetails | None
    problem: (
        Literal["missing", "unreadable", "not_pmtiles", "tile_kind", "compression", "folder_layout"] | None
    )

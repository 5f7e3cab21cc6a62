"""What a map shows: its edges, and which lines of a network lie in it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.orm import Session

# Beyond these the map's projection has no place for anything.
_SOUTHERNMOST, _NORTHERNMOST = -85.0, 85.0

_LINES = text(
    """
    SELECT id FROM map_feature
    WHERE network_version = :network_version AND layer = 'line_section' AND id = ANY(:ids)
      AND geometry && ST_Transform(ST_MakeEnvelope(:west, :south, :east, :north, 4326), 3857)
    LIMIT :most
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)))


class Sight(NamedTuple):
    """What the map shows, in degrees (WGS 84)."""

    west: float
    south: float
    east: float
    north: float


def lines_in_sight(
    session: Session, *, network_version: int, sight: Sight, among: Collection[str], most: int
) -> set[str]:
    """Return which of some line sections lie in sight, at most so many."""
    if not among:
        return set()
    edges = {
        **sight._asdict(),
        "south": max(sight.south, _SOUTHERNMOST),
        "north": min(sight.north, _NORTHERNMOST),
    }
    told = {**edges, "network_version": network_version, "ids": list(among), "most": most}
    return set(session.scalars(_LINES, told))

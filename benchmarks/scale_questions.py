"""What the scale benchmark asks: tiles with so many points in them, and what a dispatcher might type.

Everything is drawn from the network itself, with a seed; nothing here is timed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.written_text import is_latin, split_places, split_words

_ZOOM = 14
_WORLD_M = 40_075_016.685578488


@dataclass(frozen=True, slots=True)
class Question:
    """What is typed, and the service points of which one must be among the answers."""

    typed: str
    wanted: str


def tiles_by_points(
    session: Session, *, network_version: int, points: int, count: int
) -> list[tuple[int, int, int]]:
    """Return the tiles of zoom 14 with about so many service points: x, y and how many, nearest first."""
    query = text(f"""
        SELECT floor((ST_X(geometry) / {_WORLD_M} + 0.5) * {2**_ZOOM})::integer AS x,
               floor((0.5 - ST_Y(geometry) / {_WORLD_M}) * {2**_ZOOM})::integer AS y, count(*) AS points
        FROM map_feature WHERE network_version = :network_version AND layer = 'service_point'
        GROUP BY 1, 2 ORDER BY abs(count(*) - :points), 1, 2 LIMIT :count
    """)  # noqa: S608 - numbers of this module
    asked = {"network_version": network_version, "points": points, "count": count}
    return [(row.x, row.y, row.points) for row in session.execute(query, asked)]


def questions(session: Session, *, network_version: int, count: int, seed: int) -> dict[str, list[Question]]:
    """Return questions by kind, `count` of each: numbers as they are, addresses with a mistake in a word."""
    rows = session.execute(
        text("""
            SELECT service_point.id, service_point.account, meter, address, phone
            FROM service_point
            JOIN customer ON customer.network_version = :network_version
                         AND customer.account = service_point.account
            WHERE service_point.network_version = :network_version
              AND address IS NOT NULL AND meter IS NOT NULL AND phone IS NOT NULL
            ORDER BY md5(service_point.id || :seed) LIMIT :count
        """),
        {"network_version": network_version, "count": count, "seed": str(seed)},
    ).all()
    chance = random.Random(seed)  # noqa: S311 - for typing mistakes, not for secrets
    return {
        "account": [Question(row.account, row.id) for row in rows],
        "meter": [Question(row.meter, row.id) for row in rows],
        "phone": [Question(row.phone, row.id) for row in rows],
        "address": [Question(row.address, row.id) for row in rows],
        "address with a mistake": [Question(mistyped(row.address, chance), row.id) for row in rows],
    }


def mistyped(address: str, chance: random.Random) -> str:
    """Return an address with one letter of its longest word wrong, missing, doubled, or exchanged."""
    words = [part for word in split_words(address) for part in split_places(word)]
    word = max(words, key=len, default="")
    at = address.lower().find(word)
    if at < 0 or len(word) < (4 if is_latin(word) else 3):
        return address
    place = at + chance.randrange(1, len(word) - 1)
    letter = "x" if is_latin(word) else "某"
    return chance.choice(
        [
            address[:place] + letter + address[place + 1 :],
            address[:place] + address[place + 1 :],
            address[:place] + address[place] + address[place:],
            address[:place] + address[place + 1] + address[place] + address[place + 2 :],
        ]
    )

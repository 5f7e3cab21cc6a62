"""From an address as someone writes it to a service point there. Plain comparing, no geocoder.

Rules:
1. Blanks, punctuation, small and large letters and full-width signs make no difference.
2. What was written may be a part of the address on file, but a number in it is a whole number: `1` is not
   found in `11`.
3. Several service points are one place when they lie close together, as the flats of a house do; else the
   address is ambiguous.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.written_text import IGNORED, letter_pairs, squeezed, words_and_numbers

SHORTEST_ADDRESS = 4
_ONE_PLACE_WITHIN_M = 250.0
_LOOKED_AT = 500
# The words lead to the streets that have them, and these to their service points; each is an index.
_WRITTEN = text("""
    WITH street AS (
        SELECT number FROM named_place
        WHERE network_version = :network_version AND kind = 'street'
          AND pairs @> :pairs AND strpos(written, :words) > 0
    ), written AS (
        SELECT id, house,
               regexp_replace(lower(normalize(address, NFKC)), :ignored, '', 'g') AS address
        FROM service_point
        WHERE network_version = :network_version AND place IN (SELECT number FROM street)
          AND strpos('-' || house, :house) > 0
    )
    SELECT id, address FROM written
    WHERE strpos(address, :wanted) > 0
    ORDER BY address, id
    LIMIT :looked_at
""")
_SPREAD = text("""
    SELECT max(ST_Distance(place::geography, middle::geography))
    FROM (
        SELECT COALESCE(service_point.geometry, node.geometry) AS place,
               ST_Centroid(ST_Collect(COALESCE(service_point.geometry, node.geometry)) OVER ()) AS middle
        FROM service_point
        LEFT JOIN node ON node.network_version = service_point.network_version
                      AND node.id = service_point.node
        WHERE service_point.network_version = :network_version AND service_point.id = ANY(:ids)
    ) AS placed
""")


@dataclass(frozen=True, slots=True)
class AddressFound:
    """The service point at an address; None where there is none, or where more than one place is meant."""

    service_point: str | None
    is_ambiguous: bool = False


def find_address(session: Session, *, network_version: int, address: str) -> AddressFound:
    """Return the service point at an address as someone wrote it."""
    wanted = squeezed(address)
    words, numbers = words_and_numbers(address)
    if len(wanted) < SHORTEST_ADDRESS or not words:
        return AddressFound(service_point=None)
    rows = session.execute(
        _WRITTEN,
        {
            "network_version": network_version,
            "words": words,
            "pairs": letter_pairs(words) if len(words) > 1 else [],
            "house": "-" + "-".join(numbers) if numbers else "",
            "ignored": IGNORED,
            "wanted": wanted,
            "looked_at": _LOOKED_AT,
        },
    ).all()
    exact = [row.id for row in rows if row.address == wanted]
    found = exact or [row.id for row in rows if _stands_alone(wanted, row.address)]
    if not found:
        return AddressFound(service_point=None)
    if not _is_one_place(session, network_version, found) or (not exact and len(rows) == _LOOKED_AT):
        return AddressFound(service_point=None, is_ambiguous=True)
    return AddressFound(service_point=found[0])


def _stands_alone(wanted: str, address: str) -> bool:
    """Return whether what was written stands in the address without cutting a number in two."""
    before = r"(?<!\d)" if wanted[0].isdigit() else ""
    after = r"(?!\d)" if wanted[-1].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, address) is not None


def _is_one_place(session: Session, network_version: int, ids: Sequence[str]) -> bool:
    if len(ids) == 1:
        return True
    farthest = session.scalar(_SPREAD, {"network_version": network_version, "ids": list(ids)})
    return farthest is not None and farthest <= _ONE_PLACE_WITHIN_M / 2

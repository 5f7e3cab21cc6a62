"""Finding customers and places by what a dispatcher types: account, phone, meter, id, address, name.

RULE 1: numbers are right or wrong: account, meter, phone and id are found whole, or by how they begin; a
    phone also by its last digits, since callers leave out the country.
RULE 2: words may hold one typing mistake: a letter wrong, missing, too many, or two of them exchanged. Only
    where nothing is written so; what begins with the words comes first, then the larger place, devices last.
RULE 3: an address is its words and its numbers: the words lead to streets, the numbers to houses along them.
    A house that begins with the number (12-3 for 12) follows the one that is the number.
RULE 4: every way is an index, none reads a table: the answer may not wait for a million customers.

Of customers it tells the service point, its account and its address; never names, phones or mail.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.phone_digits import phone_digits
from gis.written_text import is_latin, letter_pairs, split_places, split_words, words_and_numbers

SHORTEST_QUERY = 2
LONGEST_QUERY = 100
# Fewer digits of a telephone number are anybody's.
_SHORTEST_PHONE = 5
_MOST_WORDS = 6
_STREETS_LOOKED_AT = 100
# From so many letters on a mistake is forgiven; in shorter words every other word is one mistake away.
_FORGIVEN_FROM = {"latin": 4, "chinese": 3}


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: a service point, a device, or a place by its name.

    `matched` says by what it was found; `customers` are those behind it, where that is known.
    """

    kind: str
    id: str
    title: str
    account: str | None
    matched: str
    customers: int | None
    lon: float | None
    lat: float | None


def search(session: Session, *, network_version: int, query: str, limit: int = 20) -> list[Found]:
    """Return what a query may mean, likeliest first, at most `limit`; nothing for less than two letters."""
    wanted = unicodedata.normalize("NFKC", query[:LONGEST_QUERY]).replace("\x00", "").strip()
    if len(wanted) < SHORTEST_QUERY:
        return []
    found: dict[tuple[str, str], Found] = {}
    ways = (_by_number, _by_phone, _by_device, _by_words)
    for way in ways:
        for one in way(session, network_version, wanted, limit):
            found.setdefault((one.kind, one.id), one)
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


_POINT = """
    SELECT 'service_point' AS kind, service_point.id, COALESCE(address, service_point.id) AS title,
           service_point.account, {matched} AS matched, customers,
           ST_X(COALESCE(service_point.geometry, node.geometry)) AS lon,
           ST_Y(COALESCE(service_point.geometry, node.geometry)) AS lat
    FROM {rows}
    LEFT JOIN node ON node.network_version = :network_version AND node.id = service_point.node
    ORDER BY {order}
    LIMIT :limit
"""

_OWN_NUMBERS = text(
    _POINT.format(
        matched="way",
        rows="""(
            (SELECT 'account' AS way, * FROM service_point
             WHERE network_version = :network_version AND account = ANY(:exact) LIMIT :limit)
            UNION ALL
            (SELECT 'meter', * FROM service_point
             WHERE network_version = :network_version AND meter = ANY(:exact) LIMIT :limit)
            UNION ALL
            (SELECT 'id', * FROM service_point
             WHERE network_version = :network_version AND id = ANY(:exact) LIMIT :limit)
            UNION ALL
            (SELECT 'account', * FROM service_point
             WHERE network_version = :network_version AND account LIKE :begin ORDER BY account LIMIT :limit)
            UNION ALL
            (SELECT 'meter', * FROM service_point
             WHERE network_version = :network_version AND meter LIKE :begin ORDER BY meter LIMIT :limit)
        ) AS service_point""",
        order="(account = ANY(:exact) OR meter = ANY(:exact)) DESC, account, service_point.id",
    )
)
_PHONES = text(
    _POINT.format(
        matched="'phone'",
        rows="""(
            (SELECT account AS of_account, 0 AS rank FROM customer
             WHERE network_version = :network_version AND phone_digits = :digits LIMIT :limit)
            UNION ALL
            (SELECT account, 1 FROM customer
             WHERE network_version = :network_version AND reverse(phone_digits) LIKE :backwards LIMIT :limit)
            UNION ALL
            (SELECT account, 2 FROM customer
             WHERE network_version = :network_version AND phone_digits LIKE :begin LIMIT :limit)
        ) AS caller
        JOIN service_point ON service_point.network_version = :network_version
                          AND service_point.account = caller.of_account""",
        order="caller.rank, service_point.id",
    )
)
_HOUSES = text(
    _POINT.format(
        matched="'address'",
        rows="""unnest(CAST(:streets AS integer[])) WITH ORDINALITY AS street (number, street_rank)
        CROSS JOIN LATERAL (
            (SELECT 0 AS house_rank, * FROM service_point
             WHERE network_version = :network_version AND place = street.number AND house = :house
             ORDER BY id LIMIT :limit)
            UNION ALL
            (SELECT 1, * FROM service_point
             WHERE network_version = :network_version AND place = street.number AND house LIKE :begin
             ORDER BY house LIMIT :limit)
        ) AS service_point""",
        order="house_rank, street_rank, length(house), house, service_point.id",
    )
)
_DEVICES = text("""
    SELECT 'device' AS kind, id, COALESCE(name, id) AS title, NULL AS account, 'id' AS matched,
           NULL AS customers, ST_X(place) AS lon, ST_Y(place) AS lat
    FROM (
        SELECT id, name, geometry AS place FROM switch
        WHERE network_version = :network_version AND id = ANY(:exact)
        UNION ALL
        SELECT id, name, geometry FROM transformer
        WHERE network_version = :network_version AND id = ANY(:exact)
        UNION ALL
        SELECT id, NULL, ST_LineInterpolatePoint(geometry, 0.5) FROM line_section
        WHERE network_version = :network_version AND id = ANY(:exact)
    ) AS device
""")


def _by_number(session: Session, network_version: int, query: str, limit: int) -> Iterator[Found]:
    """Yield service points by account, meter or id: one word, mostly with a digit in it."""
    if " " in query or len(query) < SHORTEST_QUERY:
        return
    values = {
        "exact": sorted(_cases(query)),
        "begin": _pattern(query) if any(letter.isdigit() for letter in query) else "",
    }
    yield from _rows(session, _OWN_NUMBERS, network_version=network_version, limit=limit, **values)


def _cases(query: str) -> set[str]:
    return {query, query.upper(), query.lower()}


def _pattern(begin: str) -> str:
    escaped = begin.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"{escaped}%"


def _by_phone(session: Session, network_version: int, query: str, limit: int) -> Iterator[Found]:
    if not all(letter.isdigit() or letter in " +-()/." for letter in query):
        return
    digits = phone_digits(query)
    if digits is None or len(digits) < _SHORTEST_PHONE:
        return
    values = {"digits": digits, "begin": f"{digits}%", "backwards": f"{digits[::-1]}%"}
    yield from _rows(session, _PHONES, network_version=network_version, limit=limit, **values)


def _by_device(session: Session, network_version: int, query: str, limit: int) -> Iterator[Found]:
    yield from _rows(
        session, _DEVICES, network_version=network_version, limit=limit, exact=sorted(_cases(query))
    )


def _by_words(session: Session, network_version: int, query: str, limit: int) -> Iterator[Found]:
    """Yield places by name, and before them the houses along the streets among them (RULE 3)."""
    words = split_words(query)[:_MOST_WORDS]
    if not words:
        return
    _, numbers = words_and_numbers(query)
    parts = [part for word in words for part in split_places(word)][:_MOST_WORDS]
    places = _places(session, network_version, parts, numbers)
    if not places and parts != words:
        # The mistake was where one place ends and the next begins, so that they were parted wrongly.
        places = _places(session, network_version, words, numbers)
    streets = [row.number for row in places if row.kind == "street"]
    if numbers and streets:
        house = "-".join(numbers)
        yield from _rows(
            session,
            _HOUSES,
            network_version=network_version,
            limit=limit,
            streets=streets,
            house=house,
            begin=_pattern(f"{house}-"),
        )
    yield from _as_found(places)


def _as_found(places: Sequence[Any]) -> list[Found]:
    """Return places as answers; a street whose flats are written otherwise is one street."""
    found: dict[tuple[str, str], Found] = {}
    for row in places:
        kind, id = row.kind, row.subject or str(row.number)
        customers = row.customers if kind in {"street", "district"} else None
        one = Found(kind, id, row.title, None, "place", customers, row.lon, row.lat)
        key = (kind, row.title if kind == "street" else id)
        before = found.setdefault(key, one)
        if before is not one and before.customers is not None and customers is not None:
            found[key] = replace(before, customers=before.customers + customers)
    return list(found.values())


def _places(
    session: Session, network_version: int, words: Sequence[str], numbers: Sequence[str]
) -> list[Any]:
    """Return places whose name holds all words; if none does, those with one mistake in one of them."""
    mistaken: list[int | None] = [None]
    for place, word in enumerate(words):
        if len(word) >= _FORGIVEN_FROM["latin" if is_latin(word) else "chinese"]:
            mistaken.append(place)
    for place_of_mistake in mistaken:
        found = _named(session, network_version, words, numbers, place_of_mistake)
        if found:
            return found
    return []


def _named(
    session: Session,
    network_version: int,
    words: Sequence[str],
    numbers: Sequence[str],
    mistaken: int | None,
) -> list[Any]:
    values: dict[str, Any] = {
        "network_version": network_version,
        "limit": _STREETS_LOOKED_AT,
        "first": f"{words[0]}%",
        # A street has its numbers in the houses; a feeder or substation in its name.
        "numbers": "".join(rf"(?=.*(?<!\d){number}(?!\d))" for number in numbers),
    }
    conditions = ["(kind = 'street' OR written ~ :numbers)"]
    for number, word in enumerate(words):
        if number != mistaken:
            values[f"pairs_{number}"] = letter_pairs(word) if len(word) > 1 else []
            values[f"like_{number}"] = f"%{word}%"
            conditions.append(f"pairs @> :pairs_{number} AND written LIKE :like_{number}")
            continue
        # One mistake leaves one half whole, or all but the two letters in the middle if these were exchanged.
        halves = _unharmed(word)
        for part, pairs in enumerate(halves):
            values[f"half_{part}"] = pairs
        either = " OR ".join(f"pairs @> :half_{part}" for part in range(len(halves)))
        values["nearly"] = one_mistake(word)
        conditions.append(f"({either}) AND written ~ :nearly")
    statement = f"""
        SELECT number, kind, title, subject, customers, lon, lat FROM named_place
        WHERE network_version = :network_version AND {" AND ".join(conditions)}
        ORDER BY kind = 'device', written LIKE :first DESC, kind = 'street', length(written), customers DESC,
                 number
        LIMIT :limit
    """  # noqa: S608 - made of constants; what was typed is bound
    return list(session.execute(text(statement), values))


def _unharmed(word: str) -> list[list[str]]:
    middle = len(word) // 2
    whole = [word[:middle], word[middle:]]
    around = [word[: middle - 1], word[middle + 1 :]]
    return [
        *(_pairs(part) for part in whole),
        sorted({pair for part in around for pair in _pairs(part)}),
    ]


def _pairs(part: str) -> list[str]:
    # A single letter of an alphabet stands in no list of pairs.
    return letter_pairs(part) if len(part) > 1 or not is_latin(part) else []


def one_mistake(word: str) -> str:
    """Return a pattern for a word with one letter wrong, missing, too many, or two neighbours exchanged."""
    places = range(len(word))
    forms = {word[:at] + "." + word[at + 1 :] for at in places}
    forms |= {word[:at] + "." + word[at:] for at in places if at}
    forms |= {word[:at] + word[at + 1 :] for at in places}
    forms |= {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1]}
    return "|".join(sorted(forms))


def _rows(
    session: Session, statement: Any, *, network_version: int, limit: int, **values: Any
) -> Iterator[Found]:
    found = session.execute(statement, {"network_version": network_version, "limit": limit, **values})
    yield from (Found(**row) for row in found.mappings())

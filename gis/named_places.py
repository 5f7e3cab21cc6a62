"""What can be searched for by name, gathered at import: streets and districts, substations, feeders, devices.

A million addresses lie along some thousands of streets. Each service point is given the number of its street
and the numbers in its address, so that a name may be misspelt while the house is found by an index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gis.network_rows import Progress, copy_columns
from gis.written_text import is_latin, letter_pairs, squeezed, without_numbers, words_and_numbers

# In Chinese addresses the large comes first: 江北区…; elsewhere last, after a comma.
_CHINESE_DISTRICT = re.compile(r"^[^\d\s,]{1,8}?(?:区|县|镇|乡)")


@dataclass(slots=True)
class NamedPlace:
    """One name: its kind, how it is shown and compared, what it stands for, and where it lies.

    A street is compared by all words of its addresses, from which they find it again.
    """

    kind: str
    title: str
    written: str
    subject: str | None = None
    customers: int = 0
    lon: float | None = None
    lat: float | None = None


def places_of_addresses(
    service_points: pd.DataFrame,
) -> tuple[list[NamedPlace], dict[str, list[Any]]]:
    """Return the streets of all addresses, and for each service point its street's number and its house."""
    numbers: dict[str, int] = {}
    streets: list[NamedPlace] = []
    place: list[int | None] = []
    house: list[str | None] = []
    for address in service_points["address"].astype(object):
        if not isinstance(address, str):
            place.append(None)
            house.append(None)
            continue
        words, written = words_and_numbers(address)
        number = numbers.setdefault(words, len(streets))
        if number == len(streets):
            streets.append(NamedPlace("street", without_numbers(address) or address, words))
        place.append(number)
        house.append("-".join(written))
    _locate(streets, np.array([-1 if one is None else one for one in place]), service_points)
    return streets, {"place": place, "house": house}


def _locate(
    streets: Sequence[NamedPlace], place: np.ndarray[Any, np.dtype[np.int64]], points: pd.DataFrame
) -> None:
    """Put each street in the middle of its service points, and count its customers."""
    if not streets:
        return
    known = place >= 0
    count = len(streets)
    customers = np.bincount(
        place[known], weights=points["customers"].to_numpy(dtype=float)[known], minlength=count
    )
    lon, lat = shapely.get_coordinates(_or_nowhere(points["geometry"].to_numpy())).T
    located = known & np.isfinite(lon)
    here = np.bincount(place[located], minlength=count)
    with np.errstate(invalid="ignore"):
        east = np.bincount(place[located], weights=lon[located], minlength=count) / here
        north = np.bincount(place[located], weights=lat[located], minlength=count) / here
    for number, street in enumerate(streets):
        street.customers = int(customers[number])
        if here[number]:
            street.lon, street.lat = float(east[number]), float(north[number])


def _or_nowhere(geometry: np.ndarray[Any, np.dtype[np.object_]]) -> np.ndarray[Any, np.dtype[np.object_]]:
    located = geometry.copy()
    located[shapely.is_missing(geometry) | shapely.is_empty(geometry)] = shapely.Point(np.nan, np.nan)
    return located


def copy_named_places(
    session: Session,
    *,
    network_version: int,
    rows: Mapping[str, pd.DataFrame],
    streets: Sequence[NamedPlace],
    progress: Progress | None,
) -> None:
    """Write all names of a version: its streets under their numbers, then the others."""
    places = [*streets, *_districts(streets), *_substations(rows), *_feeders(rows), *_devices(rows)]
    columns: dict[str, Sequence[Any]] = {
        "number": range(len(places)),
        "kind": [place.kind for place in places],
        "title": [place.title for place in places],
        "written": [place.written for place in places],
        "pairs": [letter_pairs(place.written) for place in places],
        "subject": [place.subject for place in places],
        "customers": [place.customers for place in places],
        "lon": [place.lon for place in places],
        "lat": [place.lat for place in places],
    }
    copy_columns(
        session, network_version=network_version, table="named_place", columns=columns, progress=progress
    )


def _districts(streets: Sequence[NamedPlace]) -> list[NamedPlace]:
    found: dict[str, list[NamedPlace]] = {}
    for street in streets:
        if name := district_of(street.title):
            found.setdefault(name, []).append(street)
    return [
        NamedPlace(
            kind="district",
            title=name,
            written=squeezed(name),
            customers=sum(one.customers for one in within),
            lon=_mean([(one.lon, one.customers) for one in within]),
            lat=_mean([(one.lat, one.customers) for one in within]),
        )
        for name, within in found.items()
    ]


def district_of(street: str) -> str | None:
    """Return the district that a street's title names, or None."""
    if is_latin(street):
        head, comma, tail = street.rpartition(",")
        return tail.strip() or None if comma and head.strip() else None
    begins = _CHINESE_DISTRICT.match(street)
    return begins[0] if begins else None


def _mean(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    known = [(degrees, max(weight, 1)) for degrees, weight in weighted if degrees is not None]
    if not known:
        return None
    degrees, weights = zip(*known, strict=True)
    return float(np.average(degrees, weights=weights))


def _substations(rows: Mapping[str, pd.DataFrame]) -> Iterator[NamedPlace]:
    nodes = rows["node"]
    at = nodes[nodes["substation"].notna()]
    points = shapely.get_coordinates(_or_nowhere(at["geometry"].to_numpy()))
    of_nodes = pd.DataFrame(points, index=at["substation"].to_numpy(dtype=object)).groupby(level=0).mean()
    own = shapely.get_coordinates(_or_nowhere(rows["substation"]["geometry"].to_numpy()))
    for (lon, lat), id, name in zip(own, rows["substation"]["id"], rows["substation"]["name"], strict=True):
        if not np.isfinite(lon) and id in of_nodes.index:
            lon, lat = of_nodes.loc[id]  # noqa: PLW2901 - the second best place
        title = name if isinstance(name, str) and name else str(id)
        yield _named("substation", title, str(id), (lon, lat))


def _named(kind: str, title: str, subject: str, place: Sequence[float]) -> NamedPlace:
    lon, lat = (float(one) if np.isfinite(one) else None for one in place)
    return NamedPlace(kind, title, squeezed(title), subject, lon=lon, lat=lat)


def _feeders(rows: Mapping[str, pd.DataFrame]) -> Iterator[NamedPlace]:
    """Yield each feeder with the middle of what belongs to it."""
    frames = []
    for layer in ("line_section", "switch", "transformer"):
        named = rows[layer][rows[layer]["feeder"].notna()]
        west, south, east, north = shapely.bounds(named["geometry"].to_numpy(dtype=object)).T
        frames.append(
            pd.DataFrame(
                {
                    "feeder": named["feeder"].astype(object),
                    "lon": (west + east) / 2,
                    "lat": (south + north) / 2,
                }
            )
        )
    for name, place in pd.concat(frames).groupby("feeder")[["lon", "lat"]].mean().iterrows():
        if name:
            yield _named("feeder", str(name), str(name), (place["lon"], place["lat"]))


def _devices(rows: Mapping[str, pd.DataFrame]) -> Iterator[NamedPlace]:
    for layer in ("switch", "transformer"):
        named = rows[layer][rows[layer]["name"].notna() & (rows[layer]["name"] != "")]
        points = shapely.get_coordinates(_or_nowhere(named["geometry"].to_numpy()))
        for point, id, name in zip(points, named["id"], named["name"], strict=True):
            yield _named("device", str(name), str(id), point)

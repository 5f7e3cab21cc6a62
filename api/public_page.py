"""The public map's page and picture: rendered once for each snapshot, complete without a script.

Owns the templates' surroundings (`web/outage_map`). The page is one file for each language that any file
server can serve: it names nothing but files of its own folder. Its script tells the age, looks for a newer
snapshot and lets the picture be enlarged; without it everything is there, with the time written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.public_feeds import (
    Stamp,
    areas_geojson,
    by_district,
    places_by_district,
    places_of,
    planned_calendar,
    planned_geojson,
    status_json,
)
from api.public_svg import LEVELS, MapPainter
from api.supply_words import Words
from dispatch.notifications import LANGUAGES
from dispatch.public_picture import PublicPicture

FOLDER = Path(__file__).resolve().parents[1] / "web" / "outage_map"
# A page in a storm stays small: what is not listed is in the files for machines, and on the map.
_MOST_DISTRICTS = 100
_MOST_WORKS = 50


class PublicPage:
    """Makes all files of a snapshot."""

    def __init__(
        self,
        *,
        texts: Mapping[str, Mapping[str, str]],
        zone: tzinfo,
        every_s: float,
        notice: str | None = None,
        supply_address: str | None = None,
    ) -> None:
        """Read the templates; `supply_address` is where customers find their own supply."""
        self._words = {
            language: Words(language=language, texts=texts[language], zone=zone) for language in LANGUAGES
        }
        self._every_s = every_s
        self._painter = MapPainter()
        self._fixed = {name: (FOLDER / name).read_bytes() for name in ("map.css", "map.js")}
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.globals.update(
            levels=LEVELS, languages=LANGUAGES, notice=notice, supply_address=supply_address
        )
        self._template = environment.get_template("map.html")

    def files(self, picture: PublicPicture, *, stamp: Stamp) -> dict[str, bytes]:
        """Return name → content of all files but the index; what others refer to comes first."""
        pages = {
            language: self._page(picture, stamp=stamp, words=words) for language, words in self._words.items()
        }
        return {
            **self._fixed,
            "map.svg": self._painter.draw(picture).encode(),
            "areas.geojson": areas_geojson(picture, stamp=stamp),
            "planned.geojson": planned_geojson(picture, stamp=stamp),
            **{
                f"planned.{language}.ics": planned_calendar(picture, stamp=stamp, words=words)
                for language, words in self._words.items()
            },
            "status.json": status_json(picture, stamp=stamp, every_s=self._every_s),
            **{f"{language}.html": page for language, page in pages.items()},
            "index.html": pages[LANGUAGES[0]],
        }

    def _page(self, picture: PublicPicture, *, stamp: Stamp, words: Words) -> bytes:
        districts = by_district(picture.areas)
        html = self._template.render(
            words=words,
            stamp=stamp,
            every_s=round(self._every_s),
            written_at=_moment(words, stamp),
            as_of=_time(words, picture),
            zone=words.zone_name(stamp.written_at),
            customers=_number(picture.customers),
            areas=len(picture.areas),
            districts=[
                {
                    "name": one.name or words("map.district.unnamed"),
                    "customers": _number(one.customers),
                    "areas": len(one.areas),
                    "places": places_of(one.areas, words=words),
                }
                for one in districts[:_MOST_DISTRICTS]
            ],
            districts_left_out=len(districts[_MOST_DISTRICTS:]),
            works=self._works(picture, words=words),
            works_left_out=len(picture.works[_MOST_WORKS:]),
        )
        return html.encode()

    def _works(self, picture: PublicPicture, *, words: Words) -> Sequence[dict[str, Any]]:
        return [
            {
                "kind": words(f"map.work.{work.work}"),
                "is_under_way": work.is_under_way,
                "starts_at": words.time(work.starts_at, now=picture.as_of),
                "ends_at": words.time(work.ends_at, now=picture.as_of),
                "customers": _number(work.customers),
                "places": places_by_district(work.areas, words=words),
            }
            for work in picture.works[:_MOST_WORKS]
        ]


def _moment(words: Words, stamp: Stamp) -> str:
    """Return the time of writing with its day: who reads it may do so much later."""
    local = stamp.written_at.astimezone(words.zone)
    month = words(f"month.{local.month}")
    return words("map.moment", clock=f"{local:%H:%M}", day=local.day, month=month, year=local.year)


def _time(words: Words, picture: PublicPicture) -> str:
    return words.time(picture.as_of, now=picture.as_of)


def _number(count: int) -> str:
    return f"{count:,}"

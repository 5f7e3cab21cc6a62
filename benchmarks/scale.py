"""`relight benchmark scale`: a city made, imported, read back, drawn and searched, at every size.

Rule 1: making and importing run as the commands a user types, each in a process of its own that is watched.
Rule 2: targets are judged at a million customers; smaller sizes show how the cost grows.
Rule 3: a tile is *cold* when it is made by the database, *cached* when it was made before; both also over
HTTP with a sign-in. Tiles are those of zoom 14 with about 9,000 service points, and the densest.
Rule 4: a search counts only if the customer who was meant is among the answers: `equal` says that all were.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.growth import plot_growth
from benchmarks.report import Report, Row
from benchmarks.scale_house import House, house
from benchmarks.scale_questions import questions, tiles_by_points
from gis.areas import outage_area
from gis.network_versions import load_network
from gis.search import search
from gis.tile_cache import TileCache

SIZES = (1_000, 10_000, 100_000, 1_000_000)
JUDGED_SIZE = 1_000_000
SEED = 1
TILES = 20
POINTS_IN_TILE = 9_000
QUESTIONS = 60
AREA_OF = 50_000
_TWICE_UP_TO = 100_000

WORDS = """Made by `relight benchmark scale --save docs/benchmarks`: cities made to order
(`relight storm city`), English and Chinese, each imported into the private database, read back, drawn and
searched. Making and importing are the commands a user types, each in a process of its own; p95 is the
ninety-fifth percentile. *equal* says for making that the same seed gave the same bytes, for searching that
everybody who was looked for was found.

![Growth of the cost with the number of customers](scale.svg)
![Growth of making, importing and reading back](scale_import.svg)"""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of all sizes; a line of progress says what is being measured."""
    rows: list[Row] = []
    for size in sizes:
        with house() as home:
            for language in ("en", "zh"):
                rows += _Case(size, language, home, progress).rows()
    return Report("scale", tuple(rows))


def write(report: Report, folder: Path) -> None:
    """Write the table and the plot of a report into a folder, as `docs/benchmarks/` has them."""
    sizes = {row.case: int(row.case.split()[0].replace(",", "")) for row in report.rows}
    (folder / "scale.md").write_text(report.as_page(WORDS), encoding="utf-8")
    english = {case: size for case, size in sizes.items() if case.endswith("customers")}
    plot_growth(rows=report.rows, sizes=english, unit="ms", path=folder / "scale.svg")
    plot_growth(rows=report.rows, sizes=english, unit="s", path=folder / "scale_import.svg")


class _Case:
    """One city in one house."""

    def __init__(self, size: int, language: str, home: House, progress: Callable[[str], None]) -> None:
        self.size, self.language, self.home, self.progress = size, language, home, progress
        self.case = f"{size:,} customers" + ("" if language == "en" else ", Chinese")
        self.package = home.folder / f"{language}.gpkg"

    def rows(self) -> Iterator[Row]:
        yield from self._making()
        imported = self._ran("importing", "network", "import", str(self.package))
        self.version = int(imported.printed["network_version"])
        if self.language == "en":
            yield self._limited("import into PostGIS", imported.seconds, "s", 180)
            yield self._limited("memory of importing", imported.memory_gb, "GB", 4)
            yield from self._reading_back()
            yield from self._tiles()
            yield from self._area()
        yield from self._searching()
        if self.language == "zh":
            removed = self._ran("removing a version", "network", "remove", str(self.version))
            yield self._row("remove a version", removed.seconds, "s")

    def _ran(self, doing: str, *words: str) -> Any:
        self.progress(f"{self.case}: {doing}")
        return self.home.relight(*words)

    def _row(self, metric: str, value: float, unit: str = "ms", **more: object) -> Row:
        return Row(self.case, metric, value, unit, **more)  # type: ignore[arg-type]

    def _limited(
        self, metric: str, value: float, unit: str, limit: float, *, equal: bool | None = None
    ) -> Row:
        """Return a row with an upper limit, judged at the largest size."""
        target = limit if self.size == JUDGED_SIZE else None
        return self._row(metric, value, unit, target=target, at_most=True, equal=equal)

    def _making(self) -> Iterator[Row]:
        words = ("--customers", str(self.size), "--seed", str(SEED), "--language", self.language)
        made = self._ran("making the city", "storm", "city", str(self.package), *words)
        if self.language != "en":
            return
        equal = None
        if self.size <= _TWICE_UP_TO:
            again = self.package.with_name("again.gpkg")
            self._ran("making it again", "storm", "city", str(again), *words)
            equal = _digest(again) == _digest(self.package)
            again.unlink()
        yield self._limited("make the city", made.seconds, "s", 300, equal=equal)
        yield self._limited("memory of making", made.memory_gb, "GB", 6)

    def _reading_back(self) -> Iterator[Row]:
        self.progress(f"{self.case}: reading back")
        with Session(self.home.engine) as session:
            begun = time.perf_counter()
            network = load_network(session, network_version=self.version)
            seconds = time.perf_counter() - begun
        equal = network.service_point_count == self.size
        yield self._limited("read back into a network", seconds, "s", 10, equal=equal)

    def _tiles(self) -> Iterator[Row]:
        self.progress(f"{self.case}: tiles")
        with Session(self.home.engine) as session:
            ask = partial(tiles_by_points, session, network_version=self.version)
            dense = ask(points=POINTS_IN_TILE, count=TILES)
            middle = float(np.median([points for _, _, points in dense]))
            yield self._row("service points in a tile of zoom 14 (median)", middle, "points")
            cache = TileCache(self.home.folder / "tiles")
            cold = [self._timed(partial(self._make, cache, session, x, y)) for x, y, _ in dense]
            x, y, points = ask(points=self.size, count=1)[0]
            densest = self._timed(partial(self._make, cache, session, x, y))
            yield self._row(f"the densest tile of zoom 14, {points:,} points, cold", densest)
        find = partial(cache.find, network_version=self.version, z=14)
        cached = [self._timed(partial(find, x=x, y=y)) for x, y, _ in dense * 5]
        yield self._limited("tile of zoom 14, cold (p95)", _p95(cold), "ms", 60)
        yield self._limited("tile of zoom 14, cached (p95)", _p95(cached), "ms", 5)
        with self.home.dispatcher(TileCache(self.home.folder / "served")) as client:
            fetch = [partial(self._fetch, client, x, y) for x, y, _ in dense]
            cold = [self._timed(one) for one in fetch]
            cached = [self._timed(one) for one in fetch * 5]
        yield self._limited("the same over HTTP, cold (p95)", _p95(cold), "ms", 60)
        yield self._limited("the same over HTTP, cached (p95)", _p95(cached), "ms", 5)

    def _make(self, cache: TileCache, session: Session, x: int, y: int) -> None:
        cache.make(session, network_version=self.version, z=14, x=x, y=y)

    def _fetch(self, client: httpx.Client, x: int, y: int) -> None:
        with client.stream("GET", f"/api/tiles/{self.version}/14/{x}/{y}.mvt") as answer:
            answer.raise_for_status()
            # As it comes: unpacking is the browser's, on its own threads.
            for _ in answer.iter_raw():
                pass

    def _area(self) -> Iterator[Row]:
        self.progress(f"{self.case}: outage areas")
        query = text("""
            SELECT id FROM service_point WHERE network_version = :version
            ORDER BY ST_X(geometry) LIMIT :count
        """)
        with Session(self.home.engine) as session:
            ids = session.scalars(query, {"version": self.version, "count": AREA_OF}).all()
            taken = self._timed(
                lambda: outage_area(session, network_version=self.version, service_points=ids)
            )
        yield self._row(f"outage area of {len(ids):,} service points", taken)

    def _searching(self) -> Iterator[Row]:
        self.progress(f"{self.case}: searching")
        every: list[float] = []
        with Session(self.home.engine) as session:
            asked = questions(session, network_version=self.version, count=QUESTIONS, seed=SEED)
            for kind, some in asked.items():
                times, found = [], []
                for one in some:
                    begun = time.perf_counter()
                    answers = search(session, network_version=self.version, query=one.typed)
                    times.append((time.perf_counter() - begun) * 1000)
                    found.append(any(answer.id == one.wanted for answer in answers))
                every += times
                yield self._row(f"search by {kind} (p95)", _p95(times), equal=all(found))
        yield self._limited("search, all of these (p95)", _p95(every), "ms", 50)

    @staticmethod
    def _timed(action: Callable[[], object]) -> float:
        begun = time.perf_counter()
        action()
        return (time.perf_counter() - begun) * 1000


def _p95(times: Sequence[float]) -> float:
    return float(np.percentile(times, 95))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

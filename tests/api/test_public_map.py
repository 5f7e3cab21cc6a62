"""The public map's snapshot: its files, who may read them, and what becomes of it when something fails.

The village is drawn in tests/api/public_village.py: lanes a (30 homes), b (24), c (20), and a farm f (3).
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from api.processes import system
from api.processes.public_keeper import PublicKeeper
from api.processes.public_worker import PublicWorker
from api.public_feeds import Stamp
from api.public_folder import INDEX, MEDIA_TYPES, PublicFolder
from api.public_page import PublicPage
from api.settings import MessageSettings, MeterSettings, PlanningSettings, PublicMapSettings
from api.vocabulary import read_vocabulary
from dispatch.public_picture import PublicPicture, ToldWork, told_areas
from gis.network_versions import activate_network_version, import_network
from gis.public_cells import PublicCells, draw_cells

TEXTS = read_vocabulary()
# Ids of outages, works, devices, households, accounts, meters; addresses, phones, and what people wrote.
SECRETS = ("O-1", "P-1", "B1", "T1", "a12", "A-a12", "M-a12", "Street 1", "555 010", "Smith", "someone")


def _load(name):
    spec = importlib.util.spec_from_file_location(
        f"relight_tests_api_{name}", Path(__file__).parent / f"{name}.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


village = _load("public_village")


def page(**told):
    return PublicPage(texts=TEXTS, zone=ZoneInfo("Asia/Shanghai"), every_s=60.0, **told)


def import_village(engine, world_module, *, drawing=village.VILLAGE):
    tables = world_module.drawn_tables(drawing, village.PLACES)
    with world_module.write_transaction(engine) as session:
        imported = import_network(
            session, tables=tables, findings=(), source="drawn", format="gpkg", now=datetime.now(UTC)
        )
        activate_network_version(session, network_version=imported.network_version, now=datetime.now(UTC))
    return imported.network_version


@pytest.fixture
def kept(engine, world_module, tmp_path):
    """Return a keeper of a village in which nobody is out, and the folder it writes to."""
    import_village(engine, world_module)
    return keeper(engine, tmp_path / "map")


def keeper(engine, path, **told):
    folder = PublicFolder(path)
    return PublicKeeper(engine, folder=folder, page=page(**told), every_s=60.0), folder


def read(folder, name):
    return folder.read(name).decode()


def told_of(folder):
    """Return how many customers each area tells, most first."""
    features = json.loads(read(folder, "areas.geojson"))["features"]
    return sorted((one["properties"]["customers_at_least"] for one in features), reverse=True)


class TestTheFiles:
    def test_a_snapshot_has_all_its_files_and_an_index_that_knows_them(self, kept, engine):
        keeper, folder = kept
        village.put_out(engine, village.of("a", 12))
        assert keeper.write() == 1
        assert {path.name for path in folder.path.iterdir()} == set(MEDIA_TYPES)
        index = folder.index()
        assert index["version"] == 1
        for name, known in index["files"].items():
            assert len(folder.read(name)) == known["bytes"]
        # Whatever account a file server runs as, it can read them.
        assert all(path.stat().st_mode & 0o004 for path in folder.path.iterdir())
        assert keeper.write() == 2

    def test_areas_are_read_by_geopandas(self, kept, engine):
        keeper, folder = kept
        village.put_out(engine, [*village.of("a", 12), *village.of("b", 4), *village.of("f", 3)])
        keeper.write()
        areas = gpd.read_file(io.BytesIO(folder.read("areas.geojson")))
        assert areas.crs.to_epsg() == 4326
        assert areas.geometry.is_valid.all()
        assert areas["customers_at_least"].tolist() == [10]
        assert areas["customers"].tolist() == [30]
        assert areas.geometry.iloc[0].covers(gpd.points_from_xy([11.42], [53.64])[0])
        status = json.loads(read(folder, "status.json"))
        assert (status["customers_out_at_least"], status["areas_out"]) == (10, 1)

    def test_planned_work_is_read_by_a_calendar_and_by_geopandas(self, kept, engine):
        keeper, folder = kept
        village.plan_work(engine, "P-1", village.of("a", 22))
        village.plan_work(engine, "P-2", village.of("b", 4))
        village.plan_work(engine, "P-3", village.of("c", 20), status="requested")
        village.plan_work(engine, "P-4", village.of("c", 20), starts_in=timedelta(days=-3))
        keeper.write()
        for language, kind in (("en", "Planned outage"), ("zh", "计划停电")):
            calendar = Calendar.from_ical(folder.read(f"planned.{language}.ics"))
            assert (calendar["version"], bool(calendar["prodid"])) == ("2.0", True)
            (event,) = calendar.walk("VEVENT")
            assert str(event["summary"]).startswith(kind)
            assert "20" in event["summary"]
            assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=3)
            assert event.decoded("dtstart").tzinfo is not None
            assert {"uid", "dtstamp"} <= {name.lower() for name in event}
            assert not event.errors
        works = gpd.read_file(io.BytesIO(folder.read("planned.geojson")))
        assert works["customers_at_least"].tolist() == [20]
        assert works.geometry.is_valid.all()

    def test_nothing_of_a_household_an_outage_or_a_device_is_in_any_file(self, kept, engine):
        keeper, folder = kept
        village.put_out(engine, [*village.of("a", 30), *village.of("b", 24)])
        village.plan_work(engine, "P-1", village.of("c", 20))
        keeper.write()
        for name in MEDIA_TYPES:
            content = read(folder, name)
            for secret in SECRETS:
                assert not re.search(rf"\b{secret}\b", content), (name, secret)

    def test_pages_say_the_same_in_both_languages_and_ask_nothing_elsewhere(self, kept, engine):
        keeper, folder = kept
        village.put_out(engine, village.of("a", 30))
        keeper.write()
        for language in ("en", "zh"):
            html = read(folder, f"{language}.html")
            assert TEXTS[language]["customer.map.title"] in html
            assert "30" in html
            assert not re.findall(r"(?:https?:)?//", html)
            assert len(html) < 50_000
        assert read(folder, "index.html") == read(folder, "en.html")
        svg = read(folder, "map.svg")
        assert not re.findall(r"(?:https?:)?//", svg.replace("http://www.w3.org/2000/svg", ""))
        assert "<script" not in svg

    def test_one_area_and_none_are_said_in_words(self, kept, engine):
        keeper, folder = kept
        keeper.write()
        assert TEXTS["en"]["customer.map.none"] in read(folder, "en.html")
        # A calendar without any part is not one (RFC 5545, 3.6).
        assert Calendar.from_ical(folder.read("planned.en.ics")).subcomponents
        village.put_out(engine, village.of("a", 30))
        keeper.write()
        assert "in 1 area." in read(folder, "en.html")

    def test_what_a_site_writes_is_text_and_not_markup(self, engine, world_module, tmp_path):
        import_village(engine, world_module)
        careful, folder = keeper(engine, tmp_path / "map", notice="<script>alert(1)</script>")
        careful.write()
        assert "<script>alert" not in read(folder, "en.html")


class TestWhoCannotBeShown:
    def test_fewer_than_five_are_never_told_and_the_rest_is_rounded_down(self, kept, engine):
        keeper, folder = kept
        told = []
        for left in (30, 29, 12, 7, 5, 4, 1, 0):
            village.put_out(engine, village.of("a", left))
            keeper.write()
            told.append(told_of(folder))
        assert told == [[30], [25], [10], [5], [5], [], [], []]

    def test_the_farm_is_in_no_area(self, kept, engine):
        keeper, folder = kept
        village.put_out(engine, village.of("f", 3))
        keeper.write()
        assert told_of(folder) == []
        assert not keeper._cells.points(["f1"]).size or keeper._cells.cell_of_point[
            keeper._cells.points(["f1"])
        ].tolist() == [-1]

    def test_areas_stay_as_they_are_while_anything_is_told(self, kept, engine, world_module):
        """Else a household that joins an area would be told of by the difference (rule 6)."""
        keeper, folder = kept
        village.put_out(engine, village.of("a", 9))
        keeper.write()
        one_more = village.VILLAGE.replace("service_points a N2 30", "service_points a N2 31")
        import_village(engine, world_module, drawing=one_more)
        village.put_out(engine, [*village.of("a", 9), "a31"])
        keeper.write()
        assert (told_of(folder), folder.index()["areas_version"]) == ([5], 1)
        # Not even a restart draws them anew.
        again = PublicKeeper(engine, folder=folder, page=page(), every_s=60.0)
        again.write()
        assert (told_of(folder), folder.index()["areas_version"]) == ([5], 1)
        village.put_out(engine, [])
        again.write()
        again.write()
        assert folder.index()["areas_version"] == 2
        village.put_out(engine, village.of("a", 31))
        again.write()
        assert told_of(folder) == [30]


def _cells(sizes):
    """Return cells by the customers of their service points, some kilometres apart."""
    points = [(number, size) for number, own in enumerate(sizes) for size in own]
    drawn = draw_cells(
        network_version=1,
        ids=[f"p{number:04d}" for number in range(20 * len(sizes))],
        customers=[1] * 20 * len(sizes),
        lon=[11.0 + 0.1 * (number // 20) for number in range(20 * len(sizes))],
        lat=[53.6] * 20 * len(sizes),
        streets=["Mill Lane, Riverside"] * 20 * len(sizes),
    )
    return PublicCells(
        network_version=1,
        point_ids=np.array([f"p{number:04d}" for number in range(len(points))], dtype="S5"),
        cell_of_point=np.array([cell for cell, _ in points]),
        customers_of_point=np.array([size for _, size in points]),
        cells=drawn.cells,
    )


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([1, 1, 1, 2, 6]), min_size=5, max_size=9), min_size=2, max_size=3),
    st.data(),
)
def test_whoever_is_out_the_same_numbers_make_the_same_files(sizes, data):
    """Rule 1: files tell the numbers of the cells and nothing else; who attacks these attacks all files."""
    cells = _cells(sizes)
    makes = page()
    at = datetime(2026, 11, 23, 20, tzinfo=UTC)
    looks = {}
    count = len(cells.point_ids)
    for _ in range(12):
        out, planned = (
            np.array(sorted(data.draw(st.sets(st.integers(0, count - 1)))), dtype=np.int64) for _ in range(2)
        )
        areas, works = told_areas(cells, out), told_areas(cells, planned)
        work = ToldWork("f" * 16, "planned", False, at, at + timedelta(hours=2), works)
        picture = PublicPicture(as_of=at, cells=cells, areas=areas, works=(work,) if works else ())
        files = makes.files(picture, stamp=Stamp(version=1, written_at=at))
        told = tuple((area.cell.id, area.customers) for area in (*areas, *works)), len(areas)
        assert looks.setdefault(told, files) == files


class TestWhenSomethingFails:
    def test_a_disk_that_is_full_leaves_the_snapshot_before_it(self, kept, engine, monkeypatch):
        keeper, folder = kept
        keeper.look()
        before = {name: folder.read(name) for name in MEDIA_TYPES}
        village.put_out(engine, village.of("a", 30))
        keeper._next_at = 0.0

        def full(_number):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            assert keeper.look() == 0
        assert {name: folder.read(name) for name in MEDIA_TYPES} == before
        keeper._next_at = 0.0
        assert keeper.look() == 2
        assert told_of(folder) == [30]
        assert not list(folder.path.glob(".*"))

    def test_without_a_network_nothing_is_written(self, engine, tmp_path):
        none_yet, folder = keeper(engine, tmp_path / "map")
        assert none_yet.look() == 0
        assert not folder.path.exists()

    def test_it_waits_its_time(self, kept):
        keeper, _ = kept
        assert keeper.look() == 1
        assert keeper.look() == 0

    def test_an_index_that_cannot_be_read_does_not_stop_it(self, kept):
        keeper, folder = kept
        keeper.write()
        (folder.path / INDEX).write_text("half a", encoding="utf-8")
        assert keeper.write() == 1


class TestThroughHttp:
    def test_everybody_may_read_every_file(self, world, visitor, tmp_path):
        snapshot, folder = keeper(world.engine, tmp_path / "map")
        world.app.state.public_map = folder
        client = visitor()
        assert client.get("/map/status.json").status_code == 404
        snapshot.write()
        for name, media_type in MEDIA_TYPES.items():
            answer = client.get(f"/map/{name}")
            assert answer.status_code == 200
            assert answer.headers["content-type"] == media_type
            assert answer.content == folder.read(name)
        assert client.get("/map/").content == folder.read("index.html")
        assert client.get("/map", follow_redirects=False).headers["location"] == "/map/"
        for name in ("secret.json", "..%2Findex.json", ".unfinished-en.html"):
            assert client.get(f"/map/{name}").status_code == 404


def test_the_worker_writes_by_itself_and_only_one_of_them(kept, engine):
    """Two workers on one database: one holds the lock and writes, the other waits to take over."""
    keeper, folder = kept
    stopping = threading.Event()
    waiting = PublicKeeper(engine, folder=PublicFolder(folder.path / "other"), page=page(), every_s=5.0)
    workers = [PublicWorker(engine, keeper=one, stopping=stopping) for one in (keeper, waiting)]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    threads[0].start()
    gives_up_at = time.monotonic() + 30
    while not folder.index():
        assert time.monotonic() < gives_up_at
        time.sleep(0.02)
    threads[1].start()
    stopping.wait(0.3)
    stopping.set()
    for thread in threads:
        thread.join()
    assert folder.index()["version"] == 1
    assert not (folder.path / "other").exists()


def test_the_worker_runs_unless_it_is_switched_off(tmp_path):
    class Listener:
        def fileno(self):
            return 3

    def names(public_map):
        programs = system._programs(
            {},
            listener=Listener(),
            messages=MessageSettings(),
            meters=MeterSettings(),
            planning=PlanningSettings(),
            public_map=public_map,
        )
        return [program.name for program in programs]

    assert "public map" in names(PublicMapSettings())
    assert "public map" not in names(PublicMapSettings(on=False))

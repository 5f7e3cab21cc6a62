"""Roads are made ready in the background: at the start, after an import, and when others are closed."""

import threading
from datetime import UTC, datetime

import pytest

from api.processes.road_warmth import RoadWarmth
from dispatch.road_closures import close_roads
from dispatch.transactions import write_transaction
from dispatch.travel import Travel
from gis.roads.road_cache import RoadCache
from tests.dispatch.drawn_roads import ACROSS_MAIN_STREET, import_drawn_roads


@pytest.fixture
def travel():
    return Travel(RoadCache())


def close_main_street(engine):
    with write_transaction(engine) as session:
        close_roads(
            session,
            geometry=ACROSS_MAIN_STREET,
            reason="flooded",
            note=None,
            until=None,
            actor="wang",
            now=datetime.now(UTC),
        )


def test_it_builds_what_is_new_and_nothing_twice(engine, tmp_path, travel):
    warmth = RoadWarmth(engine, travel)
    assert not warmth.look()
    for _ in range(2):  # imported, and imported again
        import_drawn_roads(engine, tmp_path)
        assert warmth.look()
        assert not warmth.look()
    close_main_street(engine)
    assert warmth.look()
    assert not warmth.look()


def test_it_runs_beside_and_goes_on_after_an_error(engine, tmp_path, travel, monkeypatch):
    import_drawn_roads(engine, tmp_path)
    was_warm, calls = threading.Event(), []

    def warm(*_arguments, **_options):
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("a file of roads that nobody can read")
        was_warm.set()
        return True

    monkeypatch.setattr(travel, "warm", warm)
    warmth = RoadWarmth(engine, travel, look_every_s=0.01)
    warmth.start()
    assert was_warm.wait(10)
    warmth.stop()

"""Positions from phones, WeChat, AMap and Baidu land where the person stands; the map tells of their area.

The village of tests/api/public_village.py, moved to Chengdu, where positions are shifted.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from api.vocabulary import read_vocabulary
from gis.coordinates import from_wgs84

HERE = Path(__file__).parent
TEXTS = read_vocabulary()
WHERE = (104.07, 30.66)


def _load(name):
    spec = importlib.util.spec_from_file_location(f"relight_tests_api_{name}_too", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


village = _load("public_village")
snapshots = _load("test_public_map")


@pytest.fixture
def chengdu(engine, world_module, tmp_path):
    """A village in Chengdu: lane a stands at WHERE."""
    lon, lat = village.PLACES["N2"]
    places = {name: (x - lon + WHERE[0], y - lat + WHERE[1]) for name, (x, y) in village.PLACES.items()}
    world = world_module.World(engine, tables=world_module.drawn_tables(village.VILLAGE, places))
    world.keeper, world.app.state.public_map = snapshots.keeper(engine, tmp_path / "map")
    yield world
    world.close()


@pytest.fixture
def visitor_of(chengdu, desk_module):
    """Return a client of nobody in particular."""
    return lambda: desk_module.let_in(chengdu, None, language="en")


def position(crs):
    lon, lat = from_wgs84(lon=WHERE[0], lat=WHERE[1], crs=crs)
    return {"lon": f"{lon:.6f}", "lat": f"{lat:.6f}", "coordinates": crs}


def test_a_report_lands_where_the_person_stands(chengdu, visitor_of):
    client = visitor_of()
    for crs in ("wgs84", "gcj02", "bd09"):
        answer = client.post("/supply/report", data={"token": crs, **position(crs)}, follow_redirects=False)
        assert answer.status_code == 303
    with chengdu.engine.connect() as connection:
        points = connection.scalars(text("SELECT service_point FROM evidence ORDER BY sequence")).all()
    # Taken as WGS 84 the shifted ones would be half a kilometre off, where nobody lives, and be refused.
    assert [point[0] for point in points] == ["a", "a", "a"]


def test_a_system_nobody_knows_is_no_position(chengdu, visitor_of):
    client = visitor_of()
    fields = {**position("wgs84"), "coordinates": "mars", "token": "t"}
    assert client.post("/supply/report", data=fields).status_code == 422
    assert client.post("/supply/here", data=fields).status_code == 422


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("crs", ["wgs84", "gcj02", "bd09"])
def test_the_area_around_a_position_is_told_as_the_map_tells_it(chengdu, visitor_of, crs, language):
    village.put_out(chengdu.engine, village.of("a", 27))
    chengdu.keeper.write()
    page = visitor_of().post(f"/supply/here?lang={language}", data=position(crs))
    assert page.status_code == 200
    assert TEXTS[language]["customer.here.out"].format(customers=25) in page.text


def test_elsewhere_and_without_a_map_it_says_so(chengdu, visitor_of):
    client = visitor_of()
    page = client.post("/supply/here", data=position("wgs84"))
    assert TEXTS["en"]["customer.here.no_map"] in page.text
    village.put_out(chengdu.engine, village.of("a", 4))
    chengdu.keeper.write()
    page = client.post("/supply/here", data=position("wgs84"))
    assert TEXTS["en"]["customer.here.nothing"] in page.text
    for lon, lat in (("0", "0"), ("181", "12"), ("nan", "1"), ("", "")):
        page = client.post("/supply/here", data={"lon": lon, "lat": lat})
        assert page.status_code == (200 if lon == "0" else 422)


def test_the_position_stays_off_the_log_and_the_address(chengdu, visitor_of, caplog):
    caplog.set_level("INFO")
    visitor_of().post("/supply/here", data=position("wgs84"))
    assert "104.07" not in caplog.text
    assert json.dumps(WHERE[1]) not in caplog.text

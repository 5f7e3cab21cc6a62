"""The customers of a city: nobody real, each told from every other, each living at their street."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import shapely

from storm.city import City, make_city

CUSTOMERS = 12_000
EN = re.compile(r"^(?:(?:Flat|Unit) \d+, )?(\d+) ([^,]+), ([^,]+)$")
ZH = re.compile(r"^(.+?(?:街道|镇))(\D+?)(\d+)号(?:(\d+)单元)?(?:(\d{3,4})室)?$")


@pytest.fixture(scope="module")
def english() -> City:
    return make_city(customers=CUSTOMERS, seed=6)


@pytest.fixture(scope="module")
def chinese() -> City:
    return make_city(customers=CUSTOMERS, seed=6, language="zh")


def test_everybody_differs_and_nobody_can_be_reached(english: City) -> None:
    points, customers = english.tables.service_point, english.tables.customer
    for column in (points["meter"], points["account"], points["address"], customers["phone"]):
        assert column.is_unique
    assert (points["account"] == customers["account"]).all()
    assert customers["phone"].str.fullmatch(r"\+999 \d{4} \d{4}").all()
    assert customers["email"].str.fullmatch(r"account-6\d{9}@customers\.example").all()
    assert points["meter"].str.fullmatch(r"SM\d{9}").all()


def test_most_customers_speak_the_language_of_their_city(english: City, chinese: City) -> None:
    for city, language in ((english, "en"), (chinese, "zh")):
        shares = city.tables.customer["language"].value_counts(normalize=True)
        assert 0.88 < shares[language] < 0.97
    in_chinese = chinese.tables.customer["language"] == "zh"
    assert chinese.tables.customer.loc[in_chinese, "name"].str.contains(r"[一-鿿]").all()


def test_both_languages_stand_on_the_same_ground(english: City, chinese: City) -> None:
    assert english.tables.node["id"].equals(chinese.tables.node["id"])
    assert english.tables.service_point["phases"].equals(chinese.tables.service_point["phases"])


def test_addresses_are_written_as_people_write_them(english: City, chinese: City) -> None:
    en, zh = english.tables.service_point["address"], chinese.tables.service_point["address"]
    assert en.str.fullmatch(EN.pattern).all()
    assert zh.str.fullmatch(ZH.pattern).all()
    assert zh.str.contains("单元").any()
    assert en.str.startswith("Flat ").any()


@pytest.mark.parametrize(("language", "pattern", "street_group"), [("en", EN, 2), ("zh", ZH, 2)])
def test_addresses_lie_at_their_street(
    request: pytest.FixtureRequest, language: str, pattern: re.Pattern[str], street_group: int
) -> None:
    city: City = request.getfixturevalue("english" if language == "en" else "chinese")
    streets = city.streets
    lines: dict[str, list[shapely.LineString]] = {}
    lat = float(streets.lat.mean())
    east = 111_319.49 * np.cos(np.radians(lat))
    x, y = streets.lon * east, streets.lat * 111_319.49
    for number, name in enumerate(streets.names):
        nodes = streets.way_nodes[streets.way_starts[number] : streets.way_starts[number + 1]]
        lines.setdefault(name, []).append(shapely.linestrings(x[nodes], y[nodes]))
    points = city.tables.service_point
    places = shapely.points(points.geometry.x * east, points.geometry.y * 111_319.49)
    street = points["address"].str.extract(pattern.pattern)[street_group - 1]
    for name, rows in points.groupby(street).groups.items():
        drawn = shapely.multilinestrings(lines[name])
        assert shapely.distance(places[rows], drawn).max() < 60, name


def test_house_numbers_rise_along_a_street_odd_on_one_side(english: City) -> None:
    points = english.tables.service_point
    parts = points["address"].str.extract(EN.pattern).astype({0: "int64"})
    houses = pd.DataFrame({"number": parts[0], "street": parts[1] + parts[2], "node": points["node"]})
    different = houses.drop_duplicates()
    assert not different.duplicated(["street", "number"]).any()
    assert (houses["number"] % 2 == 0).mean() == pytest.approx(0.5, abs=0.1)


def test_flats_share_a_node_and_houses_do_not(english: City) -> None:
    points = english.tables.service_point
    flats = points["address"].str.startswith("Flat ")
    together = points[flats].groupby("node").size()
    assert together.median() >= 6
    assert not set(points.loc[flats, "node"]) & set(
        points.loc[~points["address"].str[0].isin(["F", "U"]), "node"]
    )


def test_priorities_are_few_and_where_they_belong(english: City) -> None:
    points, names = english.tables.service_point, english.tables.customer["name"]
    assert (points["priority"] == "life_support").mean() == pytest.approx(0.002, abs=0.0005)
    assert set(points["priority"].dropna()) == {"sensitive", "important_1", "important_2", "life_support"}
    assert (points.loc[names.str.endswith(("Hospital", "Waterworks")), "priority"] == "important_1").all()
    assert (points.loc[names.str.endswith(("School", "College")), "priority"] == "sensitive").all()
    assert names.str.endswith("Hospital").any()
    assert (points["peak_kw"] > 0).all()

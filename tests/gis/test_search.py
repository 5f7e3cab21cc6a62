"""A dispatcher finds people and places by whatever they were told, with a letter wrong, in both languages."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis.network_tables import network_tables
from gis.network_versions import import_network
from gis.search import one_mistake, search
from gis.written_text import letter_pairs, split_places, without_numbers, words_and_numbers

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
HOMES = {
    "h1": ("12 Willow Lane, Riverside", "80011", "M-71", "+999 200 100 01"),
    "h2": ("112 Willow Lane, Riverside", "80012", "M-72", "+999 200 100 02"),
    "h3": ("12 Willow Lane, Flat 3, Riverside", "80013", "M-73", "+999 200 100 03"),
    "h4": ("7a Station Road, Northgate", "80014", "M-74", "+999 200 100 04"),
    "h5": ("江北区人民路12号3栋501室", "90011", "表-1", "0999 20010005"),
    "h6": ("江北区人民路112号", "90012", "表-2", None),
    "h7": ("江南区解放东路8号", "90013", "100%", None),
}


@pytest.fixture(scope="module")
def find(database_server):
    from sqlalchemy.orm import Session

    with database_server.fresh_engine() as engine, Session(engine) as session:
        version = import_network(
            session, tables=town(), findings=(), source="t", format="gpkg", now=NOW
        ).network_version

        def ask(query, **options):
            return search(session, network_version=version, query=query, **options)

        yield ask


def town():
    def located(columns):
        count = len(columns["id"])
        places = [shapely.Point(104 + number / 1000, 30.5) for number in range(count)]
        return gpd.GeoDataFrame(columns, geometry=places, crs="EPSG:4326")

    address, account, meter, phone = zip(*HOMES.values(), strict=True)
    layers = {
        "substation": located({"id": ["ST1", "ST2"], "name": ["Riverside Substation", "桃园变电站"]}),
        "node": located({"id": ["N", "n"], "is_source": [True, False], "substation": ["ST1", None]}),
        "switch": located(
            {
                "id": ["CB-7", "F12"], "from_node": "N", "to_node": "n", "phases": "ABC",
                "kind": ["breaker", "fuse"], "normally_open": False, "feeder": ["10kV 桃园线", "Feeder 12"],
                "name": ["Gate breaker", "Willow Lane"],
            }
        ),
        "service_point": located(
            {
                "id": list(HOMES), "node": "n", "phases": "ABC", "customers": 1,
                "address": address, "account": account, "meter": meter,
            }
        ),
        "customer": pd.DataFrame({"account": account, "phone": phone, "name": "Ada Becker"}),
    }  # fmt: skip
    return network_tables(name="town", layers=layers)[0]


def ids(found, kind="service_point"):
    return [one.id for one in found if one.kind == kind]


def titles(found):
    return [one.title for one in found]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("80011", "h1"),
        ("M-72", "h2"),
        ("m-72", "h2"),
        ("h3", "h3"),
        ("表-1", "h5"),
        ("100%", "h7"),
        ("+999 20010001", "h1"),
        ("00999-200 10002", "h2"),
        ("20010004", "h4"),
        ("０２００１０００５", "h5"),
        ("12 willow lane", "h1"),
        ("willow lane 12, riverside", "h1"),
        ("WILLOW LANE 112", "h2"),
        ("12 willow lane flat 3", "h3"),
        ("12 wilow lane", "h1"),
        ("12 wlilow lane", "h1"),
        ("12 willow lnae", "h1"),
        ("7a station rd", None),
        ("7a station", "h4"),
        ("7A Statoin Road", "h4"),
        ("人民路12号", "h5"),
        ("江北区人民路112号", "h6"),
        ("人名路12号", "h5"),
        ("江北区人民陆112", "h6"),
        ("江区北人民路112", "h6"),
        ("江北人区民路112号", "h6"),
        ("解放东路８号", "h7"),
    ],
)
def test_a_customer_is_found_first(find, query, first) -> None:
    found = find(query)
    assert (ids(found)[:1] or [None])[0] == first
    assert first is None or found[0].id == first


def test_a_number_is_whole_and_a_flat_follows_the_house(find) -> None:
    assert ids(find("12 willow lane")) == ["h1", "h3"]
    assert ids(find("1 willow lane")) == []
    assert ids(find("人民路1号")) == []
    assert titles(find("1 willow lane")) == ["Willow Lane, Riverside"]


def test_accounts_and_meters_by_how_they_begin(find) -> None:
    assert ids(find("8001")) == ["h1", "h2", "h3", "h4"]
    assert ids(find("M-7")) == ["h1", "h2", "h3", "h4"]
    assert ids(find("8001", limit=2)) == ["h1", "h2"]
    assert ids(find("800%")) == ids(find("8_011")) == []


@pytest.mark.parametrize(
    ("query", "kind", "title"),
    [
        ("riverside", "district", "Riverside"),
        ("rivreside", "district", "Riverside"),
        ("江北区", "district", "江北区"),
        ("人民路", "street", "江北区人民路"),
        ("桃园变", "substation", "桃园变电站"),
        ("桃圆变电站", "substation", "桃园变电站"),
        ("riverside substaton", "substation", "Riverside Substation"),
        ("feeder 12", "feeder", "Feeder 12"),
        ("10kV桃园线", "feeder", "10kV 桃园线"),
        ("gate braeker", "device", "Gate breaker"),
        ("cb-7", "device", "Gate breaker"),
        ("F12", "device", "Willow Lane"),
    ],
)
def test_a_place_is_found_by_its_name(find, query, kind, title) -> None:
    assert (kind, title) in [(one.kind, one.title) for one in find(query)]


def test_a_feeder_with_another_number_is_not_meant(find) -> None:
    assert find("feeder 1") == find("feeder 2") == []


def test_places_say_where_they_are_and_how_many_live_there(find) -> None:
    district = next(one for one in find("riverside") if one.kind == "district")
    assert (district.customers, round(district.lon, 4)) == (3, 104.001)
    assert next(one for one in find("桃园变电站") if one.kind == "substation").lon == pytest.approx(104.001)


def test_a_street_with_flats_is_one_and_stands_before_devices_of_its_name(find) -> None:
    lane, device = find("Willow Lane")
    assert (lane.kind, lane.title, lane.customers) == ("street", "Willow Lane, Riverside", 3)
    assert (device.kind, device.id) == ("device", "F12")


def test_nothing_personal_is_told_or_looked_through(find) -> None:
    assert find("Ada Becker") == find("Becker") == []
    (found,) = find("20010001")
    assert "200" not in "".join(str(getattr(found, name)) for name in ("id", "title", "account", "matched"))


@pytest.mark.parametrize(
    "query", ["", " ", "x", "%", "__", "'; DROP TABLE node", "\x00\x00", "(((", "€" * 400]
)
def test_odd_queries_find_nothing_and_break_nothing(find, query) -> None:
    assert find(query) == []


@given(st.text("abcdefg", min_size=4, max_size=9), st.randoms(use_true_random=False))
def test_every_single_mistake_is_covered_and_two_are_not(word: str, chance: random.Random) -> None:
    def mistype(text: str) -> str:
        at = chance.randrange(1, len(text) - 1)
        return chance.choice(
            [
                text[:at] + "x" + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + "x" + text[at:],
                text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            ]
        )

    pattern = re.compile(one_mistake(mistype(word)))
    assert pattern.search(f"zz{word}zz")


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("Flat 7, 12 Alder Street, Northgate", "Alder Street, Northgate"),
        ("12 River Road, Flat 3, LV5.101", "River Road"),
        ("LV5.101 滨江路12号3栋501室", "滨江路"),
        ("7a Station Road", "Station Road"),
    ],
)
def test_a_street_is_shown_without_numbers_and_codes(address: str, street: str) -> None:
    assert without_numbers(address) == street


def test_how_text_is_taken_apart() -> None:
    assert words_and_numbers("12a Willow Lane, Flat 3") == ("willowlaneflat", ["12a", "3"])
    assert words_and_numbers("江北区人民路１２号") == ("江北区人民路号", ["12"])
    assert split_places("江北区人民路") == ["江北区", "人民路"]
    assert split_places("桃园变") == ["桃园变"]
    assert letter_pairs("桃园a") == ["园", "园a", "桃", "桃园"]
    assert letter_pairs("ab") == ["ab"]

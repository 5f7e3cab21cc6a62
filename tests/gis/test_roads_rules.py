"""Speeds, access, one-ways and barriers, as OpenStreetMap's wiki and OSRM's car profile have them."""

from __future__ import annotations

import pytest

from gis.roads.access import Access, Direction, UnknownTagValueError, access_of, direction_of, is_blocked
from gis.roads.speeds import CLASS_KMH, UnknownMaxspeedError, speed_limit_kmh
from gis.roads.way_rules import Doubt, way_rules


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("50", 50.0),
        ("60 mph", 96.56064),
        ("25mph", 40.2336),
        ("30 km/h", 30.0),
        ("70;50", 50.0),
        ("CN:urban", 50.0),
        ("CN:rural", 70.0),
        ("CN:motorway", 120.0),
        ("DE:rural", 100.0),
        ("FR:urban", 50.0),
        ("XX:rural", 90.0),
        ("RU:urban", 60.0),
        ("GB:nsl_single", 96.56064),
        ("DE:zone:30", 30.0),
        ("zone20", 20.0),
        ("walk", 7.0),
        ("DE:walk", 7.0),
        ("none", 130.0),
        ("signals", None),
        ("", None),
    ],
)
def test_maxspeed_is_read(value, kmh):
    assert speed_limit_kmh(value) == (None if kmh is None else pytest.approx(kmh))


@pytest.mark.parametrize("value", ["fast", "0", "999", "30 knots", "XX:moon", "-5"])
def test_a_maxspeed_that_is_no_speed_is_told(value):
    with pytest.raises(UnknownMaxspeedError):
        speed_limit_kmh(value)


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        *(({"highway": road_class}, speed) for road_class, speed in CLASS_KMH.items()),
        ({"highway": "primary", "maxspeed": "50"}, 40.0),
        ({"highway": "residential", "maxspeed": "30"}, 24.0),
        ({"highway": "primary", "surface": "gravel"}, 40.0),
        ({"highway": "unclassified", "maxspeed": "100", "surface": "sand"}, 20.0),
        ({"highway": "track", "tracktype": "grade1"}, 25.0),
        ({"highway": "track", "tracktype": "grade5"}, 15.0),
        ({"highway": "living_street", "maxspeed": "walk"}, 5.6),
        ({"highway": "service", "maxspeed": "5"}, 5.0),
        ({"highway": "residential", "maxspeed": "quick"}, 25.0),
    ],
)
def test_speed_is_that_of_limit_class_and_surface(tags, kmh):
    assert way_rules({**tags, "oneway": "no"}).forward_kmh == pytest.approx(kmh)
    assert way_rules({**tags, "oneway": "no"}).backward_kmh == pytest.approx(kmh)


def test_each_direction_may_have_its_own_limit():
    rules = way_rules({"highway": "primary", "maxspeed": "50", "maxspeed:backward": "100"})

    assert (rules.forward_kmh, rules.backward_kmh) == (40.0, 80.0)


@pytest.mark.parametrize(
    ("tags", "direction"),
    [
        ({"highway": "residential"}, Direction.BOTH),
        ({"highway": "residential", "oneway": "yes"}, Direction.FORWARD),
        ({"highway": "residential", "oneway": "1"}, Direction.FORWARD),
        ({"highway": "residential", "oneway": "-1"}, Direction.BACKWARD),
        ({"highway": "residential", "oneway": "reversible"}, Direction.REVERSIBLE),
        ({"highway": "residential", "oneway": "alternating"}, Direction.BOTH),
        ({"highway": "residential", "oneway": "yes", "oneway:motor_vehicle": "no"}, Direction.BOTH),
        ({"highway": "motorway"}, Direction.FORWARD),
        ({"highway": "motorway_link"}, Direction.FORWARD),
        ({"highway": "motorway", "oneway": "no"}, Direction.BOTH),
        ({"highway": "trunk"}, Direction.BOTH),
        ({"highway": "tertiary", "junction": "roundabout"}, Direction.FORWARD),
        ({"highway": "tertiary", "junction": "roundabout", "oneway": "-1"}, Direction.BACKWARD),
    ],
)
def test_direction(tags, direction):
    assert direction_of(tags) is direction


@pytest.mark.parametrize(
    ("tags", "access"),
    [
        ({}, Access.OPEN),
        ({"access": "no"}, Access.CLOSED),
        ({"access": "private"}, Access.BY_PERMISSION),
        ({"access": "no", "motor_vehicle": "yes"}, Access.OPEN),
        ({"access": "yes", "motor_vehicle": "private"}, Access.BY_PERMISSION),
        ({"motor_vehicle": "no", "motorcar": "destination"}, Access.BY_PERMISSION),
        ({"vehicle": "no"}, Access.CLOSED),
        ({"motor_vehicle": "agricultural;forestry"}, Access.BY_PERMISSION),
        ({"access": "permissive"}, Access.OPEN),
    ],
)
def test_the_most_specific_key_decides_who_may_drive(tags, access):
    assert access_of(tags) is access


def test_unknown_values_are_told():
    with pytest.raises(UnknownTagValueError, match="unbekannt"):
        access_of({"motor_vehicle": "unbekannt"})
    with pytest.raises(UnknownTagValueError, match="sometimes"):
        direction_of({"highway": "residential", "oneway": "sometimes"})


@pytest.mark.parametrize(
    ("tags", "is_driven", "by_permission", "doubts"),
    [
        ({"access": "no"}, False, False, []),
        ({"area": "yes"}, False, False, []),
        ({"oneway": "reversible"}, False, False, [Doubt.REVERSIBLE]),
        ({"access": "private"}, True, True, []),
        ({"access": "authorized"}, True, True, [Doubt.ACCESS]),
        ({"oneway": "sometimes"}, True, False, [Doubt.ONEWAY]),
        ({"maxspeed": "quick"}, True, False, [Doubt.MAXSPEED]),
    ],
)
def test_ways_that_are_not_driven_or_in_doubt(tags, is_driven, by_permission, doubts):
    rules = way_rules({"highway": "residential", **tags})

    assert (rules.is_driven, rules.by_permission) == (is_driven, by_permission)
    assert [doubt for doubt, _ in rules.doubts] == doubts


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({}, False),
        ({"barrier": "bollard"}, True),
        ({"barrier": "block"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "no"}, True),
        ({"barrier": "gate", "access": "private"}, False),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "bollard", "access": "who_knows"}, True),
        ({"barrier": "toll_booth"}, False),
    ],
)
def test_barriers(tags, blocked):
    assert is_blocked(tags) is blocked

"""The storm stays where crews can drive."""

from random import Random

from api.demo.district import RADIUS_M, choose_district
from gis.place import Place
from gis.travel import straight_line_m


def test_a_small_network_is_one_district():
    places = {f"p{n}": Place(lon=11.4 + n / 1000, lat=53.6) for n in range(20)}
    assert choose_district(places=places, random=Random(1)) == places


def test_of_two_far_towns_the_larger_one_is_the_district():
    large = {f"a{n}": Place(lon=11.4 + n / 1000, lat=53.6) for n in range(50)}
    small = {f"b{n}": Place(lon=13.4 + n / 1000, lat=48.6) for n in range(5)}
    district = choose_district(places={**small, **large}, random=Random(1))
    assert set(district) == set(large)
    spots = list(district.values())
    assert all(straight_line_m(origin=spots[0], destination=spot) < 2 * RADIUS_M for spot in spots)

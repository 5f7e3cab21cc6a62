"""The ground of a city: a river that few streets cross, even substations, feeders of the right size."""

from __future__ import annotations

import numpy as np
import pytest

from storm.city.feeders import LEAST_CUSTOMERS, MOST_CUSTOMERS, make_feeders
from storm.city.power import customers_by_corner
from storm.city.sizing import settle
from storm.city.street_plan import StreetClass
from storm.city.substations import make_supply_areas


@pytest.fixture(scope="module")
def ground():
    return settle(seed=3, customers=150_000)


def test_only_main_streets_and_country_roads_cross_the_river(ground) -> None:
    plan, river = ground[0].plan, ground[0].river
    away = river.signed_distance_m(plan.x_m, plan.y_m)
    crosses = away[plan.from_nodes] * away[plan.to_nodes] < 0
    crosses &= plan.street_class != StreetClass.COUNTRY
    in_town = crosses & (plan.place[plan.from_nodes] == 0)
    assert 2 <= in_town.sum() <= 12
    assert (plan.street_class[in_town] <= StreetClass.SECONDARY).all()


def test_nobody_lives_in_the_river_or_on_a_bridge(ground) -> None:
    town, buildings = ground
    in_town = town.plan.place[town.plan.from_nodes[buildings.edge]] == 0
    away = np.abs(town.river.signed_distance_m(buildings.x_m, buildings.y_m))
    assert (away[in_town] > town.river.width_m / 2 - 5).all()


def test_substations_share_the_city_evenly_and_feeders_have_their_size(ground) -> None:
    town, buildings = ground
    customers = customers_by_corner(buildings, town.plan)
    areas = make_supply_areas(town.plan, customers)
    load = np.bincount(areas.substation, weights=customers)
    assert areas.count == 5
    assert load.sum() == 150_000
    assert (load > 20_000).all()
    assert (load < 40_000).all()
    trees = make_feeders(areas, customers)
    served = trees.feeder_at >= 0
    sizes = np.bincount(trees.feeder_at[served], weights=customers[served])
    # One of each substation takes what is left.
    assert (sizes >= LEAST_CUSTOMERS).sum() >= trees.feeder_count - areas.count
    assert (sizes <= MOST_CUSTOMERS + 500).all()


def test_each_feeder_is_a_tree_of_its_own_along_streets(ground) -> None:
    town, buildings = ground
    customers = customers_by_corner(buildings, town.plan)
    areas = make_supply_areas(town.plan, customers)
    trees = make_feeders(areas, customers)
    children = np.flatnonzero(trees.parent >= 0)
    assert (trees.parent[children] < children).all()
    assert (trees.feeder[trees.parent[children]] == trees.feeder[children]).all()
    plan = town.plan
    streets = set(zip(plan.from_nodes.tolist(), plan.to_nodes.tolist(), strict=True))
    streets |= {(b, a) for a, b in streets}
    ends = zip(trees.corner[trees.parent[children]].tolist(), trees.corner[children].tolist(), strict=True)
    assert streets.issuperset(ends)

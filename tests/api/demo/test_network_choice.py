"""The demo plays on a city made to order, which is made once and kept."""

import pytest

from api.demo.errors import DemoError
from api.demo.network_choice import choose_network
from gis.network_package import read_network_package
from gis.roads.reading import read_roads
from storm.city import make_city, write_city
from storm.errors import CityTooLargeError, NoCustomersError


def test_a_city_is_made_once_and_an_older_one_goes(tmp_path):
    said = []
    older = tmp_path / "city-60.0123456789ab.gpkg"
    older_streets = tmp_path / "city-60.0123456789ab.osm.pbf"
    older.touch()
    older_streets.touch()
    for _ in range(2):
        chosen = choose_network(network="city", customers=60, folder=tmp_path, report=said.append)
    assert len(said) == 1
    assert not older.exists()
    assert not older_streets.exists()
    assert chosen.name == "city-60"
    tables, _ = read_network_package(chosen.path)
    assert len(tables.service_point) == 60
    assert read_roads(chosen.roads).roads.segment_count > 0


def test_the_roads_beside_a_package_are_driven_on(tmp_path):
    city = make_city(customers=60, seed=2)
    package = tmp_path / "own.gpkg"
    write_city(city, package=package, streets=tmp_path / "own.osm.pbf")
    assert choose_network(network=str(package), customers=None, folder=tmp_path, report=print).roads == (
        tmp_path / "own.osm.pbf"
    )
    (tmp_path / "own.osm.pbf").unlink()
    assert choose_network(network=str(package), customers=None, folder=tmp_path, report=print).roads is None


@pytest.mark.parametrize(("customers", "error"), [(-1, NoCustomersError), (10_000_000, CityTooLargeError)])
def test_a_city_nobody_can_make_is_refused_at_once(tmp_path, customers, error):
    with pytest.raises(error):
        choose_network(network="city", customers=customers, folder=tmp_path, report=print)


def test_a_size_without_a_city_is_refused(tmp_path):
    with pytest.raises(DemoError, match="--network city"):
        choose_network(network="simbench-all", customers=5, folder=tmp_path, report=print)

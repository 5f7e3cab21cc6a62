"""The demo plays on a city made to order, which is made once and kept."""

import pytest

from api.demo.errors import DemoError
from api.demo.network_choice import choose_network
from gis.network_package import read_network_package
from storm.errors import CityTooLargeError, NoCustomersError


def test_a_city_is_made_once_and_an_older_one_goes(tmp_path):
    said = []
    older = tmp_path / "city-60.0123456789ab.gpkg"
    older.touch()
    for _ in range(2):
        chosen = choose_network(network="city", customers=60, folder=tmp_path, report=said.append)
    assert len(said) == 1
    assert not older.exists()
    assert chosen.name == "city-60"
    tables, _ = read_network_package(chosen.path)
    assert len(tables.service_point) == 60


@pytest.mark.parametrize(("customers", "error"), [(-1, NoCustomersError), (10_000_000, CityTooLargeError)])
def test_a_city_nobody_can_make_is_refused_at_once(tmp_path, customers, error):
    with pytest.raises(error):
        choose_network(network="city", customers=customers, folder=tmp_path, report=print)


def test_a_size_without_a_city_is_refused(tmp_path):
    with pytest.raises(DemoError, match="--network city"):
        choose_network(network="simbench-all", customers=5, folder=tmp_path, report=print)

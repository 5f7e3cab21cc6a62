"""A network version is read and walked once; every process then maps the same file."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import text

from dispatch.network_cache import NetworkCache
from dispatch.transactions import intake_transaction
from gis.network_versions import activate_network_version, import_network
from tests.dispatch.conftest import START, drawn_tables
from topology.network_load import LoadRules

BEHIND_B1 = ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"]


def behind_b1(traced) -> list[str]:
    found = traced.tree.service_points_behind(traced.network.device_index("B1"))
    return sorted(traced.network.service_point_ids(found))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "networks"


def test_the_second_process_needs_no_row_of_the_network(world, folder):
    first = world.ask(NetworkCache(folder=folder).in_force)
    assert behind_b1(first) == BEHIND_B1
    with world.engine.begin() as connection:
        connection.execute(text("DELETE FROM service_point"))
    second = world.ask(NetworkCache(folder=folder).in_force)
    assert behind_b1(second) == BEHIND_B1
    assert len(list(folder.iterdir())) == 1


def test_a_damaged_file_is_made_anew(world, folder, caplog):
    world.ask(NetworkCache(folder=folder).in_force)
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:300])
    with caplog.at_level(logging.WARNING):
        traced = world.ask(NetworkCache(folder=folder).in_force)
    assert "damaged" in caplog.text
    assert behind_b1(traced) == BEHIND_B1
    assert behind_b1(world.ask(NetworkCache(folder=folder).in_force)) == BEHIND_B1


def test_a_folder_that_cannot_be_written_costs_only_memory(world, tmp_path, caplog):
    (tmp_path / "networks").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        traced = world.ask(NetworkCache(folder=tmp_path / "networks").in_force)
    assert "cannot be kept" in caplog.text
    assert behind_b1(traced) == BEHIND_B1


def test_the_version_before_is_kept_for_a_step_back(world, folder):
    networks = NetworkCache(folder=folder)
    world.ask(networks.in_force)
    for step in range(1, 4):
        now = START + timedelta(days=step)
        with intake_transaction(world.engine) as session:
            version = import_network(
                session, tables=drawn_tables(), findings=(), source="again", format="text", now=now
            ).network_version
            activate_network_version(session, network_version=version, now=now)
        assert world.ask(networks.in_force).network_version == version
    assert sorted(int(path.name.split("-")[0]) for path in folder.iterdir()) == [version - 1, version]


def test_loads_are_summed_by_the_rules_given(world):
    rules = LoadRules(coincidence=0.35)
    assert world.ask(NetworkCache(load_rules=rules).load_meter).load.rules == rules

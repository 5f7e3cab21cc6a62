"""Fixtures of the api tests: a world with the real application on a real database."""

import importlib.util
import sys
from pathlib import Path

import pytest

from api import throttle


def _load(name):
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"relight_tests_{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def world_module():
    return _load("world")


@pytest.fixture(scope="session")
def _world_template(database_server, world_module):
    return database_server.furnished("world", world_module.furnish)


@pytest.fixture
def database_template(request):
    return request.getfixturevalue("_world_template") if "world" in request.fixturenames else None


@pytest.fixture
def world(engine, world_module):
    world = world_module.World(engine)
    yield world
    world.close()


@pytest.fixture(scope="session")
def quiet_world(database_server, _world_template, world_module):
    """A world for tests that leave nothing behind in it; making one for each would double the run."""
    with database_server.fresh_engine(_world_template) as engine:
        world = world_module.World(engine)
        yield world
        world.close()


@pytest.fixture
def lines(world_module):
    return world_module.lines


@pytest.fixture(scope="session")
def pages():
    return _load("supply_pages")


@pytest.fixture(scope="session")
def desk_module():
    return _load("desk")


@pytest.fixture
def desk(world, desk_module):
    return desk_module.Desk(world)


@pytest.fixture
def visitor(world, desk_module):
    """Return a customer's client: visitor() of nobody, visitor("a1") let in to the page of a1."""

    def let_in(household=None, *, language="en"):
        return desk_module.let_in(world, household, language=language)

    return let_in


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    """Nobody who runs the tests has to wait as somebody does who guesses."""
    monkeypatch.setattr(throttle, "FIRST_PAUSE_S", 0.0)

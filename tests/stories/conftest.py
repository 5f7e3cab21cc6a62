"""Fixtures of the stories: the world of the api tests, the real application on a real database."""

import importlib.util
import sys
from pathlib import Path

import pytest


def _load(name):
    path = Path(__file__).parents[1] / "api" / f"{name}.py"
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


@pytest.fixture
def lines(world_module):
    return world_module.lines

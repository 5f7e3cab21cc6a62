"""Fixtures of the tests of reliability."""

import importlib.util
import sys
from pathlib import Path

import pytest

_PATH = Path(__file__).with_name("rows.py")


def _load():
    spec = importlib.util.spec_from_file_location("relight_tests_reliability_rows", _PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


ROWS = _load()


@pytest.fixture(scope="session")
def interruptions():
    """Make columns of (begin, minutes, customers[, service point[, kind]]); begin in minutes of 2026."""
    return ROWS.interruptions

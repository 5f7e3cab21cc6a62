"""Fixtures of the gis room's tests."""

from __future__ import annotations

import pytest

from gis.network_tables import NetworkTables, network_tables
from tests.gis.example_network import example_layers


@pytest.fixture
def example_network() -> NetworkTables:
    """The small network, clean."""
    tables, findings = network_tables(name="桃园", layers=example_layers())
    assert findings == ()
    return tables

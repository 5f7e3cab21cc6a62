"""A small town to let storms loose on, and the moment they begin."""

from datetime import UTC, datetime

import pytest

from storm.directory import Identity
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

#  grid ──[B1]── a1 ── a2 ── a3 …          two feeders, B1 and B2, joined by an open tie
#                │     │     │
#              (T1-1)(T1-2)(T1-3)          four transformers each
#                │
#              [F1-1-1] [F1-1-2]           two fuses below each, three service points below each fuse
FEEDERS, TRANSFORMERS, FUSES, POINTS = 2, 4, 2, 3


def town_text():
    lines = ["source grid", "tie TIE a1-4 a2-4"]
    for feeder in range(1, FEEDERS + 1):
        lines.append(f"breaker B{feeder} grid a{feeder}-0")
        for number in range(1, TRANSFORMERS + 1):
            name = f"{feeder}-{number}"
            lines += [f"line L{name} a{feeder}-{number - 1} a{name}", f"transformer T{name} a{name} b{name}"]
            for fuse in range(1, FUSES + 1):
                lines += [
                    f"fuse F{name}-{fuse} b{name} c{name}-{fuse}",
                    f"service_points p{name}-{fuse} c{name}-{fuse} {POINTS}",
                ]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def town():
    network, findings = parse_text_network(town_text())
    assert findings == ()
    return SupplyTree(network, SwitchState.normal(network))


@pytest.fixture(scope="session")
def identities(town):
    points = town.network.service_point_ids(range(town.network.service_point_count))
    return {
        point: Identity(account=f"account {point}", phone=f"phone {point}", meter=f"meter {point}")
        for point in points
    }


@pytest.fixture(scope="session")
def noon():
    return datetime(2026, 7, 1, 12, tzinfo=UTC)

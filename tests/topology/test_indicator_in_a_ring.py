"""A fault indicator may stand on any device, also inside a ring: the current came through what feeds it."""

from collections.abc import Callable
from datetime import UTC, datetime

from topology.inference import infer
from topology.observations import Observation, ObservationKind
from topology.supply_tree import SupplyTree

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_an_indicator_in_a_ring_points_at_the_breaker_above(draw_tree: Callable[[str], SupplyTree]):
    # S --B1-- N1 (P) --L1-- N2
    #           \------L2----/
    tree = draw_tree("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        line L2 N1 N2
        service_points P N1 4
    """)
    call = Observation("1", ObservationKind.TROUBLE_CALL, NOW, "P-1")
    assert [one.device for one in infer(tree=tree, observations=[call], now=NOW).outages] == ["P-1"]
    for at in ("L1", "L2"):
        seen = Observation("2", ObservationKind.FAULT_INDICATOR, NOW, at, result="fault")
        (outage,) = infer(tree=tree, observations=[call, seen], now=NOW).outages
        assert outage.device == "B1"

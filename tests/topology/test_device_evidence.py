"""What is said about devices themselves, as ratios of opening against not opening."""

import numpy as np
import pytest
from topology_stories import moment, say

from topology.blame_tree import grow_blame_tree
from topology.device_evidence import CREW_ERRORS, device_ratios
from topology.fault_priors import cut_states
from topology.observations import ObservationKind
from topology.phases import parse_phases
from topology.rates import EvidenceRates
from topology.statements import read_statements

OPEN, CLOSED = ObservationKind.SWITCH_OPEN, ObservationKind.SWITCH_CLOSED
CREW, INDICATOR = ObservationKind.CREW_FINDING, ObservationKind.FAULT_INDICATOR
RATES = EvidenceRates(
    telemetry_missed=0.02, telemetry_false=0.001, indicator_missed=0.2, indicator_false=0.02
)
# S --B1-- N1 --L1-- N2 --F1-- N3 (P/A: 2)    N2 --F2-- N4 (Q: 2)    N1 --F3-- N5 (R: 2)
FEEDER = """
source S
breaker B1 S N1
line L1 N1 N2
fuse F1 N2 N3
fuse F2 N2 N4
fuse F3 N1 N5
service_points P N3 2 A
service_points Q N4 2
service_points R N5 2
"""


@pytest.fixture
def told(draw_tree):
    tree = draw_tree(FEEDER)
    blame = grow_blame_tree(tree)
    states = cut_states(blame.taken)

    def told(*said, known=(), reported_since=lambda *_: False):
        statements = read_statements(tree.network, said, moment(60))
        vertices, ratios = device_ratios(
            blame=blame,
            states=states,
            rates=RATES,
            said=statements.devices,
            known=set(tree.network.find_devices(list(known)).tolist()),
            reported_since=reported_since,
        )
        devices = tree.network.device_ids(blame.device[vertices])
        assert (ratios[:, 0] == 1).all()
        return dict(zip(devices, ratios, strict=True)), states

    return told


def whole(told_and_states):
    """The ratio by device where it is the same for all that may open."""
    ratios, _ = told_and_states
    assert all(len(set(ratio[1:].tolist())) == 1 for ratio in ratios.values())
    return {device: float(ratio[1]) for device, ratio in ratios.items()}


def test_nothing_said_weighs_nothing(told):
    ratios, _ = told()
    assert ratios == {}


def test_telemetry(told):
    assert whole(told(say(0, CLOSED, "B1"))) == pytest.approx({"B1": 0.02})
    ratios, states = told(say(0, OPEN, "B1", phases=parse_phases("A")))
    assert ratios["B1"][states.of_mask[parse_phases("A")]] == pytest.approx(0.98 / 0.001)
    assert ratios["B1"][states.of_mask[parse_phases("ABC")]] == pytest.approx(0.98 / 0.001)
    assert ratios["B1"][states.of_mask[parse_phases("BC")]] == 1
    # What is known to be open is not weighed besides, and what nobody blames has no odds.
    assert told(say(0, OPEN, "B1"), known=["B1"])[0] == {}
    assert told(say(0, CLOSED, "L1"))[0] == {}


def test_a_crew_excludes_what_it_found_in_order_until_somebody_reports(told):
    found = say(0, CREW, "F1", "closed")
    assert whole(told(found)) == {"F1": CREW_ERRORS}
    asked = []

    def reported_since(vertex, at):
        asked.append(at)
        return True

    assert told(found, reported_since=reported_since)[0] == {}
    assert asked == [moment(0)]


def test_an_indicator_that_saw_a_current(told):
    seen = 0.8 / 0.02
    assert whole(told(say(0, INDICATOR, "F1", "fault"))) == pytest.approx({"F1": seen, "B1": (seen + 1) / 2})
    # On a line it speaks for what hangs behind the line, not for F3 beside it.
    assert whole(told(say(0, INDICATOR, "L1", "fault"))) == pytest.approx(
        {"F1": seen, "F2": seen, "B1": (seen + 1) / 2}
    )
    assert set(whole(told(say(0, INDICATOR, "B1", "fault")))) == {"B1", "F1", "F2", "F3"}


def test_an_indicator_that_saw_none_and_one_that_says_nothing(told):
    none = 0.2 / 0.98
    assert whole(told(say(0, INDICATOR, "L1", "no_fault"))) == pytest.approx(
        {"F1": none, "F2": none, "B1": (none + 1) / 2}
    )
    assert told(say(0, INDICATOR, "L1", "unknown"))[0] == {}


def test_what_is_said_of_one_device_multiplies(told):
    ratios = whole(told(say(0, CLOSED, "B1"), say(0, INDICATOR, "F1", "fault")))
    assert ratios["B1"] == pytest.approx(0.02 * (0.8 / 0.02 + 1) / 2)


def test_an_indicator_in_a_ring_stands_for_what_feeds_the_ring(draw_tree):
    # S --B1-- N1 ==L1, L2== N2 --F1-- N3 (P)
    tree = draw_tree("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        line L2 N1 N2
        fuse F1 N2 N3
        service_points P N3 2
    """)
    blame = grow_blame_tree(tree)
    statements = read_statements(tree.network, [say(0, INDICATOR, "L1", "fault")], moment(9))
    vertices, ratios = device_ratios(
        blame=blame,
        states=cut_states(blame.taken),
        rates=RATES,
        said=statements.devices,
        known=set(),
        reported_since=lambda *_: False,
    )
    assert tree.network.device_ids(blame.device[vertices]) == ["B1", "F1"]
    assert np.allclose(ratios[:, 1], 0.8 / 0.02)

"""Which faults lie upstream of which, against a twin that opens devices and looks who is fed."""

from collections.abc import Callable
from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.phases import ABC, parse_phases
from topology.precedence import FaultPlace, upstream_faults
from topology.supply_tree import SupplyTree

#   S ─B1─ N1 ─R1─ N2 ─F1─ N3 ─T1─ N4   p
#                   └─F2─ N5 ─T2─ N6   q
FEEDER = """
    source S
    breaker B1 S N1
    recloser R1 N1 N2
    fuse F1 N2 N3
    transformer T1 N3 N4
    service_point p N4 1
    fuse F2 N2 N5
    transformer T2 N5 N6
    service_point q N6 1
"""


def named(tree: SupplyTree, *ids: str) -> dict[str, set[str]]:
    found = upstream_faults(tree, [FaultPlace(id=id, phases=ABC) for id in ids])
    return {id: {ids[number] for number in above} for id, above in zip(ids, found, strict=True)}


def test_all_that_feeds_it_is_upstream_and_its_neighbours_are_not(draw_tree: Callable[[str], SupplyTree]):
    found = named(draw_tree(FEEDER), "p", "T1", "F2", "F1", "B1", "unheard-of")
    assert found == {
        "p": {"T1", "F1", "B1"},
        "T1": {"F1", "B1"},
        "F2": {"B1"},
        "F1": {"B1"},
        "B1": set(),
        "unheard-of": set(),
    }


def test_faults_on_different_phases_do_not_wait_for_each_other(draw_tree: Callable[[str], SupplyTree]):
    faults = [FaultPlace(id="B1", phases=parse_phases("A")), FaultPlace(id="F1", phases=parse_phases("BC"))]
    assert upstream_faults(draw_tree(FEEDER), faults) == ((), ())


def test_a_device_in_a_ring_is_upstream_of_nothing(draw_tree: Callable[[str], SupplyTree]):
    tree = draw_tree(FEEDER + "line X1 N1 N2\n")
    assert named(tree, "R1", "F1", "B1", "X1") == {"R1": {"B1"}, "F1": {"B1"}, "B1": set(), "X1": {"B1"}}


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_equals_the_twin(data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]):
    drawn = data.draw(twin.drawn_networks())
    tree = tree_of_rows(drawn)
    ids = [row[0] for row in drawn.devices] + [row[0] for row in drawn.service_points]
    phases = [data.draw(st.sampled_from(twin.PHASE_SETS)) for _ in ids]
    faults = [FaultPlace(id=id, phases=parse_phases(one)) for id, one in zip(ids, phases, strict=True)]
    ends = {device: (a, b) for device, _, a, b, _, _ in drawn.devices}
    nodes = {point: node for point, node, _, _ in drawn.service_points}
    for i, found in enumerate(upstream_faults(tree, faults)):
        slow = set()
        for j, other in enumerate(ids):
            if other in nodes or other == ids[i]:
                continue
            for phase in set(phases[i]) & set(phases[j]):
                lost = drawn.energised(phase) - drawn.energised(phase, other)
                if ids[i] in nodes:
                    is_below = nodes[ids[i]] in lost
                else:
                    closed = {key for _, _, key in drawn.live(phase).edges(keys=True)}
                    is_below = ids[i] in closed and set(ends[ids[i]]) <= lost
                if is_below:
                    slow.add(j)
        assert set(found) == slow

"""Restoration proposals on drawn networks: ties alone and together, tags, dangers, ratings, two faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from topology.dangers import Danger
from topology.errors import UnknownDeviceError
from topology.load_flow import LoadMeter
from topology.network_load import NetworkLoad
from topology.restoration import SOURCE_IN_SECTION, Restoration, propose_restoration
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switching_preview import rehearse
from topology.switching_step import CloseDevice, OpenDevice
from topology.temporary_supply import Generator

# S -B1- A1 -W1- A2 -L2- A3 -W2- A4 -W3- A5 ..T1.. X ..T2.. C2 -B2- S2
#         P1(2)   P2(1)  P3(1)   P4(10)  P5(5)               Q(20)
#                                  |
#                                  ......T3...... D2 -B3- S3
#                                                 R(4)
TEXT = """
source S
source S2
source S3
breaker B1 S A1
switch W1 A1 A2
line L2 A2 A3
switch W2 A3 A4
switch W3 A4 A5
tie T1 A5 X
tie T2 X C2
breaker B2 S2 C2
tie T3 A4 D2
breaker B3 S3 D2
service_point P1 A1 2
service_point P2 A2 1
service_point P3 A3 1
service_point P4 A4 10
service_point P5 A5 5
service_point Q C2 20
service_point R D2 4
"""


@pytest.fixture
def tree(draw_tree: Callable[[str], SupplyTree]) -> SupplyTree:
    return draw_tree(TEXT)


@pytest.fixture
def propose(tree: SupplyTree) -> Callable[..., Restoration]:
    """Propose for a fault on L2 that tripped B1, with ratings in amperes at 10 kV and 10 kW a customer."""

    def ask(faulted=("L2",), rated=None, supply=None, **more) -> Restoration:
        network = tree.network
        load = NetworkLoad.unknown(network)
        if rated is not None:
            rated_a = load.device_rated_a.copy()
            rated_a[[network.device_index(one) for one in rated]] = list(rated.values())
            load = replace(
                load,
                device_rated_a=rated_a,
                node_nominal_kv=np.full(network.node_count, 10.0),
                service_point_peak_kw=network.service_point_customers * 10.0,
            )
        tripped = supply or Supply(tree).opened([network.device_index("B1")])
        return propose_restoration(supply=tripped, faulted=faulted, meter=LoadMeter(tree, load), **more)

    return ask


def switched(proposal) -> tuple[list[str], list[str]]:
    opened = [one.device for one in proposal.steps if isinstance(one, OpenDevice)]
    closed = [one.device for one in proposal.steps if isinstance(one, CloseDevice)]
    return opened, closed


def test_the_first_proposal_feeds_all_healthy_parts_with_fewest_steps(propose):
    found = propose()
    assert found.isolation.to_open == ("W1", "W2")
    assert found.isolation.service_points == ("P2", "P3")
    assert found.dead_service_points == ("P1", "P4", "P5")
    assert found.dead_customers == 17
    assert found.is_exhaustive
    first = found.proposals[0]
    assert switched(first) == (["W1", "W2"], ["B1", "T3"])
    assert first.customers == 17
    assert first.service_points == ("P1", "P4", "P5")
    parts = {part.close: (part.feeder, part.customers) for part in first.parts}
    assert parts == {"B1": (None, 2), "T3": ("B3", 15)}
    assert first.margin is None
    assert first.holds_ratings


def test_a_tie_of_two_switches_is_closed_dead_end_first(propose):
    found = propose(held={"T3"})
    opened, closed = switched(found.proposals[0])
    assert opened == ["W1", "W2"]
    assert closed.index("T1") < closed.index("T2")
    assert set(closed) == {"B1", "T1", "T2"}
    for proposal in found.proposals:
        opened, closed = switched(proposal)
        assert "T3" not in {*opened, *closed}
        kinds = [isinstance(one, OpenDevice) for one in proposal.steps]
        assert kinds == sorted(kinds, reverse=True)


def test_ratings_split_the_load_over_two_ties(propose):
    amperes = np.sqrt(3) * 10 / (10 * 0.92) / 3
    rated = {"B3": 15 * amperes, "B2": 26 * amperes, "B1": 100 * amperes}
    found = propose(rated=rated, most=50)
    first = found.proposals[0]
    assert switched(first)[0] == ["W1", "W2", "W3"]
    assert set(switched(first)[1]) == {"B1", "T1", "T2", "T3"}
    assert first.customers == 17
    assert first.holds_ratings
    assert first.margin == pytest.approx(1 - 25 / 26)
    assert found.is_exhaustive
    over = [one for one in found.proposals if not one.holds_ratings]
    assert over
    assert found.proposals.index(over[0]) == len(found.proposals) - len(over)
    assert {one.device for one in over[0].load.overloads} <= {"B2", "B3"}


def test_what_more_could_be_fed_beyond_ratings_is_shown_last(propose):
    found = propose(rated={"B1": 0.01, "B2": 0.01, "B3": 0.01}, most=2)
    # B1 carries no more than in the normal state.
    assert found.proposals[0].service_points == ("P1",)
    assert found.proposals[0].holds_ratings
    assert found.proposals[0].load.above_rating_as_normal == 1
    beyond = found.proposals[-1]
    assert beyond.customers == 17
    assert beyond.margin < 0
    assert {one.device for one in beyond.load.overloads} == {"B3"}


def test_held_devices_widen_the_section_and_are_never_operated(propose):
    found = propose(held={"W2", "nowhere"})
    assert found.isolation.to_open == ("W1", "W3")
    assert "W2" in found.isolation.devices
    assert found.isolation.service_points == ("P2", "P3", "P4")
    first = found.proposals[0]
    assert set(first.service_points) == {"P1", "P5"}
    everything = {"B1", "W1", "W2", "W3", "T1", "T2", "T3", "B2", "B3"}
    assert propose(held=everything).refusal is None
    assert propose(held=everything).proposals == ()


def test_dangers_are_never_fed(propose):
    danger = Danger("wire down", nodes=frozenset({"A5"}))
    found = propose(dangers=[danger])
    opened, closed = switched(found.proposals[0])
    assert "W3" in opened
    assert "T1" not in closed
    assert found.proposals[0].service_points == ("P1", "P4")
    burnt = Danger("burnt tie", devices=frozenset({"T3"}))
    assert all("T3" not in switched(one)[1] for one in propose(dangers=[burnt]).proposals)


def test_a_fault_that_nothing_parts_from_a_source_is_refused(propose, tree):
    found = propose(held={"W1", "B1"}, supply=Supply(tree))
    assert found.refusal == SOURCE_IN_SECTION
    assert found.isolation.sources == ("S",)
    assert found.proposals == ()
    running = Supply(tree).with_temporary(Supply(tree).temporary.placed(Generator("G", "A3")))
    assert propose(supply=running).isolation.sources == ("A3",)


def test_two_faults_and_an_unknown_one(propose):
    found = propose(faulted=("L2", "W3"))
    assert found.isolation.service_points == ("P2", "P3", "P4", "P5")
    assert found.proposals[0].service_points == ("P1",)
    with pytest.raises(UnknownDeviceError):
        propose(faulted=("nothing",))


def test_each_proposal_can_be_rehearsed_and_closes_no_ring(propose, tree):
    meter = LoadMeter(tree, NetworkLoad.unknown(tree.network))
    tripped = Supply(tree).opened([tree.network.device_index("B1")])
    for proposal in propose().proposals:
        previews = rehearse(supply=tripped, steps=proposal.steps, meter=meter)
        assert all(one.rings == () for one in previews)
        assert not previews[-1].after.change_since(proposal.after).service_points.size
        gained = sum(one.gained.customers for one in previews)
        assert gained == proposal.customers

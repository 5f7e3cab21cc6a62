"""Stories of single phases: fuses that blow on one, services that take one, banks of three devices."""

from collections.abc import Callable

import pytest
from topology_stories import ask, every, extents, probability_of, say, with_town

from topology.observations import Observation, ObservationKind
from topology.supply_tree import SupplyTree

CALL, GASP, PING = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.PING
OPEN = ObservationKind.SWITCH_OPEN
Tell = Callable[..., list[tuple[str, str, int]]]


def telling(tree: SupplyTree) -> Tell:
    def tell(*said: Observation, confirmed: tuple[str, ...] = ()) -> list[tuple[str, str, int]]:
        return extents(ask(tree, said, 10, confirmed=confirmed))

    return tell


def test_laterals_of_different_phases(draw_tree):
    # S --B1/ABC-- N1 --F1/A-- N2 (P: 4)    N1 --F2/B-- N3 (Q: 4)    N1 --F3/ABC-- N4 (R: 4)
    tree = draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        fuse F1 N1 N2 A
        fuse F2 N1 N3 B
        fuse F3 N1 N4
        service_points P N2 4
        service_points Q N3 4
        service_points R N4 4
    """)
    )
    tell = telling(tree)
    assert tell(*every("P", range(1, 4), GASP)) == [("F1", "A", 4)]
    out = [*every("P", range(1, 5), GASP), *every("R", range(1, 5), GASP)]
    assert tell(*out, *every("Q", range(1, 5), GASP)) == [("B1", "ABC", 12)]
    assert tell(*out, *every("Q", range(1, 5), PING, 5, "on")) == [("F1", "A", 4), ("F3", "ABC", 4)]
    # Phase A of the breaker open: the three-phase customers are partly out, those on B are not.
    assert tell(say(0, OPEN, "B1", phases=1)) == [("B1", "A", 8)]


def test_a_three_phase_fuse_that_blew_on_one_phase(draw_tree):
    # S --B1-- N1 --F1/ABC-- N2 (P/A: 8, Q/B: 8, R/C: 8, T/ABC: 2)
    tree = draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        fuse F1 N1 N2
        service_points P N2 8 A
        service_points Q N2 8 B
        service_points R N2 8 C
        service_points T N2 2
        service_points V N1 40
    """)
    )
    tell = telling(tree)
    on_a, on_b, on_c = (every(prefix, range(1, 7), GASP) for prefix in "PQR")
    assert tell(*on_a) == [("F1", "A", 10)]
    assert tell(*on_a, *on_b, *on_c) == [("F1", "ABC", 26)]
    # Two phases of three are no state of the model: it is the device, and that some are on is said.
    (outage,) = ask(tree, [*on_a, *on_b, *every("R", range(1, 9), PING, 5, "on")], 10).outages
    assert (outage.device, outage.phases) == ("F1", "ABC")
    assert "on_below" in [reason.code for reason in outage.reasons]
    # The three-phase service lost phase A with the others; B below is another trouble.
    known = tell(say(0, OPEN, "F1", phases=1), say(5, CALL, "Q-1"))
    assert known == [("F1", "A", 10), ("Q-1", "B", 1)]


def test_services_of_one_phase_below_a_transformer_of_three(draw_tree):
    # S --B1-- N1 --X1/ABC-- N2 (P/A: 6, Q/B: 6, R/ABC: 2)    N1 --F1/B-- N3 (T/B: 4, U/A: 1)
    tree = draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        transformer X1 N1 N2
        fuse F1 N1 N3 B
        service_points P N2 6 A
        service_points Q N2 6 B
        service_points R N2 2
        service_points T N3 4 B
        service_point U N3 1 A
        service_points V N1 60
    """)
    )
    tell = telling(tree)
    # Phase A of a three-phase device: those on A are out and the three-phase ones partly, those on B are not.
    assert tell(say(0, OPEN, "X1", phases=1)) == [("X1", "A", 8)]
    # Services of a later phase hang below the same devices as the others, and their silence counts.
    assert tell(*every("Q", range(1, 5), GASP)) == [("X1", "ABC", 14)]
    doubted = ask(tree, [*every("Q", range(1, 5), GASP), *every("P", (1, 2, 3), PING, 5, "on")], 10)
    assert probability_of(doubted, "X1") < probability_of(ask(tree, every("Q", range(1, 5), GASP), 10), "X1")
    assert tell(*every("T", range(1, 4), GASP)) == [("F1", "B", 4)]
    everybody = [
        one
        for prefix, count in (("P", 6), ("Q", 6), ("T", 4), ("V", 60))
        for one in every(prefix, range(1, count + 1), GASP)
    ]
    assert tell(*everybody) == [("B1", "ABC", 78)]
    assert tell(confirmed=("F1", "T-1", "U")) == [("F1", "B", 4), ("T-1", "B", 1), ("U", "A", 0)]
    # Nothing reaches a service on a phase that its node does not have.
    assert tell(say(0, CALL, "U")) == []


@pytest.fixture(scope="module")
def bank(draw_tree) -> SupplyTree:
    # S --B1-- N1 ==FA/A, FB/B, FC/C== N2 (P/A: 4, Q/B: 4, R/C: 4) --X1/ABC-- N3 (T/C: 3)
    #                                   +--X2/ABC-- N4 (U/C: 4)
    return draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        fuse FA N1 N2 A
        fuse FB N1 N2 B
        fuse FC N1 N2 C
        transformer X1 N2 N3
        transformer X2 N2 N4
        service_points P N2 4 A
        service_points Q N2 4 B
        service_points R N2 4 C
        service_points T N3 3 C
        service_points U N4 4 C
        service_points V N1 60
    """)
    )


def test_a_bank_of_single_phase_fuses_blows_one_by_one(bank):
    tell = telling(bank)
    for prefix, fuse, phase, out in (("P", "FA", "A", 4), ("Q", "FB", "B", 4), ("R", "FC", "C", 11)):
        assert tell(*every(prefix, range(1, 5), GASP)) == [(fuse, phase, out)]


def test_what_hangs_below_a_bank_is_fed_by_the_fuse_of_its_phase(bank):
    tell = telling(bank)
    assert tell(*every("T", range(1, 4), GASP)) == [("X1", "C", 3)]
    both = [*every("T", range(1, 4), GASP), *every("U", range(1, 5), GASP)]
    assert tell(*both) == [("FC", "C", 11)]
    assert ask(bank, both, 10).outages[0].probability < 0.9
    assert ask(bank, [*both, say(0, GASP, "R-1")], 10).outages[0].probability > 0.9
    # A call from another phase has a fuse of its own above it.
    assert tell(*both, say(3, CALL, "Q-1")) == [("FC", "C", 11), ("FB", "B", 4)]


def test_two_fuses_of_a_bank_blow_and_neither_hides_the_other(bank):
    tell = telling(bank)
    said = [*every("P", range(1, 5), GASP), *every("Q", range(1, 5), GASP)]
    assert tell(*said, *every("R", range(1, 5), PING, 5, "on"), *every("V", range(1, 9), PING, 5, "on")) == [
        ("FA", "A", 4),
        ("FB", "B", 4),
    ]

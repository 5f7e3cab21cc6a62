"""How likely devices are to open before any evidence: shares spread over what is there, phase by phase."""

import numpy as np
import pytest

from topology.blame_tree import ROOT, grow_blame_tree
from topology.fault_priors import FaultPriors, cut_states, prior_by_kind
from topology.phases import parse_phases
from topology.rates import EvidenceRates

RATES = EvidenceRates(
    shares={"breaker": 0.1, "fuse": 0.4, "distribution": 0.3, "service": 0.2}, single_phase={"fuse": 0.6}
)
# S --B1-- N1 --F1/ABC-- N2 (P/A: 3, Q/ABC: 1)    N1 --F2/B-- N3 (R/B: 4)
FEEDER = """
source S
breaker B1 S N1
fuse F1 N1 N2
fuse F2 N1 N3 B
service_points P N2 3 A
service_point Q N2 1
service_points R N3 4 B
"""


def priors_of(tree, rates=RATES, expected=2.0):
    blame = grow_blame_tree(tree)
    states = cut_states(blame.taken)
    return blame, states, FaultPriors(blame, states, rates, expected)


def vertex(blame, device):
    return int(blame.vertex_of_device[blame.tree.network.find_devices([device])[0]])


def test_shares_are_spread_over_the_devices_of_a_kind_that_are_there():
    # No recloser is there: the shares of the others are what counts.
    priors = prior_by_kind(RATES, {"breaker": 1, "fuse": 4, "service": 100}, 1.4)
    assert priors == pytest.approx({"breaker": 0.2, "fuse": 0.2, "service": 0.004})
    # Nothing is more likely open than not before anybody has said a word.
    assert prior_by_kind(RATES, {"breaker": 1}, 2.0) == {"breaker": 0.5}
    told = EvidenceRates(shares=RATES.shares, priors={"fuse": 1e-4})
    assert prior_by_kind(told, {"breaker": 2, "fuse": 4}, 1.0) == pytest.approx(
        {"breaker": 0.1, "fuse": 1e-4}
    )


def test_a_fuse_of_three_phases_blows_one_of_them_by_its_share(draw_tree):
    blame, states, priors = priors_of(draw_tree(FEEDER), expected=0.7)
    # Shares 0.1, 0.4 and 0.2 of 0.7; two fuses share 0.4.
    likely = priors.probability[vertex(blame, "F1")]
    assert likely[states.of_mask[parse_phases("ABC")]] == pytest.approx(0.2 * 0.4)
    for phase in "ABC":
        assert likely[states.of_mask[parse_phases(phase)]] == pytest.approx(0.2 * 0.6 / 3)
    assert likely.sum() == pytest.approx(0.2)
    # One that has a single phase, or a kind that opens all, has one way only.
    assert priors.probability[vertex(blame, "F2")][states.of_mask[parse_phases("B")]] == pytest.approx(0.2)
    assert priors.probability[vertex(blame, "B1")][states.of_mask[parse_phases("ABC")]] == pytest.approx(0.1)
    assert priors.probability[ROOT].sum() == 0
    assert priors.service == pytest.approx(0.2 / 8)
    none = 1 - priors.probability.sum(axis=1)
    assert priors.log_none == pytest.approx(np.log(none))
    assert np.exp(priors.log_odds[vertex(blame, "B1")]).sum() == pytest.approx(0.1 / 0.9)


def test_where_all_take_the_same_phases_any_open_phase_is_one_state(draw_tree):
    tree = draw_tree("source S\nfuse F1 S N1\nservice_points P N1 3")
    blame, states, priors = priors_of(tree, expected=0.6)
    assert len(states) == 2
    assert priors.probability[vertex(blame, "F1")].tolist() == pytest.approx([0.0, 0.4])


def test_states_tell_who_is_out_and_what_two_cuts_come_to(draw_tree):
    _, states, _ = priors_of(draw_tree(FEEDER))
    a, b, abc = (int(states.of_mask[parse_phases(one)]) for one in ("A", "B", "ABC"))
    # Taken are A, B and ABC: who takes three phases is out by any of them.
    assert states.taken.tolist() == [parse_phases("A"), parse_phases("B"), parse_phases("ABC")]
    assert states.out[0].tolist() == [False, False, False]
    assert states.out[a].tolist() == [True, False, True]
    assert states.out[abc].all()
    assert states.join[a, b] == states.of_mask[parse_phases("AB")]
    assert states.apart[a, b]
    assert not states.apart[a, abc]
    assert states.apart[0].all()


def test_single_devices_and_services_may_have_priors_of_their_own(draw_tree):
    rates = EvidenceRates(shares=RATES.shares, priors_by_device={"B1": 0.03, "P-1": 0.25, "gone": 0.4})
    blame, states, priors = priors_of(draw_tree(FEEDER), rates)
    assert priors.probability[vertex(blame, "B1")][states.of_mask[7]] == pytest.approx(0.03)
    (point,) = blame.tree.network.find_service_points(["P-1"]).tolist()
    assert priors.service_of_point == {point: 0.25}


def test_what_is_told_of_a_device_changes_its_odds_and_may_be_taken_back(draw_tree):
    blame, states, priors = priors_of(draw_tree(FEEDER), expected=0.7)
    at = np.array([vertex(blame, "B1")])
    abc = int(states.of_mask[7])
    before = priors.log_odds[at].copy()
    ratio = np.ones((1, len(states)))
    ratio[0, abc] = 1e-3
    priors.tell(at, ratio)
    priors.tell(at, ratio)
    assert priors.log_odds[at[0], abc] - before[0, abc] == pytest.approx(np.log(1e-3))
    priors.tell(at, np.ones((1, len(states))))
    assert priors.log_odds[at].tolist() == before.tolist()

"""Stories in which a device itself is spoken of: by telemetry, crews, indicators, or whoever confirms."""

import pytest
from topology_stories import ask, codes, devices, every, moment, probability_of, say, with_town

from topology.observations import ObservationKind
from topology.supply_tree import SupplyTree

CALL, GASP, PING = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.PING
CREW, INDICATOR = ObservationKind.CREW_FINDING, ObservationKind.FAULT_INDICATOR
OPEN, CLOSED = ObservationKind.SWITCH_OPEN, ObservationKind.SWITCH_CLOSED


def test_telemetry_tells_the_device_at_once(town):
    result = ask(town, [say(2, OPEN, "R1"), *every("C", range(1, 4), GASP, 2)], 5)
    (outage,) = result.outages
    assert (outage.device, outage.probability, outage.service_points_out) == ("R1", 1.0, 14)
    assert outage.started_at == moment(2)
    assert codes(result) == ["switch_open", "reports_below"]
    assert outage.reasons[0].text == "Telemetry reported recloser R1 open at 09:02:00 UTC."
    assert len(outage.evidence_ids) == 4


def test_telemetry_that_meters_contradict_is_weighed(town):
    opened = say(2, OPEN, "R1")
    on = [*every("C", range(1, 9), PING, 5, "on"), *every("D", range(1, 7), PING, 5, "on")]
    assert ask(town, [opened, *on], 6).outages == ()
    # What they answered before says nothing.
    before = [*every("C", range(1, 9), PING, -20, "on"), *every("D", range(1, 7), PING, -20, "on")]
    assert devices(ask(town, [opened, *before], 6)) == ["R1"]
    # One of them may have a generator.
    result = ask(town, [say(2, OPEN, "R1"), say(5, PING, "C-1", "on")], 6)
    assert devices(result) == ["R1"]
    assert 0.5 < result.outages[0].probability < 0.99


def test_a_device_that_telemetry_shows_closed_is_believed_open_only_against_much(town):
    closed = [say(-30, CLOSED, "R1"), say(-30, CLOSED, "B1")]
    few = every("C", range(1, 5), GASP)
    assert probability_of(ask(town, few, 10), "R1") > 0.01
    result = ask(town, [*few, *closed], 10)
    assert devices(result) == ["F3"]
    assert probability_of(result, "R1") < 0.01
    assert result.outages[0].reasons[-1].text == "It is not recloser R1 above: telemetry shows it closed."
    many = [*every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP)]
    result = ask(town, [*many, *closed], 10)
    assert devices(result) == ["R1"]
    assert probability_of(result, "R1") < probability_of(ask(town, many, 10), "R1")
    assert "shown_closed" in codes(result)


def test_a_switch_that_nobody_would_blame_can_be_known_open(draw_tree):
    # S --B1-- N1 --W1-- N2 (P-1 … P-3)
    tree = draw_tree("source S\nbreaker B1 S N1\nswitch W1 N1 N2\nservice_points P N2 3")
    assert ask(tree, [say(0, OPEN, "W1")], 0.5).outages == ()
    result = ask(tree, [say(0, OPEN, "W1")], 1)
    assert [(one.device, one.customers_out) for one in result.outages] == [("W1", 3)]


def test_an_open_device_that_feeds_nobody_is_no_outage(draw_tree):
    # S --B1-- N1 (P1) --T1/open-- N2 --B2-- S
    tree = draw_tree("source S\nbreaker B1 S N1\ntie T1 N1 N2\nbreaker B2 S N2\nservice_point P1 N1")
    said = [say(0, OPEN, "T1"), say(0, OPEN, "B2")]
    assert ask(tree, said, 5).outages == ()
    (outage,) = ask(tree, said, 5, confirmed=["B2"]).outages
    assert (outage.device, outage.service_points_out) == ("B2", 0)


def test_a_crew_at_the_device(town):
    calls = [say(0, CALL, "C-1"), say(1, CALL, "C-2"), say(2, CALL, "C-3")]
    result = ask(town, [*calls, say(30, CREW, "F3", "damaged")], 40)
    assert devices(result) == ["F3"]
    assert result.outages[0].probability == 1.0
    assert result.outages[0].reasons[0].text == "A crew found fuse F3 damaged at 09:30 UTC."
    assert result.outages[0].started_at == moment(0)
    # Found in order, it is not the fuse: the recloser explains the same calls.
    result = ask(town, [*calls, say(30, CREW, "F3", "closed")], 40)
    assert devices(result) == ["R1"]
    assert probability_of(result, "F3") < 0.02
    # What opens after the crew has left is another matter.
    before = [say(-10, CREW, "F3", "closed"), *calls]
    assert probability_of(ask(town, before, 40), "F3") == pytest.approx(
        probability_of(ask(town, calls, 40), "F3")
    )


def test_a_crew_at_a_service(town):
    call = say(0, CALL, "D-1")
    (outage,) = ask(town, [call, say(20, CREW, "D-1", "open")], 25).outages
    assert (outage.device, outage.probability) == ("D-1", 1.0)
    # In order there: it is the fuse, or nothing but what the customer has to see to.
    in_order = say(20, CREW, "D-1", "closed")
    assert devices(ask(town, [call, in_order], 25)) == ["F4"]
    assert probability_of(ask(town, [call, in_order], 25), "D-1") == 0.0
    # Who calls again after the crew has left is believed again, and an older finding excludes nothing.
    assert probability_of(ask(town, [call, in_order, say(40, CALL, "D-1")], 45), "D-1") > 0.2
    older = ask(town, [say(-20, CREW, "D-1", "ok"), call], 25)
    assert probability_of(older, "D-1") == probability_of(ask(town, [call], 25), "D-1") > 0.2


def test_a_fault_indicator_tips_the_balance(town):
    call = say(0, CALL, "A-1")
    assert devices(ask(town, [call], 10)) == ["A-1"]
    seen = ask(town, [call, say(0, INDICATOR, "F1", "fault")], 40)
    assert probability_of(seen, "F1") > 10 * probability_of(ask(town, [call], 40), "F1")
    result = ask(town, [say(0, CALL, "D-1"), say(0, INDICATOR, "F4", "fault")], 10)
    assert devices(result) == ["F4"]
    assert result.outages[0].probability > 0.9
    assert "fault_indicator" in codes(result)
    assert ask(town, [say(0, INDICATOR, "F4", "fault")], 10).outages == ()


def test_an_indicator_speaks_for_what_it_feeds_and_not_for_the_other_branch(town):
    calls = [say(0, CALL, "A-1"), say(0, CALL, "A-2")]
    alone = probability_of(ask(town, calls, 10), "F1")
    # F1 hangs before L1: no current in L1 says nothing about it.
    no_current = say(0, INDICATOR, "L1", "no_fault")
    assert probability_of(ask(town, [*calls, no_current], 10), "F1") == pytest.approx(alone, abs=0.01)
    # F4 hangs behind it: there it speaks against.
    call = say(0, CALL, "D-1")
    assert (
        probability_of(ask(town, [call, no_current], 10), "F4")
        < probability_of(ask(town, [call], 10), "F4") / 2
    )


def test_what_a_person_confirmed_stays_and_explains_all_below(town):
    result = ask(town, [*every("C", range(1, 9), GASP), say(50, CALL, "A-1")], 60, confirmed=("R1",))
    assert devices(result) == ["R1", "A-1"]
    (confirmed, _) = result.outages
    assert confirmed.probability == 1.0
    assert confirmed.reasons[0].text == "A person confirmed that recloser R1 is open."
    assert len(confirmed.evidence_ids) == 8
    silent = ask(town, [], 60, confirmed=("R1", "A-2"))
    assert devices(silent) == ["R1", "A-2"]
    assert silent.outages[0].started_at == silent.at


def test_below_a_confirmed_device_reports_do_not_speak_for_the_one_above(town):
    said = [*every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP), say(5, CALL, "B-1")]
    assert devices(ask(town, said, 10, confirmed=("R1",))) == ["R1", "B-1"]


def test_what_the_switch_state_explains_is_no_outage(town):
    planned = SupplyTree(town.network, town.state.open("F1"))
    assert ask(planned, every("A", range(1, 20), CALL), 60).outages == ()


def test_parallel_lines_that_open_together_put_out_what_they_feed_together(draw_tree):
    # S ==L1, L2== N1 --B1-- N2 (P-1 … P-5)
    tree = draw_tree("""
        source S
        line L1 S N1
        line L2 S N1
        breaker B1 N1 N2
        service_points P N2 5
    """)
    assert ask(tree, [say(0, OPEN, "L1")], 60).outages == ()
    both = [say(1, OPEN, "L1"), say(0, OPEN, "L2"), *every("P", range(1, 5), GASP, 1)]
    (outage,) = ask(tree, both, 60).outages
    assert (outage.device, outage.service_points_out, outage.probability) == ("L1", 5, 1.0)


def test_an_indicator_in_a_ring_points_at_the_breaker_above(draw_tree):
    # S --B1-- N1 (P) --L1-- N2
    #           \------L2----/
    tree = draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        line L2 N1 N2
        service_points P N1 20
    """)
    )
    call = say(0, CALL, "P-1")
    assert devices(ask(tree, [call], 10)) == ["P-1"]
    alone = probability_of(ask(tree, [call], 10), "B1")
    for at in ("L1", "L2"):
        seen = ask(tree, [call, say(0, INDICATOR, at, "fault")], 3)
        assert devices(seen) == ["B1"]
        assert probability_of(seen, "B1") > 2 * alone

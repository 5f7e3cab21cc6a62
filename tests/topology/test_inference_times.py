"""Stories of time: what was said earlier, too early, for a blink only, or by a clock that is wrong."""

from datetime import timedelta

import pytest
from topology_stories import ask, devices, every, moment, probability_of, say

from topology.inference import Inference, Restored, infer
from topology.observations import ObservationKind

CALL, GASP, WAKE = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.POWER_UP
PING = ObservationKind.PING


def test_a_neighbour_on_before_it_happened_contradicts_nothing(town):
    gasps = every("C", range(1, 5), GASP)
    anew = ask(town, [say(-60, WAKE, "C-8"), *gasps], 10)
    assert devices(anew) == ["F3"]
    assert probability_of(anew, "F3") == pytest.approx(probability_of(ask(town, gasps, 10), "F3"), abs=1e-9)
    calls = [say(10, CALL, "C-1"), say(11, CALL, "C-2")]
    alone = probability_of(ask(town, calls, 20), "F3")
    assert probability_of(ask(town, [say(5, PING, "C-8", "on"), *calls], 20), "F3") == pytest.approx(alone)
    # Just before the call it does say something: the call tells of what began earlier.
    assert probability_of(ask(town, [say(9.5, PING, "C-8", "on"), *calls], 20), "F3") < alone


def test_an_impatient_customer_does_not_make_the_neighbours_answers_stale(town):
    call, answers = say(0, CALL, "A-7"), every("A", (8, 9), PING, 5, "on")
    once = ask(town, [call, *answers], 20)
    again = ask(town, [call, *answers, say(15, CALL, "A-7")], 20)
    assert devices(once) == devices(again) == ["A-7"]
    assert again.outages[0].probability == pytest.approx(once.outages[0].probability)
    # Another place that calls later is news: the answers may be from before it happened.
    other = ask(town, [call, *answers, say(15, CALL, "A-11")], 20)
    assert probability_of(other, "F1") > 0.5 > probability_of(again, "F1")


def test_an_outage_above_takes_an_older_trouble_with_it_and_begins_when_it_began(town):
    said = [say(0, CALL, "C-1"), say(30, PING, "C-2", "on"), *every("C", range(3, 8), GASP, 60)]
    assert devices(ask(town, said[:2], 40)) == ["C-1"]
    (outage,) = ask(town, said, 70).outages
    assert (outage.device, outage.service_points_out) == ("F3", 8)
    # The call of an hour before has no other one near it.
    assert outage.started_at == moment(60 + 3 / 60)


def test_a_customer_who_is_on_again_is_no_report(town):
    assert ask(town, [say(0, CALL, "A-1"), say(20, PING, "A-1", "on")], 30).outages == ()
    assert devices(ask(town, [say(0, PING, "A-1", "on"), say(20, CALL, "A-1")], 30)) == ["A-1"]
    # At the same instant a meter says good-bye before it wakes.
    assert ask(town, [say(0, GASP, "A-1"), say(0, WAKE, "A-1")], 10).outages == ()


def test_a_call_far_ahead_of_the_clock_waits(town):
    assert ask(town, [say(10, CALL, "A-1")], 0).outages == ()
    assert devices(ask(town, [say(4, CALL, "A-1")], 0)) == ["A-1"]
    inference = Inference(tree=town)
    assert inference.update([say(10, CALL, "A-1")], now=moment(0)).outages == ()
    assert inference.next_time(moment(0)) == moment(5)
    assert devices(inference.update(now=moment(5))) == ["A-1"]


def test_a_blink_within_the_hold_down_never_was_an_outage(town):
    gasps, wakes = every("C", range(1, 7), GASP), every("C", range(1, 7), WAKE, 0.5)
    assert ask(town, gasps, 0.9).outages == ()
    assert ask(town, [*gasps, *wakes], 1.5).outages == ()
    assert devices(ask(town, gasps, 1.5)) == ["F3"]
    # Another hold-down for another network.
    assert devices(ask(town, gasps, 0.2, hold_down={})) == ["F3"]
    assert ask(town, gasps, 4, hold_down={GASP: 300.0}).outages == ()


def test_a_blink_whose_power_ups_got_lost_leaves_no_single_outages(town):
    gasps = [*every("A", range(1, 24), GASP), *every("C", range(1, 8), GASP)]
    wakes = [*every("A", range(2, 24, 2), WAKE, 0.5), *every("C", range(2, 8, 2), WAKE, 0.5)]
    assert ask(town, [*gasps, *wakes], 10).outages == ()
    # Who calls after the others woke is out, though.
    assert devices(ask(town, [*gasps, *wakes, say(8, CALL, "A-1")], 10)) == ["A-1"]


def test_a_single_meter_that_wakes_says_nothing_about_the_others(town):
    gasps = every("A", range(1, 20), GASP)
    result = ask(town, [*gasps, say(2, WAKE, "A-4")], 10)
    # It may have a generator.
    assert devices(result) == ["F1"]
    assert result.outages[0].probability > 0.9


def test_a_clock_that_is_hours_off_does_not_date_an_outage_back(town):
    said = [*every("B", range(1, 9), GASP), say(-300, GASP, "B-9")]
    (outage,) = ask(town, said, 10).outages
    assert outage.device == "F2"
    assert outage.started_at == moment(1 / 60)


def test_the_answer_changes_without_news_only_when_a_feeder_gets_older(town):
    inference = Inference(tree=town)
    said = [say(0, CALL, "A-3"), say(0, CALL, "A-20")]
    first = inference.update(said, now=moment(0.5))
    times = []
    now = moment(0.5)
    while (following := inference.next_time(now)) is not None:
        times.append(following)
        now = following
    assert times == [moment(minutes) for minutes in (2, 5, 10, 30)]
    just_before = inference.update(now=times[0] - timedelta(microseconds=1))
    assert just_before.outages == first.outages
    probabilities = [probability_of(inference.update(now=at), "F1") for at in times]
    assert len(set(probabilities)) == 4


def test_what_only_grows_older_is_answered_anew_though_nothing_else_weighs(draw_tree):
    tree = draw_tree("source S\nbreaker B1 S N1\nservice_points A N1 1")
    # A meter that did not wake tells nothing of the loss of gasps: all settings stay as likely as they were.
    restored = [Restored("A-1", moment(3), moment(-60))]
    call = say(0, CALL, "A-1")
    inference = Inference(tree=tree)
    for minute, news in ((12.0, [call]), (14.0, []), (40.0, [])):
        step = inference.update(news, now=moment(minute), restored=restored)
        anew = infer(tree=tree, observations=[call], now=moment(minute), restored=restored)
        assert probability_of(step, "B1") == pytest.approx(probability_of(anew, "B1"), abs=1e-9)

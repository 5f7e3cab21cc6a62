"""Stories of supply coming back: for all, for some, and for those whose power-up got lost."""

import pytest
from topology_stories import ask, devices, every, extents, moment, probability_of, say

from topology.inference import Inference, Restored
from topology.observations import ObservationKind
from topology.rates import EvidenceRates

CALL, GASP, WAKE = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.POWER_UP
PING, CREW = ObservationKind.PING, ObservationKind.CREW_FINDING
OPEN, CLOSED = ObservationKind.SWITCH_OPEN, ObservationKind.SWITCH_CLOSED

ALL = {"A": 24, "B": 12, "C": 8, "D": 6}


def of_all(kind: ObservationKind, minute: float, *, but: tuple[str, ...] = (), but_last: int = 0) -> list:
    """All service points of the feeder but some say the same, of each place but the last few."""
    return [
        one
        for prefix, count in ALL.items()
        if prefix not in but
        for one in every(prefix, range(1, count + 1 - but_last), kind, minute)
    ]


def test_a_breaker_that_trips_and_closes_again_leaves_no_outages_behind(town):
    gasps, wakes = of_all(GASP, 0, but_last=2), of_all(WAKE, 2, but_last=1)
    trip = [say(0, OPEN, "B1"), *gasps]
    assert extents(ask(town, trip, 1.5)) == [("B1", "ABC", 50)]
    for minute in (4, 10, 60):
        assert ask(town, [*trip, say(2, CLOSED, "B1"), *wakes], minute).outages == ()


def test_many_power_ups_lost_in_one_place_after_another_are_no_outages(town):
    # Half of the meters of every place woke: power-ups get lost here.
    wakes = [one for prefix, count in ALL.items() for one in every(prefix, range(1, count, 2), WAKE, 40)]
    said = [say(0, OPEN, "B1"), *of_all(GASP, 0), say(40, CLOSED, "B1"), *wakes]
    assert ask(town, said, 50).outages == ()


def test_what_stays_dark_below_is_an_outage_of_its_own_from_the_first_start_on(town):
    said = [say(0, OPEN, "B1"), *of_all(GASP, 0), say(40, CLOSED, "B1"), *of_all(WAKE, 40, but=("C",))]
    # Meters need a while to wake.
    assert ask(town, said, 42).outages == ()
    (outage,) = ask(town, said, 44).outages
    assert (outage.device, outage.service_points_out) == ("F3", 8)
    assert outage.probability > 0.99
    assert outage.started_at == moment(0)
    assert [one.text for one in outage.reasons[:2]] == [
        "8 of 8 service points under fuse F3 report no supply: 8 last gasps.",
        "8 meters under fuse F3 did not wake when supply came back above.",
    ]


def test_a_crew_that_comes_later_does_not_date_the_nested_outage(town):
    said = [
        *of_all(GASP, 0),
        say(30, CREW, "B1", "open"),
        say(45, CREW, "B1", "closed"),
        *of_all(WAKE, 45, but=("C",)),
    ]
    (outage,) = ask(town, said, 55).outages
    assert (outage.device, outage.started_at) == ("F3", moment(1 / 60))
    # Also where none of the dark ones was ever heard: their neighbours know.
    without = [one for one in said if not one.subject.startswith("C")]
    (outage,) = ask(town, without, 55).outages
    assert (outage.device, outage.started_at) == ("F3", moment(1 / 60))


def test_what_a_person_restored_counts_as_closed_again(town):
    said = [*of_all(GASP, 0), *of_all(WAKE, 40, but=("C",), but_last=1)]
    restored = [Restored("B1", moment(40), moment(0))]
    (outage,) = ask(town, said, 50, restored=restored).outages
    assert (outage.device, outage.started_at) == ("F3", moment(0))
    # Nobody has said so yet, and still the meters that did not wake among many that did are no outages.
    (outage,) = ask(town, said, 50).outages
    assert (outage.device, outage.service_points_out) == ("F3", 8)


def test_who_calls_after_the_others_woke_is_out_whatever_the_meters_say(town):
    said = [*of_all(GASP, 0), *of_all(WAKE, 40, but=("C",), but_last=1), say(50, CALL, "D-6")]
    restored = [Restored("B1", moment(40), moment(0))]
    result = ask(town, said, 55, restored=restored)
    assert devices(result) == ["F3", "D-6"]
    assert [one.started_at for one in result.outages] == [moment(0), moment(0)]


def test_a_meter_that_alone_did_not_wake_is_not_believed_out(town):
    but_one = [one for one in of_all(WAKE, 40) if one.subject != "D-6"]
    restored = [Restored("B1", moment(40), moment(0))]
    assert ask(town, [*of_all(GASP, 0), *but_one], 50, restored=restored).outages == ()
    # Asked after a call it says so itself: out since then, and alone, since its neighbours woke meanwhile.
    said = [*of_all(GASP, 0), *but_one, say(47, CALL, "D-6"), say(48, PING, "D-6", "off")]
    (outage,) = ask(town, said, 50, restored=restored).outages
    assert (outage.device, outage.service_points_out, outage.started_at) == ("D-6", 1, moment(0))
    assert outage.probability > 0.99


def test_silence_says_less_where_power_ups_get_lost(town):
    restored = [Restored("B1", moment(40), moment(0))]
    gasps = of_all(GASP, 0)
    well = ask(town, [*gasps, *of_all(WAKE, 40, but=("D",))], 50, restored=restored)
    assert devices(well) == ["F4"]
    few = [
        one
        for prefix, count in ALL.items()
        if prefix != "D"
        for one in every(prefix, range(1, count, 3), WAKE, 40)
    ]
    badly = ask(town, [*gasps, *few], 50, restored=restored)
    assert "F4" not in devices(badly)
    # A rate that is told is not outdone by a network where all woke.
    lossy = ask(
        town,
        [*gasps, *of_all(WAKE, 40, but=("D",))],
        50,
        restored=restored,
        rates=EvidenceRates(power_up_loss=0.6),
    )
    assert probability_of(lossy, "F4") < probability_of(well, "F4")


def test_a_new_outage_after_the_restoration_is_new(town):
    said = [
        say(0, OPEN, "B1"),
        *of_all(GASP, 0),
        say(20, CLOSED, "B1"),
        *of_all(WAKE, 20),
        *every("C", range(1, 7), GASP, 60),
    ]
    (outage,) = ask(town, said, 65).outages
    assert (outage.device, outage.started_at) == ("F3", moment(60 + 1 / 60))
    assert len(outage.evidence_ids) == 6


def test_a_restoration_that_is_told_later_gives_the_same_as_one_told_at_once(town):
    gasps, wakes = of_all(GASP, 0), of_all(WAKE, 40, but=("C",), but_last=1)
    restored = [Restored("B1", moment(40), moment(0))]
    inference = Inference(tree=town)
    inference.update(gasps, now=moment(10))
    inference.update(wakes[10:], now=moment(41))
    inference.update(wakes[:10], now=moment(42), restored=restored)
    step = inference.update(now=moment(50), restored=restored)
    anew = ask(town, [*gasps, *wakes], 50, restored=restored)
    assert devices(step) == devices(anew) == ["F3"]
    assert step.outages[0].probability == pytest.approx(anew.outages[0].probability, abs=1e-9)
    assert step.outages[0].started_at == anew.outages[0].started_at
    # Taken back again, all is as if it had never been told.
    back = inference.update(now=moment(50))
    assert devices(back) == devices(ask(town, [*gasps, *wakes], 50))
    assert probability_of(back, "F3") == pytest.approx(
        probability_of(ask(town, [*gasps, *wakes], 50), "F3"), abs=1e-9
    )

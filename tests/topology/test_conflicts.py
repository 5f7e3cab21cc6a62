"""Conflicts by name: what is told cannot all be true, or comes from a source that is not to be believed."""

import json

import pytest
from topology_stories import ask, devices, every, moment, say, with_town

from topology.inference import Inference
from topology.observations import ObservationKind
from topology.rates import EvidenceRates

CALL, GASP, PING = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.PING
OPEN, CLOSED = ObservationKind.SWITCH_OPEN, ObservationKind.SWITCH_CLOSED


def named(result):
    return [(one.code, one.subject) for one in result.conflicts]


def lone_gasps(count: int, minute: float = 0) -> list:
    """Single meters of one feeder beside, each under its own transformer, the first under own fuses."""
    places = [
        f"Y3H{half}L{lateral}T{place}" for place in range(3) for lateral in range(6) for half in range(2)
    ]
    return [
        say(minute + number / 10, GASP, f"{place}-{number % 10 + 1}")
        for number, place in enumerate(places[:count])
    ]


# Where four of five last gasps arrive, one of thirty meters is no fuse.
HEARD_WELL = EvidenceRates(loss=0.2)


def test_what_fits_together_is_no_conflict(town):
    said = [
        *every("C", range(1, 5), GASP),
        say(3, CALL, "C-5"),
        say(5, PING, "D-1", "on"),
        say(-9, CLOSED, "B1"),
    ]
    assert ask(town, said, 10).conflicts == ()


def test_telemetry_shows_closed_and_everyone_below_calls(town):
    closed = say(-30, CLOSED, "R1")
    calls = [*every("C", range(1, 6), CALL), *every("D", range(1, 5), CALL), *every("C", range(1, 9), GASP)]
    result = ask(town, [closed, *calls], 10)
    assert devices(result) == ["R1"]
    (conflict,) = result.conflicts
    assert (conflict.code, conflict.subject) == ("telemetry_contradicted", "R1")
    assert conflict.values["told"] == "closed"
    assert conflict.values["device_kind"] == "recloser"
    assert conflict.values["probability"] == result.outages[0].probability
    assert conflict.text.startswith(
        "Telemetry shows recloser R1 closed, but what is reported below makes it "
    )
    # Also where a person has decided.
    assert named(ask(town, [closed], 10, confirmed=("R1",))) == [("telemetry_contradicted", "R1")]
    # A fuse below explains a few of them: telemetry is right.
    assert ask(town, [closed, *every("C", range(1, 6), GASP)], 10).conflicts == ()


def test_telemetry_shows_open_and_meters_below_answer(town):
    opened = say(2, OPEN, "R1")
    on = [*every("C", range(1, 9), PING, 5, "on"), *every("D", range(1, 7), PING, 5, "on")]
    result = ask(town, [opened, *on], 6)
    assert result.outages == ()
    (conflict,) = result.conflicts
    assert (conflict.code, conflict.subject) == ("telemetry_contradicted", "R1")
    assert conflict.values == {
        "device_kind": "recloser",
        "told": "open",
        "on": 14,
        "examples": ["C-1", "C-2", "C-3", "C-4", "C-5"],
        "more": 9,
    }
    assert conflict.text == (
        "Telemetry shows recloser R1 open, but 14 service points below it answered since, "
        "such as C-1, C-2, C-3, C-4, C-5."
    )
    # Before it opened, or with a crew that saw it open, nothing is contradicted.
    assert ask(town, [say(2, OPEN, "R1"), *every("C", range(1, 9), PING, 1, "on")], 6).conflicts == ()


@pytest.mark.parametrize("count", [7, 8, 30])
def test_a_storm_of_false_gasps_is_one_conflict_and_no_flood(town, count):
    result = ask(town, [*lone_gasps(count), *every("A", range(1, 20), GASP)], 10, rates=HEARD_WELL)
    if count < 8:
        assert len(result.outages) == 1 + count
        assert result.conflicts == ()
        return
    assert devices(result) == ["F1"]
    (conflict,) = result.conflicts
    assert (conflict.code, conflict.subject) == ("false_gasps", "Y3")
    assert conflict.values["count"] == count
    assert conflict.values["more"] == count - 5
    assert len(conflict.values["examples"]) == 5


def test_transformers_of_one_service_point_are_no_more_believed(draw_tree):
    # S --B1-- N1 with twenty transformers of a single service point
    rows = ["source S", "breaker B1 S N1"]
    for place in range(20):
        rows += [f"transformer X{place} N1 M{place}", f"service_points P{place} M{place} 1"]
    rows.append("service_points V N1 200")
    tree = draw_tree(with_town("\n".join(rows)))
    said = [say(place / 10, GASP, f"P{place}-1") for place in range(20)]
    assert len(ask(tree, said[:5], 10, rates=HEARD_WELL).outages) == 5
    result = ask(tree, said, 10, rates=HEARD_WELL)
    assert result.outages == ()
    assert named(result) == [("false_gasps", "B1")]
    assert result.conflicts[0].values["count"] == 20


def test_what_is_called_too_is_not_withheld(town):
    gasps = lone_gasps(12)
    caller = gasps[0].subject
    result = ask(town, [*gasps, say(4, CALL, caller)], 10, rates=HEARD_WELL)
    assert devices(result) == [caller]
    assert result.conflicts[0].values["count"] == 11


def test_gasps_hours_apart_are_no_babble(town):
    gasps = [say(60 * number, GASP, one.subject) for number, one in enumerate(lone_gasps(12))]
    result = ask(town, gasps, 60 * 12, rates=HEARD_WELL)
    assert result.conflicts == ()
    assert len(result.outages) == 12


def test_where_so_many_false_gasps_are_usual_each_is_looked_at(town):
    used_to = EvidenceRates(loss=0.1, false_gasp_probability=0.02)
    assert ask(town, lone_gasps(12), 10, rates=used_to).conflicts == ()


def test_last_gasps_with_a_clock_hours_off_are_named(town):
    said = [*every("B", range(1, 9), GASP), say(-300, GASP, "B-9"), say(-180, GASP, "B-10")]
    result = ask(town, said, 10)
    assert devices(result) == ["F2"]
    assert result.outages[0].started_at == moment(1 / 60)
    (conflict,) = result.conflicts
    assert (conflict.code, conflict.subject) == ("times_apart", "F2")
    assert conflict.values == {"count": 2, "hours": 5.0, "meters": ["B-10", "B-9"], "more": 0}
    # A call of hours ago is an older trouble, and no clock of ours.
    assert ask(town, [*every("B", range(1, 9), GASP), say(-300, CALL, "B-9")], 10).conflicts == ()


def test_meters_side_by_side_that_cannot_be_reached_are_their_collector(town):
    silent = every("B", range(1, 9), PING, 2, "unreachable")
    on = every("C", range(1, 4), PING, 3, "on")
    result = ask(town, [*silent, *on], 10)
    assert result.outages == ()
    (conflict,) = result.conflicts
    assert (conflict.code, conflict.subject) == ("collector_silent", "T1")
    assert (conflict.values["count"], conflict.values["on"], conflict.values["more"]) == (8, 3, 3)
    # Nobody there answers: they may as well be out.
    assert ask(town, silent, 10).conflicts == ()
    # Spread over two branches it is what they have in common.
    spread = [*silent, *every("D", range(1, 4), PING, 2, "unreachable")]
    assert named(ask(town, [*spread, *on], 10)) == [("collector_silent", "B1")]
    # Where an outage explains it, it is none.
    assert ask(town, [*silent, *on, *every("B", range(9, 13), GASP)], 10).conflicts == ()


def test_a_whole_feeder_that_repeats_itself_every_minute_does_not_grow_the_answer(town):
    everybody = [("A", 24), ("B", 12), ("C", 8), ("D", 6)]
    inference = Inference(tree=town, rates=HEARD_WELL)
    sizes = []
    for minute in range(1, 41):
        babble = [
            one for prefix, count in everybody for one in every(prefix, range(1, count + 1), GASP, minute)
        ]
        result = inference.update([*babble, *lone_gasps(12, minute)], now=moment(minute + 3))
        assert devices(result) == ["B1"]
        assert named(result) == [("false_gasps", "Y3")]
        document = result.as_json()
        for outage in document["outages"]:
            del outage["evidence_ids"], outage["probability"], outage["candidates"]
        sizes.append(len(json.dumps(document)))
    assert max(sizes) - min(sizes) < 20
    assert "50 last gasps" in result.outages[0].reasons[0].text

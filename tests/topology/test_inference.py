"""Inference told as short stories on a drawn feeder: who reports what, and which device is blamed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from topology.inference import InferenceResult, infer
from topology.observations import Observation, ObservationKind
from topology.supply_tree import SupplyTree

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
CALL, GASP, WAKE = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.POWER_UP
PING, CREW = ObservationKind.PING, ObservationKind.CREW_FINDING
OPEN, CLOSED, INDICATOR = (
    ObservationKind.SWITCH_OPEN,
    ObservationKind.SWITCH_CLOSED,
    ObservationKind.FAULT_INDICATOR,
)

# S --B1-- N1 --L1-- N2 --R1-- N3 --F3-- N33 (C-1 … C-8)
#           |         |         +---F4-- N34 (D-1 … D-6)
#           |F1       |F2
#          N4 (A)    N5 --T1-- N6 (B-1 … B-12)
#  24 points A-1…
FEEDER = """
source S
breaker B1 S N1
line L1 N1 N2
recloser R1 N2 N3
fuse F1 N1 N4
fuse F2 N2 N5
transformer T1 N5 N6
fuse F3 N3 N33
fuse F4 N3 N34
service_points A N4 24
service_points B N6 12
service_points C N33 8
service_points D N34 6
"""


def say(
    minute: float, kind: ObservationKind, subject: str, result: str | None = None, phases: int = 7
) -> Observation:
    at = START + timedelta(minutes=minute)
    return Observation(f"{kind}-{subject}-{minute}-{result}", kind, at, subject, phases, result)


def every(prefix: str, places: range, kind: ObservationKind, minute: float = 0) -> list[Observation]:
    return [say(minute + place / 60, kind, f"{prefix}-{place}") for place in places]


@pytest.fixture(scope="module")
def tree(draw_tree: Callable[[str], SupplyTree]) -> SupplyTree:
    return draw_tree(FEEDER)


@pytest.fixture
def ask(tree: SupplyTree) -> Callable[..., InferenceResult]:
    def ask(*observations: Observation, confirmed: tuple[str, ...] = ()) -> InferenceResult:
        return infer(
            tree=tree, observations=observations, now=START + timedelta(hours=2), confirmed=confirmed
        )

    return ask


def devices(result: InferenceResult) -> list[str]:
    return [one.device for one in result.outages]


def codes(result: InferenceResult) -> list[str]:
    return [reason.code for reason in result.outages[0].reasons]


def test_nothing_said_is_no_outage(ask):
    assert ask().outages == ()
    assert ask(say(0, PING, "A-1", "unreachable"), say(0, PING, "A-2", "unknown")).outages == ()


def test_one_call_is_one_service(ask):
    (outage,) = ask(say(3, CALL, "A-7")).outages
    assert (outage.device, outage.service_point_ids, outage.customers_out) == ("A-7", ("A-7",), 1)
    assert outage.started_at == START + timedelta(minutes=3)
    assert outage.phases == "ABC"
    assert [one.code for one in outage.reasons] == ["service_alone", "above_is_silent"]
    assert outage.reasons[0].text == "A-7 reports no supply (1 trouble call), and can be explained alone."
    assert [one.device for one in outage.candidates] == ["A-7", "F1", "B1"]
    assert 0.5 < outage.probability < 0.8


def test_two_calls_under_one_fuse_with_two_dozen_silent_neighbours_are_the_fuse(ask):
    result = ask(say(0, CALL, "A-3"), say(4, CALL, "A-20"))
    (outage,) = result.outages
    assert (outage.device, outage.service_points_out) == ("F1", 24)
    assert outage.evidence_ids == ("trouble_call-A-3-0-None", "trouble_call-A-20-4-None")
    assert outage.reasons[0].text == (
        "2 of 24 service points under fuse F1 report no supply: 2 trouble calls."
    )
    assert [one.device for one in outage.candidates[:2]] == ["F1", "B1"]
    assert {one.device for one in outage.candidates[2:]} == {"A-20", "A-3"}


def test_two_calls_at_the_ends_of_a_long_feeder_stay_two_services(draw_tree):
    # S --B1-- N1 with 1,400 service points behind two fuses of 700
    tree = draw_tree("""
        source S
        breaker B1 S N1
        fuse F1 N1 N2
        fuse F2 N1 N3
        service_points P N2 700
        service_points Q N3 700
    """)
    calls = [say(0, CALL, "P-1"), say(1, CALL, "Q-700")]
    assert devices(infer(tree=tree, observations=calls, now=START + timedelta(hours=1))) == ["P-1", "Q-700"]


def test_a_transformer_whose_meters_gasp_is_one_outage_under_equal_devices(ask):
    (outage,) = ask(*every("B", range(1, 9), GASP)).outages
    assert (outage.device, outage.service_points_out, len(outage.evidence_ids)) == ("T1", 12, 8)
    assert outage.candidates[0].equivalent == ("F2",)
    assert outage.reasons[-1].text == "Reports cannot tell it from F2, which feeds the same service points."
    assert outage.probability > 0.8


def test_more_reports_move_the_outage_up(ask):
    said = every("C", range(1, 5), GASP)
    assert devices(ask(*said)) == ["F3"]
    said += every("D", range(1, 4), GASP, 1)
    result = ask(*said)
    assert devices(result) == ["R1"]
    assert "lowest_common" in codes(result)
    said += every("A", range(1, 16), GASP, 2) + every("B", range(1, 8), GASP, 2)
    result = ask(*said)
    assert devices(result) == ["B1"]
    assert result.outages[0].service_points_out == 50
    assert result.outages[0].started_at == START + timedelta(seconds=1)


def test_a_neighbour_known_to_be_on_keeps_the_outage_below(ask):
    said = [*every("C", range(1, 5), GASP), *every("D", range(1, 4), GASP)]
    result = ask(*said, say(5, PING, "D-6", "on"))
    assert devices(result)[0] == "F3"
    assert set(devices(result)[1:]) == {"D-1", "D-2", "D-3"}
    assert result.outages[0].reasons[-1].text == (
        "It is not recloser R1 above: 1 service point under it is known to be on, such as D-6."
    )


def test_a_neighbour_on_before_it_happened_contradicts_nothing(ask):
    assert devices(ask(say(-60, WAKE, "C-8"), *every("C", range(1, 5), GASP))) == ["F3"]
    # A call tells of an outage that began before it, so this answer does contradict it.
    calls = [say(10, CALL, "C-1"), say(11, CALL, "C-2")]
    assert devices(ask(say(5, PING, "C-8", "on"), *calls)) == ["C-1", "C-2"]


def test_an_old_outage_below_does_not_hide_a_new_one_above(ask):
    said = [say(0, CALL, "C-1"), say(30, PING, "C-2", "on"), *every("C", range(3, 8), GASP, 60)]
    result = ask(*said)
    assert devices(result) == ["F3", "C-1"]
    assert result.outages[0].started_at == START + timedelta(minutes=60, seconds=3)
    assert "trouble_call-C-1-0-None" not in result.outages[0].evidence_ids


def test_several_outages_at_once(ask):
    said = [*every("A", range(1, 12), GASP), *every("D", range(1, 5), GASP), say(0, CALL, "B-2")]
    assert devices(ask(*said, say(9, PING, "C-1", "on"))) == ["F1", "F4", "B-2"]


def test_a_customer_who_is_on_again_is_no_report(ask):
    assert ask(say(0, CALL, "A-1"), say(20, PING, "A-1", "on")).outages == ()
    assert ask(say(20, CREW, "A-1", "ok"), say(0, CALL, "A-1")).outages == ()
    assert devices(ask(say(0, PING, "A-1", "on"), say(20, CALL, "A-1"))) == ["A-1"]


def test_telemetry_tells_the_device_at_once(ask):
    result = ask(say(2, OPEN, "R1"), *every("C", range(1, 4), GASP, 2))
    (outage,) = result.outages
    assert (outage.device, outage.probability, outage.service_points_out) == ("R1", 1.0, 14)
    assert outage.started_at == START + timedelta(minutes=2)
    assert codes(result) == ["switch_open", "reports_below"]
    assert outage.reasons[0].text == "Telemetry reported recloser R1 open at 09:02:00 UTC."
    assert len(outage.evidence_ids) == 4


def test_a_device_that_telemetry_shows_closed_is_not_the_one(ask):
    said = [*every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP)]
    assert devices(ask(*said)) == ["R1"]
    result = ask(*said, say(-30, CLOSED, "R1"), say(-30, CLOSED, "B1"))
    assert devices(result) == ["F3", "F4"]
    assert result.outages[0].reasons[-1].text == "It is not recloser R1 above: telemetry shows it closed."


def test_a_switch_that_nobody_would_blame_can_be_known_open(draw_tree):
    # S --B1-- N1 --W1-- N2 (P-1 … P-3)
    tree = draw_tree("source S\nbreaker B1 S N1\nswitch W1 N1 N2\nservice_points P N2 3")
    result = infer(tree=tree, observations=[say(0, OPEN, "W1")], now=START)
    assert [(one.device, one.customers_out) for one in result.outages] == [("W1", 3)]


def test_an_open_device_that_feeds_nobody_is_no_outage(draw_tree):
    # S --B1-- N1 (P1) --T1/open-- N2 --B2-- S
    tree = draw_tree("source S\nbreaker B1 S N1\ntie T1 N1 N2\nbreaker B2 S N2\nservice_point P1 N1")
    said = [say(0, OPEN, "T1"), say(0, OPEN, "B2")]
    assert infer(tree=tree, observations=said, now=START).outages == ()
    (outage,) = infer(tree=tree, observations=said, now=START, confirmed=["B2"]).outages
    assert (outage.device, outage.service_points_out) == ("B2", 0)


def test_a_breaker_that_trips_and_closes_again_leaves_no_outages_behind(ask):
    gasps = [*every("A", range(1, 24), GASP), *every("C", range(1, 8), GASP)]
    wakes = [*every("A", range(2, 24, 2), WAKE, 2), *every("C", range(2, 8, 2), WAKE, 2)]
    assert ask(say(0, OPEN, "B1"), *gasps, say(2, CLOSED, "B1"), *wakes).outages == ()


def test_meters_that_do_not_wake_with_the_others_are_over_unless_they_are_many(ask):
    gasps = [*every("A", range(1, 24), GASP), *every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP)]
    wakes = [*every("A", range(1, 22), WAKE, 40), *every("D", range(1, 6), WAKE, 40)]
    # and D-6 lost a message; of F3 not one meter woke: a nested outage, from the first start on.
    (outage,) = ask(*gasps, *wakes).outages
    assert (outage.device, outage.service_points_out) == ("F3", 8)
    assert outage.started_at == START + timedelta(seconds=1)
    # A person who calls is out, whatever the neighbours' meters say.
    assert devices(ask(*gasps, *wakes, say(50, CALL, "D-6"))) == ["F3", "D-6"]


def test_a_crew_at_the_device(ask):
    calls = [say(0, CALL, "C-1"), say(1, CALL, "C-2"), say(2, CALL, "C-3")]
    result = ask(*calls, say(30, CREW, "F3", "damaged"))
    assert devices(result) == ["F3"]
    assert result.outages[0].probability == 1.0
    assert result.outages[0].reasons[0].text == "A crew found fuse F3 damaged at 09:30 UTC."
    assert result.outages[0].started_at == START
    # Found in order, it is not the fuse: the recloser explains the same calls.
    assert devices(ask(*calls, say(30, CREW, "F3", "closed"))) == ["R1"]
    # What opens after the crew has left is another matter.
    assert devices(ask(say(-10, CREW, "F3", "closed"), *calls)) == ["R1"]
    assert devices(ask(say(-30, CREW, "F3", "closed"), *every("C", range(1, 5), GASP))) == ["F3"]


def test_a_crew_at_a_service(ask):
    (outage,) = ask(say(0, CALL, "A-1"), say(20, CREW, "A-1", "open")).outages
    assert (outage.device, outage.probability) == ("A-1", 1.0)
    (outage,) = ask(say(0, CALL, "A-1"), say(20, CREW, "A-1", "closed")).outages
    assert outage.device == "F1"


def test_a_fault_indicator_tips_the_balance(ask):
    assert devices(ask(say(0, CALL, "D-1"))) == ["D-1"]
    result = ask(say(0, CALL, "D-1"), say(0, INDICATOR, "F4", "fault"))
    assert devices(result) == ["F4"]
    assert "fault_indicator" in codes(result)
    calls = [say(0, CALL, "A-1"), say(0, CALL, "A-2"), say(0, INDICATOR, "L1", "no_fault")]
    assert devices(ask(*calls)) == ["F1"]


def test_what_a_person_confirmed_stays_and_explains_all_below(ask):
    result = ask(*every("C", range(1, 9), GASP), say(50, CALL, "A-1"), confirmed=("R1",))
    assert devices(result) == ["R1", "A-1"]
    (confirmed, _) = result.outages
    assert confirmed.probability == 1.0
    assert confirmed.reasons[0].text == "A person confirmed that recloser R1 is open."
    assert len(confirmed.evidence_ids) == 8
    silent = ask(confirmed=("R1", "A-2"))
    assert devices(silent) == ["R1", "A-2"]
    assert silent.outages[0].started_at == silent.at


def test_below_a_confirmed_device_reports_do_not_speak_for_the_one_above(ask):
    said = [*every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP)]
    assert devices(ask(*said, say(5, CALL, "B-1"), confirmed=("R1",))) == ["R1", "B-1"]


def test_unknown_subjects_are_listed_and_ignored(ask):
    result = ask(say(0, CALL, "A-1"), say(0, CALL, "retired"), confirmed=("gone",))
    assert devices(result) == ["A-1"]
    assert result.ignored == ("trouble_call-retired-0-None", "gone")


def test_what_the_switch_state_explains_is_no_outage(tree):
    planned = SupplyTree(tree.network, tree.state.open("F1"))
    result = infer(tree=planned, observations=every("A", range(1, 20), CALL), now=START + timedelta(hours=1))
    assert result.outages == ()


def test_evidence_far_ahead_of_the_clock_waits(ask, tree):
    assert infer(tree=tree, observations=[say(10, CALL, "A-1")], now=START).outages == ()
    assert devices(infer(tree=tree, observations=[say(4, CALL, "A-1")], now=START)) == ["A-1"]


def test_partial_phases(draw_tree):
    # S --B1/ABC-- N1 --F1/A-- N2 (P: 4)    N1 --F2/B-- N3 (Q: 4)    N1 --F3/ABC-- N4 (R: 4)
    tree = draw_tree("""
        source S
        breaker B1 S N1
        fuse F1 N1 N2 A
        fuse F2 N1 N3 B
        fuse F3 N1 N4
        service_points P N2 4
        service_points Q N3 4
        service_points R N4 4
    """)

    def ask(*said: Observation) -> list[tuple[str, str, int]]:
        result = infer(tree=tree, observations=said, now=START + timedelta(hours=1))
        return [(one.device, one.phases, one.service_points_out) for one in result.outages]

    assert ask(*every("P", range(1, 4), GASP)) == [("F1", "A", 4)]
    assert ask(
        *every("P", range(1, 5), GASP), *every("Q", range(1, 5), GASP), *every("R", range(1, 5), GASP)
    ) == [("B1", "ABC", 12)]
    assert ask(*every("Q", range(1, 5), GASP), say(3, PING, "P-1", "on")) == [("F2", "B", 4)]
    # Phase A of the breaker open: the three-phase customers are partly out, those on B are not.
    assert ask(say(0, OPEN, "B1", phases=1)) == [("B1", "A", 8)]


def test_single_phase_services(draw_tree):
    # S --B1-- N1 --X1/ABC-- N2 (P/A: 6, Q/B: 6, R/ABC: 2)    N1 --F1/B-- N3 (T/B: 4, U/A: 1)
    tree = draw_tree("""
        source S
        breaker B1 S N1
        transformer X1 N1 N2
        fuse F1 N1 N3 B
        service_points P N2 6 A
        service_points Q N2 6 B
        service_points R N2 2
        service_points T N3 4 B
        service_points U N3 1 A
    """)

    def ask(*said: Observation, confirmed: tuple[str, ...] = ()) -> list[tuple[str, str, int]]:
        result = infer(tree=tree, observations=said, now=START + timedelta(hours=1), confirmed=confirmed)
        return [(one.device, one.phases, one.service_points_out) for one in result.outages]

    # Phase A of a three-phase device: those on A are out and the three-phase ones partly, those on B are not.
    assert ask(say(0, OPEN, "X1", phases=1)) == [("X1", "A", 8)]
    assert ask(say(0, OPEN, "X1", phases=1), *every("Q", range(1, 2), CALL)) == [
        ("X1", "A", 8),
        ("Q-1", "B", 1),
    ]
    # Services of a later phase hang below the same devices as the others, and their silence counts.
    assert ask(*every("Q", range(1, 5), GASP)) == [("X1", "ABC", 14)]
    assert ask(*every("Q", range(1, 5), GASP), say(5, PING, "P-1", "on"))[0][0] != "X1"
    assert ask(*every("T", range(1, 4), GASP)) == [("F1", "B", 4)]
    assert ask(
        *every("P", range(1, 7), GASP), *every("Q", range(1, 7), GASP), *every("T", range(1, 5), GASP)
    ) == [("B1", "ABC", 18)]
    assert ask(confirmed=("F1", "T-1", "U-1")) == [("F1", "B", 4), ("T-1", "B", 1), ("U-1", "A", 0)]
    # Nothing reaches a service on a phase that its node does not have.
    assert ask(say(0, CALL, "U-1")) == []


def test_phases_over_devices_of_their_own(draw_tree):
    # S --B1-- N1 ==FA/A, FB/B, FC/C== N2 (P/A: 4, Q/B: 4, R/C: 4) --X1/ABC-- N3 (T/C: 3)
    #                                   +--X2/ABC-- N4 (U/C: 4)
    tree = draw_tree("""
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
    """)

    def ask(*said: Observation) -> list[tuple[str, int]]:
        result = infer(tree=tree, observations=said, now=START + timedelta(hours=1))
        return [(one.device, one.service_points_out) for one in result.outages]

    for prefix, fuse, out in (("P", "FA", 4), ("Q", "FB", 4), ("R", "FC", 11)):
        assert ask(*every(prefix, range(1, 5), GASP)) == [(fuse, out)]
    # A three-phase transformer hangs where those below it are fed.
    assert ask(*every("T", range(1, 4), GASP)) == [("X1", 3)]
    assert ask(*every("T", range(1, 4), GASP), *every("U", range(1, 5), GASP)) == [("FC", 11)]


def test_the_result_as_json(ask):
    document = ask(*every("B", range(1, 9), GASP)).as_json()
    assert document["at"] == "2026-05-01T11:00:00+00:00"
    (outage,) = document["outages"]
    assert (outage["device"], outage["service_points_out"], len(outage["service_point_ids"])) == (
        "T1",
        12,
        12,
    )
    assert outage["candidates"][0]["equivalent"] == ["F2"]
    assert outage["started_at"] == "2026-05-01T09:00:01+00:00"
    assert all(isinstance(reason, str) for reason in outage["reasons"])


def test_parallel_lines_that_open_together_put_out_what_they_feed_together(draw_tree):
    # S ==L1, L2== N1 --B1-- N2 (P-1 … P-5)
    tree = draw_tree("""
        source S
        line L1 S N1
        line L2 S N1
        breaker B1 N1 N2
        service_points P N2 5
    """)
    now = START + timedelta(hours=1)
    assert infer(tree=tree, observations=[say(0, OPEN, "L1")], now=now).outages == ()
    both = [say(1, OPEN, "L1"), say(0, OPEN, "L2"), *every("P", range(1, 5), GASP, 1)]
    (outage,) = infer(tree=tree, observations=both, now=now).outages
    assert (outage.device, outage.service_points_out, outage.probability) == ("L1", 5, 1.0)

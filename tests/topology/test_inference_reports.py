"""Inference told as short stories: people call, meters gasp, and a device is blamed."""

from topology_stories import ask, codes, devices, every, moment, probability_of, say, with_town

from topology.observations import ObservationKind
from topology.rates import EvidenceRates

CALL, GASP, PING = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.PING


def test_nothing_said_is_no_outage(town):
    assert ask(town, [], 10).outages == ()
    said = [say(0, PING, "A-1", "unreachable"), say(0, PING, "A-2", "unknown"), say(0, PING, "A-3", "on")]
    assert ask(town, said, 10).outages == ()


def test_one_call_is_one_service_the_surer_the_longer_the_neighbours_are_silent(town):
    said = [say(3, CALL, "A-7")]
    (outage,) = ask(town, said, 10).outages
    assert (outage.device, outage.phases, outage.service_point_ids, outage.customers_out) == (
        "A-7",
        "ABC",
        ("A-7",),
        1,
    )
    assert outage.started_at == moment(3)
    assert [one.code for one in outage.reasons] == ["service_alone", "above_is_silent"]
    assert [one.text for one in outage.reasons] == [
        "A-7 reports no supply (1 trouble call), and can be explained alone.",
        "It need not be fuse F1 above: 23 of its 23 other service points say nothing.",
    ]
    assert [one.device for one in outage.candidates[:2]] == ["A-7", "F1"]
    at_first, later, at_last = (probability_of(ask(town, said, minute), "A-7") for minute in (4, 10, 60))
    assert 0.5 < at_first < later < at_last < 0.98


def test_where_few_hang_under_a_fuse_a_single_call_may_well_be_the_fuse(town):
    result = ask(town, [say(0, CALL, "D-1")], 10)
    assert [one.device for one in result.outages[0].candidates[:3]] == ["F4", "D-1", "R1"]
    # The same call under the fuse of two dozen is the service.
    assert probability_of(ask(town, [say(0, CALL, "A-1")], 10), "F1") < 0.1


def test_a_meter_that_gasps_alone_is_its_service(town):
    (outage,) = ask(town, [say(0, GASP, "A-1")], 10).outages
    assert (outage.device, outage.service_points_out) == ("A-1", 1)
    assert outage.probability > 0.8


def test_where_gasps_are_known_to_be_false_one_alone_is_believed_less(town):
    babbling = EvidenceRates(loss=0.1, false_gasp_probability=0.001)
    result = ask(town, [say(0, GASP, "A-1")], 10, rates=babbling)
    assert 0.01 < probability_of(result, "A-1") < 0.2


def test_two_calls_under_one_fuse_are_the_fuse_and_the_less_so_the_longer_nobody_else_calls(town):
    said = [say(0, CALL, "A-3"), say(4, CALL, "A-20")]
    (outage,) = ask(town, said, 10).outages
    assert (outage.device, outage.service_points_out) == ("F1", 24)
    assert outage.evidence_ids == ("trouble_call-A-3-0-None", "trouble_call-A-20-4-None")
    assert outage.reasons[0].text == (
        "2 of 24 service points under fuse F1 report no supply: 2 trouble calls."
    )
    assert {one.device for one in outage.candidates[1:3]} == {"A-20", "A-3"}
    assert outage.probability > 0.8
    assert (
        probability_of(ask(town, said, 5), "F1")
        > outage.probability
        > probability_of(ask(town, said, 60), "F1")
    )


def test_two_calls_at_the_ends_of_a_long_feeder_stay_two_services(draw_tree):
    # S --B1-- N1 with 1,400 service points behind two fuses of 700
    tree = draw_tree(
        with_town("""
        source S
        breaker B1 S N1
        fuse F1 N1 N2
        fuse F2 N1 N3
        service_points P N2 700
        service_points Q N3 700
    """)
    )
    calls = [say(0, CALL, "P-1"), say(1, CALL, "Q-700")]
    assert devices(ask(tree, calls, 30)) == ["P-1", "Q-700"]


def test_a_transformer_whose_meters_gasp_is_one_outage_under_equal_devices(town):
    (outage,) = ask(town, every("B", range(1, 9), GASP), 5).outages
    # The fuse above feeds the same service points and blows more often.
    assert (outage.device, outage.service_points_out, len(outage.evidence_ids)) == ("F2", 12, 8)
    assert outage.candidates[0].equivalent == ("T1",)
    assert outage.reasons[-1].text == "Reports cannot tell it from T1, which feeds the same service points."
    assert outage.probability > 0.99


def test_more_reports_move_the_outage_up(town):
    said = every("C", range(1, 5), GASP)
    result = ask(town, said, 10)
    assert devices(result) == ["F3"]
    assert result.outages[0].candidates[1].device == "R1"
    said += every("D", range(1, 4), GASP, 1)
    result = ask(town, said, 10)
    assert devices(result) == ["R1"]
    assert "lowest_common" in codes(result)
    said += every("A", range(1, 16), GASP, 2) + every("B", range(1, 8), GASP, 2)
    result = ask(town, said, 10)
    assert devices(result) == ["B1"]
    assert result.outages[0].service_points_out == 50
    assert result.outages[0].started_at == moment(1 / 60)


def test_neighbours_known_to_be_on_keep_the_outage_below(town):
    said = every("C", range(1, 5), GASP)
    before = ask(town, said, 10)
    result = ask(town, [*said, *every("D", (5, 6), PING, 5, "on")], 10)
    assert devices(result) == ["F3"]
    assert probability_of(result, "F3") > probability_of(before, "F3")
    assert result.outages[0].reasons[-1].text == (
        "It is not recloser R1 above: 2 service points under it are known to be on, such as D-5, D-6."
    )


def test_one_answer_against_many_is_said_and_does_not_win(town):
    said = [*every("C", range(1, 5), GASP), *every("D", range(1, 4), GASP), say(5, PING, "D-6", "on")]
    result = ask(town, said, 10)
    assert devices(result) == ["R1"]
    texts = [one.text for one in result.outages[0].reasons]
    assert "1 service point under it says otherwise, such as D-6." in texts
    # Those on inside are no reason why it is not the breaker above.
    assert texts[-1] == "It need not be breaker B1 above: 36 of its 36 other service points say nothing."


def test_several_outages_at_once(town):
    said = [*every("A", range(1, 12), GASP), *every("D", range(1, 5), GASP), say(0, CALL, "B-2")]
    result = ask(town, [*said, say(9, PING, "C-1", "on")], 10)
    assert devices(result) == ["F1", "F4", "B-2"]
    assert [one.service_points_out for one in result.outages] == [24, 6, 1]


def test_a_call_beside_meters_that_cannot_be_reached_is_more_than_a_service(town):
    unreachable = every("B", range(2, 12), PING, 1, "unreachable")
    call = say(0, CALL, "B-1")
    assert devices(ask(town, unreachable, 10)) == []
    assert devices(ask(town, [call], 10)) == ["B-1"]
    assert devices(ask(town, [call, *unreachable], 10)) == ["F2"]


def test_without_meters_silence_is_that_of_people(town):
    metered = town.service_point_phases == 0
    calls = [say(0, CALL, "A-3"), say(4, CALL, "A-20"), say(5, CALL, "A-9")]
    (outage,) = ask(town, calls, 10, metered=metered).outages
    assert (outage.device, outage.service_points_out) == ("F1", 24)
    assert devices(ask(town, calls[:1], 10, metered=metered)) != []


def test_doubled_and_out_of_order_evidence_counts_once(town):
    said = [*every("C", range(1, 5), GASP), say(3, CALL, "C-7"), say(5, PING, "D-1", "on")]
    once = ask(town, said, 10)
    assert ask(town, [*reversed(said), *said[:3]], 10) == once
    assert len(once.outages[0].evidence_ids) == 5


def test_unknown_subjects_are_listed_and_ignored(town):
    result = ask(town, [say(0, CALL, "A-1"), say(0, CALL, "retired")], 10, confirmed=("gone",))
    assert devices(result) == ["A-1"]
    assert result.ignored == ("trouble_call-retired-0-None", "gone")


def test_the_result_as_json(town):
    document = ask(town, every("B", range(1, 9), GASP), 120).as_json()
    assert document["at"] == "2026-05-01T11:00:00+00:00"
    (outage,) = document["outages"]
    assert (outage["device"], outage["service_points_out"], len(outage["service_point_ids"])) == (
        "F2",
        12,
        12,
    )
    assert outage["candidates"][0]["equivalent"] == ["T1"]
    assert outage["probability"] == outage["candidates"][0]["probability"]
    assert outage["started_at"] == "2026-05-01T09:00:01+00:00"
    assert all(isinstance(reason, str) for reason in outage["reasons"])


def test_an_answer_counts_beside_the_gasp_before_it(town):
    rates = EvidenceRates(loss=0.3, false_rate=0.01, false_gasp_probability=1e-4, expected_faults=2.0)
    gasped = [say(0, GASP, "A-1")]
    before = probability_of(ask(town, gasped, 10, rates=rates), "A-1")
    unanswered = [*gasped, say(5, PING, "A-1", "unreachable")]
    answered = [*gasped, say(5, PING, "A-1", "off")]
    assert before < probability_of(ask(town, unanswered, 10, rates=rates), "A-1")
    assert probability_of(ask(town, answered, 10, rates=rates), "A-1") > 0.9
    # It could not be reached before either: that tells nothing of now.
    earlier = [say(-9, PING, "A-1", "unreachable"), *gasped]
    assert probability_of(ask(town, earlier, 10, rates=rates), "A-1") == before


def test_a_gasp_that_is_asked_about_in_vain_is_not_said_unless_somebody_calls(town):
    rates = EvidenceRates(loss=0.3, false_rate=0.01, false_gasp_probability=0.004, expected_faults=2.0)
    gasped = [say(0, GASP, "A-1")]
    assert devices(ask(town, gasped, 10, rates=rates)) == ["A-1"]
    asked = [*gasped, say(5, PING, "A-1", "unreachable")]
    assert devices(ask(town, asked, 10, rates=rates)) == []
    assert devices(ask(town, [*asked, say(6, CALL, "A-1")], 10, rates=rates)) == ["A-1"]

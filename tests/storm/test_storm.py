"""A whole storm: the same again from the same seed, and nothing from places that have supply."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from storm.callers import CallerHabits
from storm.faults import StormShape
from storm.meters import MeterHabits, false_gasps
from storm.randomness import stream
from storm.storm import Habits, Storm
from storm.telemetry import TelemetryHabits

SHAPE = StormShape(faults=6, largest_share=0.5)
LATE = timedelta(days=2)


@pytest.fixture
def storm_of(town, identities, noon):
    def make(seed=1, habits=None, shape=SHAPE):
        storm = Storm(tree=town, seed=seed, identities=identities, habits=habits)
        return storm, storm.begin(name="s1", shape=shape, started_from=noon)

    return make


def place_of(report):
    """The service point or device a report names, by whatever name it is called."""
    named = (report.document.get(key) for key in ("service_point", "account", "phone", "meter", "device"))
    return next(name for name in named if name).split(" ")[-1]


def played(storm, faults, noon):
    """Every report as the bytes that would be sent, with each fault mended three hours after it began."""
    lines = []
    for minute in range(0, 24 * 60, 10):
        now = noon + timedelta(minutes=minute)
        for fault in faults:
            if fault.started_at + timedelta(hours=3) <= now:
                storm.mend(fault=fault, at=fault.started_at + timedelta(hours=3))
        lines += [json.dumps(report.document, ensure_ascii=False) for report in storm.reports_due(now=now)]
    return "\n".join(lines).encode()


class TestAStorm:
    def test_with_the_same_seed_gives_the_same_bytes(self, storm_of, noon):
        first, again = (played(*storm_of(seed=7), noon) for _ in range(2))
        assert first == again
        assert len(first.splitlines()) > 50

    def test_with_another_seed_is_another(self, storm_of, noon):
        assert played(*storm_of(seed=7), noon) != played(*storm_of(seed=8), noon)

    def test_has_an_id_for_each_report(self, storm_of, noon):
        ids = [json.loads(line)["id"] for line in played(*storm_of(), noon).splitlines()]
        assert len(ids) == len(set(ids))

    def test_hears_only_from_places_without_supply(self, storm_of, noon):
        storm, faults = storm_of()
        out = {point for fault in faults for point in fault.service_points}
        devices = {fault.device for fault in faults}
        reports = storm.reports_due(now=noon + LATE)
        assert reports
        for report in reports:
            assert place_of(report) in out | devices
            assert report.document["kind"] in {"trouble_call", "last_gasp", "switch_open"}

    def test_hands_out_each_report_once_and_in_order(self, storm_of, noon):
        storm, _ = storm_of()
        reports = storm.reports_due(now=noon + 2 * LATE)
        assert reports == sorted(reports)
        assert storm.reports_due(now=noon + LATE) == []
        assert not storm.has_reports_under_way

    def test_hears_of_every_fault_even_when_hardly_anyone_calls(self, storm_of, noon):
        habits = Habits(
            CallerHabits(calling_share=0.0),
            MeterHabits(last_gasp_loss=1.0),
            TelemetryHabits(watched_share=0.0),
        )
        storm, faults = storm_of(habits=habits)
        called = {place_of(report) for report in storm.reports_due(now=noon + LATE)}
        assert all(called.intersection(fault.service_points) for fault in faults)
        assert len(called) == len(faults)

    def test_is_told_again_while_it_stays_dark(self, storm_of, noon):
        storm, faults = storm_of(habits=Habits(CallerHabits(calling_share=0.0)))
        called = Counter(
            place_of(report)
            for report in storm.reports_due(now=noon + LATE)
            if report.document["kind"] == "trouble_call"
        )
        assert len(called) == len(faults)
        assert min(called.values()) > 5

    def test_is_told_by_telemetry_where_devices_are_watched(self, storm_of, noon):
        storm, faults = storm_of(habits=Habits(telemetry=TelemetryHabits(watched_share=1.0)))
        opened = {
            report.document["device"]
            for report in storm.reports_due(now=noon + LATE)
            if report.document["kind"] == "switch_open"
        }
        assert opened == {fault.device for fault in faults if fault.device.startswith("B")}


class TestMending:
    def test_brings_back_all_that_the_fault_took(self, storm_of):
        storm, (fault, *others) = storm_of()
        at = others[-1].started_at + timedelta(hours=1)
        assert storm.mend(fault=fault, at=at) == fault.service_points
        assert not any(storm.world.is_out(point, at=at) for point in fault.service_points)
        assert all(storm.world.is_out(point, at=at) for other in others for point in other.service_points)

    def test_silences_those_who_would_have_called(self, storm_of, noon):
        storm, faults = storm_of()
        for fault in faults:
            storm.mend(fault=fault, at=fault.started_at + timedelta(minutes=1))
        mended_at = {point: fault.started_at for fault in faults for point in fault.service_points}
        for report in storm.reports_due(now=noon + LATE):
            if report.document["kind"] == "trouble_call":
                assert report.arrives_at < mended_at[place_of(report)] + timedelta(minutes=1)

    def test_leaves_nothing_under_way_once_all_has_arrived(self, storm_of, noon):
        storm, faults = storm_of()
        for fault in faults:
            storm.mend(fault=fault, at=fault.started_at + timedelta(minutes=30))
        storm.reports_due(now=noon + timedelta(hours=3))
        assert not storm.has_reports_under_way

    def test_lets_meters_answer_that_supply_is_back(self, storm_of, noon):
        storm, (fault, *_) = storm_of(habits=Habits(meters=MeterHabits(power_up_loss=0.5, read_share=1.0)))
        storm.mend(fault=fault, at=fault.started_at + timedelta(hours=1))
        answers = {
            place_of(report): report.document.get("result")
            for report in storm.reports_due(now=noon + LATE)
            if report.document["kind"] in {"power_up", "ping"}
        }
        assert set(answers) == set(fault.service_points)
        assert set(answers.values()) <= {None, "on"}

    def test_a_second_time_changes_nothing(self, storm_of):
        storm, (fault, *_) = storm_of()
        at = fault.started_at + timedelta(hours=1)
        storm.mend(fault=fault, at=at)
        assert storm.mend(fault=fault, at=at + timedelta(minutes=5)) == ()


class TestFalseGasps:
    def test_come_only_as_often_as_asked_for(self, identities, noon):
        def heard(share):
            return false_gasps(
                service_points=list(identities),
                share=share,
                at=noon,
                id_prefix="s1",
                identities=identities,
                random=stream(1, "false"),
            )

        assert heard(0.0) == []
        assert len(heard(1.0)) == len(identities)
        assert 0 < len(heard(0.3)) < len(identities)

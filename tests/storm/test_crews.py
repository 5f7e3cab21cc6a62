"""How simulated crews do their jobs."""

from datetime import timedelta

import pytest

from gis.place import Place
from storm.crews import CrewHabits, Errand, SimulatedCrew
from storm.faults import Fault, FaultClass
from storm.world import World
from topology.trace import service_points_downstream

DEPOT = Place(lon=10.0, lat=50.0)
PLACES = {"T1-1": Place(lon=10.1, lat=50.0), "F1-1-1": Place(lon=10.101, lat=50.0)}
DILIGENT = CrewHabits(decline_share=0.0)
A_DAY = timedelta(days=1)


@pytest.fixture
def world(town):
    return World(tree=town)


@pytest.fixture
def strike(world, town, noon):
    def at(device, fault_class):
        points = tuple(service_points_downstream(tree=town, device=device))
        fault = Fault(f"fault {device}", device, fault_class, "ABC", noon, points)
        world.strike(fault)
        return fault

    return at


@pytest.fixture
def crew_of(world):
    def make(seed=1, habits=DILIGENT):
        return SimulatedCrew(id="crew-1", place=DEPOT, world=world, places=PLACES, habits=habits, seed=seed)

    return make


class TestACrew:
    def test_goes_looks_and_mends(self, crew_of, strike, noon):
        fault = strike("T1-1", FaultClass.TRANSFORMER)
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        steps = crew.advance(now=noon + A_DAY)
        assert [step.status for step in steps] == ["accepted", "en_route", "on_site", "working", "finished"]
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert (steps[3].finding.device, steps[3].finding.result) == ("T1-1", "damaged")
        assert steps[3].expects_supply_at > steps[3].at
        assert [step.repaired for step in steps] == [None, None, None, None, fault]
        assert crew.job is None
        assert crew.place_at(noon + A_DAY) == PLACES["T1-1"]

    def test_sent_to_look_it_tells_what_it_found_and_mends_nothing(self, crew_of, strike, world, noon):
        fault = strike("T1-1", FaultClass.TRANSFORMER)
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon, errand=Errand.ASSESSMENT)
        steps = crew.advance(now=noon + A_DAY)
        assert [step.status for step in steps] == ["accepted", "en_route", "on_site", "finished"]
        assert steps[-1].damage_minutes == max(DILIGENT.repair_minutes[FaultClass.TRANSFORMER])
        assert steps[-1].finding.device == "T1-1"
        assert not world.is_mended(fault.id)

    def test_makes_safe_where_the_danger_is(self, crew_of, noon):
        crew, there = crew_of(), Place(lon=10.02, lat=50.0)
        crew.take(job="J-1", device="", at=noon, errand=Errand.MAKE_SAFE, place=there)
        steps = crew.advance(now=noon + A_DAY)
        assert [step.status for step in steps] == ["accepted", "en_route", "on_site", "finished"]
        assert [step.is_made_safe for step in steps] == [False, False, False, True]
        assert crew.place_at(noon + A_DAY) == there

    def test_mends_so_that_supply_is_back(self, crew_of, strike, world, noon):
        fault = strike("T1-1", FaultClass.TRANSFORMER)
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        *_, last = crew.advance(now=noon + A_DAY)
        assert world.repair(last.repaired.id, at=last.at) == fault.service_points
        assert world.service_points_out(at=last.at) == frozenset()

    def test_tells_each_step_once_and_only_when_its_time_has_come(self, crew_of, strike, noon):
        strike("T1-1", FaultClass.TRANSFORMER)
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        told = []
        for minute in range(24 * 60):
            now = noon + timedelta(minutes=minute)
            steps = crew.advance(now=now)
            assert all(now - timedelta(minutes=1) < step.at <= now for step in steps)
            told += steps
        assert len(told) == 5

    def test_walks_on_to_the_right_device(self, crew_of, strike, noon):
        strike("F1-1-1", FaultClass.BRANCH)
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        steps = crew.advance(now=noon + A_DAY)
        seen = [(step.finding.device, step.finding.result) for step in steps if step.finding]
        assert seen == [("T1-1", "ok"), ("F1-1-1", "open")]
        assert [step.status for step in steps][3:] == [None, "working", "finished"]
        assert steps[-1].place == PLACES["F1-1-1"]

    def test_leaves_again_where_nothing_is_wrong(self, crew_of, noon):
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        steps = crew.advance(now=noon + A_DAY)
        assert [step.status for step in steps] == ["accepted", "en_route", "on_site", "finished"]
        assert steps[-1].finding.result == "ok"
        assert steps[-1].repaired is None

    def test_declines_with_a_reason_when_it_cannot(self, crew_of, noon):
        crew = crew_of(habits=CrewHabits(decline_share=1.0))
        crew.take(job="J-1", device="T1-1", at=noon)
        (step,) = crew.advance(now=noon + A_DAY)
        assert step.status == "declined"
        assert step.reason
        assert crew.job is None

    def test_drives_on_a_line_and_stays_where_it_is_called_back(self, crew_of, noon):
        crew = crew_of()
        crew.take(job="J-1", device="T1-1", at=noon)
        now = noon
        while not crew.is_driving:
            now += timedelta(seconds=30)
            crew.advance(now=now)
        halfway = now + timedelta(minutes=5)
        place = crew.place_at(halfway)
        assert DEPOT.lon < place.lon < PLACES["T1-1"].lon
        crew.drop(at=halfway)
        assert crew.place_at(halfway + A_DAY) == place
        assert crew.advance(now=halfway + A_DAY) == []

    def test_does_the_same_with_the_same_seed(self, crew_of, strike, noon):
        strike("T1-1", FaultClass.TRANSFORMER)

        def steps(seed):
            crew = crew_of(seed=seed)
            crew.take(job="J-1", device="T1-1", at=noon)
            return crew.advance(now=noon + A_DAY)

        assert steps(3) == steps(3)
        assert steps(3) != steps(4)

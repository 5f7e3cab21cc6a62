"""Crews on a real database: roster, members, certificates, shifts and rest, off duty, and told positions."""

from datetime import timedelta

import pytest

from dispatch.change_log import changes_after, latest_position
from dispatch.crew_members import HeldCertificate, Member, read_members, set_members
from dispatch.crew_places import PositionSource
from dispatch.crew_positions import ToldPosition, take_positions
from dispatch.crew_shifts import put_on_duty, read_shifts, set_duty_rules, set_shifts, take_off_duty
from dispatch.crews import (
    CrewChange,
    Depot,
    Vehicle,
    add_crew,
    change_crew,
    get_crew,
    list_crews,
    report_position,
)
from dispatch.duty import DutyRules, Stretch
from dispatch.errors import Conflict, InvalidInput
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.vehicles import VehicleKind


def crew(world, crew_id="north"):
    return world.ask(get_crew, crew_id=crew_id, now=world.now)


def people(world, *expiries, skill="transformer"):
    return [
        Member(
            f"P-{n}",
            f"Person {n}",
            f"+1 555 020 {n:04d}",
            is_lead=n == 1,
            certificates=(HeldCertificate(skill, days and (world.now + timedelta(days=days)).date()),),
        )
        for n, days in enumerate(expiries, start=1)
    ]


def tell(world, *positions, sent_at=None, source=PositionSource.VEHICLE):
    told = [ToldPosition(**one) for one in positions]
    return world.do(take_positions, positions=told, source=source, sent_at=sent_at)


def at(world, minutes=0, lon=11.43, lat=53.63, crew_id="north"):
    return {"lon": lon, "lat": lat, "at": world.now + timedelta(minutes=minutes), "crew_id": crew_id}


def test_a_crew_without_people_on_file_has_the_skills_it_was_entered_with(world):
    assert crew(world).skills == ("low_voltage", "transformer")
    assert crew(world).status == "free"


def test_a_skill_is_held_while_a_member_has_a_valid_certificate(world):
    world.do(set_members, crew_id="north", members=people(world, 10))
    view = crew(world)
    assert view.skills == ("transformer",)
    lapsed = {one.skill: one.lapse for one in view.skill_standings}
    assert lapsed == {"low_voltage": "too_few", "transformer": None}
    world.later(11 * 24 * 60)
    standing = crew(world).skill_standings[1]
    assert (standing.lapse, str(standing.expired_on)) == ("expired", "2026-12-03")
    assert "expired on 2026-12-03" in standing.text


def test_switching_takes_two_certified_members(world):
    world.do(set_members, crew_id="south", members=people(world, 10, skill="switching"))
    assert crew(world, "south").skills == ()
    world.do(set_members, crew_id="south", members=people(world, 10, None, skill="switching"))
    south = crew(world, "south")
    assert south.skills == ("switching",)
    assert str(south.skill_standings[0].until) == "2026-12-03"


def test_no_person_gets_into_the_log(world):
    before = world.ask(latest_position)
    world.do(set_members, crew_id="north", members=people(world, 10, 20))
    (change,) = world.ask(changes_after, position=before)
    assert change.name == "crew.members_changed"
    assert change.data == {"members": 2, "skills_held": ["transformer"]}
    assert [one.id for one in world.ask(read_members, crew_id="north")] == ["P-1", "P-2"]
    world.do(set_members, crew_id="north", members=people(world, 10, 20))
    assert len(world.ask(changes_after, position=before)) == 1


def test_a_person_is_in_one_crew(world):
    world.do(set_members, crew_id="north", members=people(world, 10))
    with pytest.raises(Conflict, match="north"):
        world.do(set_members, crew_id="south", members=people(world, 10))
    with pytest.raises(InvalidInput, match="twice"):
        world.do(set_members, crew_id="south", members=people(world, 1) * 2)


def test_a_vehicle_is_with_one_crew(world):
    van = CrewChange(vehicle=Vehicle(VehicleKind.CABLE_VAN, "VAN-1"))
    assert world.do(change_crew, crew_id="north", change=van).vehicle_id == "VAN-1"
    with pytest.raises(Conflict, match="north"):
        world.do(change_crew, crew_id="south", change=van)


def test_a_roster_is_set_from_now_on_and_keeps_what_was(world):
    running = crew(world).shifts[0]
    tomorrow = Stretch(world.now + timedelta(hours=20), world.now + timedelta(hours=28))
    world.do(set_shifts, crew_id="north", shifts=[tomorrow])
    assert world.ask(read_shifts, crew_id="north") == [running, tomorrow]
    shorter = Stretch(running.start, world.now + timedelta(hours=1))
    world.do(set_shifts, crew_id="north", shifts=[shorter, tomorrow])
    assert crew(world).shift_end == shorter.end
    with pytest.raises(InvalidInput, match="overlap"):
        world.do(
            set_shifts,
            crew_id="north",
            shifts=[
                Stretch(tomorrow.start, tomorrow.end),
                Stretch(tomorrow.start + timedelta(hours=1), tomorrow.end),
            ],
        )
    early = Stretch(world.now - timedelta(days=2), world.now - timedelta(days=1))
    with pytest.raises(InvalidInput, match="past"):
        world.do(set_shifts, crew_id="north", shifts=[early])


def test_rest_is_a_hard_limit_whatever_the_roster_says(world):
    running = crew(world).shifts[0]
    whole_day = Stretch(running.start, running.start + timedelta(hours=40))
    world.do(set_shifts, crew_id="north", shifts=[whole_day])
    view = crew(world)
    assert view.works_until == running.start + timedelta(hours=16)
    assert view.rest_until == running.start + timedelta(hours=24)
    world.now = running.start + timedelta(hours=17)
    assert crew(world).status == "resting"
    world.do(set_duty_rules, rules=DutyRules(longest_duty_minutes=20 * 60, longest_day_minutes=20 * 60))
    assert crew(world).status == "free"


def test_off_duty_means_no_work_and_what_was_missed_is_rest(world):
    off = {"crew_id": "north", "because": "vehicle_defect"}
    world.do(take_off_duty, **off)
    view = crew(world)
    assert (view.status, view.duty.text) == ("off_duty", "off duty (vehicle defect)")
    assert view.works_until == world.now
    world.later(60)
    world.do(put_on_duty, crew_id="north")
    assert [one.start for one in crew(world).shifts][1:] == [world.now]
    with pytest.raises(Conflict):
        world.do(put_on_duty, crew_id="north")


def test_the_log_replays_all_that_happens_to_crews(world):
    before = world.ask(snapshot, now=world.now)
    world.do(set_members, crew_id="north", members=people(world, 10))
    depot = Depot("Depot North", 11.4, 53.62)
    world.do(change_crew, crew_id="north", change=CrewChange(name="North 1", depot=depot))
    world.do(take_off_duty, crew_id="north", because="training")
    world.later(30)
    world.do(put_on_duty, crew_id="north")
    later = Stretch(world.now + timedelta(hours=30), world.now + timedelta(hours=38))
    world.do(set_shifts, crew_id="north", shifts=[later])
    tell(world, at(world, lon=11.5), at(world, lon=0, lat=0, crew_id="south"))
    changes = world.ask(changes_after, position=before["position"])
    assert replay(before, changes) == world.ask(snapshot, now=world.now)


def test_an_old_position_is_said_to_be_old_and_the_depot_takes_its_place(world):
    assert crew(world).believed.code == "told"
    world.later(45)
    assert (crew(world).believed.code, crew(world).place.lon) == ("last_known", 11.43)
    world.do(change_crew, crew_id="north", change=CrewChange(depot=Depot("Depot North", 11.40, 53.62)))
    world.later(5 * 60)
    view = crew(world)
    assert (view.believed.code, view.place.lon, view.lon) == ("depot", 11.40, 11.43)
    assert view.believed.text == "position is 345 min old; taken to be at the depot Depot North"


def test_a_position_in_the_sea_is_set_aside_and_told_once(world):
    world.later(10)
    before = world.ask(latest_position)
    for minute in (-2, -1):
        (receipt,) = tell(world, at(world, minute, lon=0, lat=0))
        assert (receipt.outcome, receipt.code) == ("set_aside", "far_from_network")
        assert receipt.text == "0, 0 is what a receiver without a fix sends"
    assert [one.name for one in world.ask(changes_after, position=before)] == ["crew.position_doubted"]
    assert crew(world).lon == 11.43
    assert crew(world).position_aside.code == "far_from_network"
    tell(world, at(world))
    assert crew(world).position_aside is None


def test_a_jump_is_set_aside_until_the_next_one_agrees_with_it(world):
    world.later(10)
    tell(world, at(world))
    world.later(2)
    (jump,) = tell(world, at(world, lon=11.65))
    assert (jump.outcome, jump.code) == ("set_aside", "too_fast")
    assert "km/h" in jump.text
    assert crew(world).lon == 11.43
    world.later(1)
    (again,) = tell(world, at(world, lon=11.651))
    assert (again.outcome, crew(world).lon) == ("taken", 11.651)


def test_a_batch_is_taken_in_order_of_time_whatever_its_order(world):
    world.do(change_crew, crew_id="south", change=CrewChange(vehicle=Vehicle(id="TRUCK-7")))
    world.later(30)
    by_vehicle = {"lon": 11.31, "lat": 53.63, "at": world.now, "vehicle_id": "TRUCK-7"}
    receipts = tell(
        world,
        at(world, -1, lon=11.45),
        at(world, -2, lon=11.44),
        by_vehicle,
        {**by_vehicle, "vehicle_id": "TRUCK-8"},
        at(world, crew_id="nobody"),
        at(world, -40),
        at(world, 30),
        at(world, lat=95),
    )
    outcomes = [one.outcome for one in receipts]
    assert outcomes == ["taken", "taken", "taken", "refused", "refused", "passed_over", "refused", "refused"]
    assert [one.line for one in receipts] == list(range(1, 9))
    assert "TRUCK-8" in receipts[3].text
    assert "future" in receipts[6].text
    assert (crew(world).lon, crew(world, "south").lon) == (11.45, 11.31)


def test_a_clock_that_is_off_is_set_right(world):
    world.later(30)
    skew = timedelta(days=-3, minutes=7)
    (receipt,) = tell(world, {**at(world, -1, lon=11.44), "at": world.now + skew}, sent_at=world.now + skew)
    assert receipt.outcome == "taken"
    assert crew(world).position_at == world.now
    world.later(10)
    (ahead,) = tell(world, at(world, 3, lon=11.45))
    assert (ahead.outcome, crew(world).position_at) == ("taken", world.now)


def test_the_desk_may_put_a_crew_anywhere_on_the_network(world):
    world.later(1)
    tell(world, at(world))
    world.later(1)
    world.do(report_position, crew_id="north", lon=11.30, lat=53.63, at=world.now)
    assert crew(world).lon == 11.30
    assert [one.id for one in world.ask(list_crews, now=world.now)] == ["north", "south"]


def test_a_position_is_taken_unless_an_newer_one_is_known(world):
    world.later(10)
    moved = world.do(report_position, crew_id="north", lon=11.5, lat=53.6, at=world.now)
    assert (moved.lon, moved.lat) == (11.5, 53.6)
    old = world.do(report_position, crew_id="north", lon=0, lat=0, at=world.now - timedelta(minutes=5))
    assert (old.lon, old.lat) == (11.5, 53.6)
    with pytest.raises(InvalidInput, match="lon"):
        world.do(report_position, crew_id="north", lon=500, lat=0, at=world.now)


def test_a_roster_entry_must_make_sense(world):
    good = {
        "id": "west",
        "name": "West",
        "skills": ["line"],
        "shift_start": world.now,
        "shift_end": world.now + timedelta(hours=8),
        "lon": 11.4,
        "lat": 53.6,
    }
    for change, word in (
        ({"skills": ["juggling"]}, "juggling"),
        ({"shift_end": world.now}, "shift_end"),
        ({"name": " "}, "name"),
        ({"lat": 95}, "lat"),
    ):
        with pytest.raises(InvalidInput, match=word):
            world.do(add_crew, **{**good, **change})
    with pytest.raises(Conflict, match="north"):
        world.do(add_crew, **{**good, "id": "north"})

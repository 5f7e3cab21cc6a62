"""Guest crews on a real database: where they are planned and sent, what a leave taken back undoes, hours."""

from datetime import timedelta

import pytest

from dispatch.assignments import assign_crew
from dispatch.change_log import changes_after, latest_position
from dispatch.crew_shifts import read_shifts
from dispatch.crews import get_crew
from dispatch.errors import Conflict, InvalidInput, UnknownThing
from dispatch.guest_crews import NewGuest, admit_guest, end_leave, renew_leave
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from tests.dispatch.planned_house import House

HERE = (11.41, 53.63, 11.43, 53.64)
ELSEWHERE = (10.0, 52.0, 10.1, 52.1)


@pytest.fixture
def house(world):
    return House(world)


def admit(world, bounds=HERE, *, hours=8.0, starts_in=0.0):
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    guest = NewGuest(
        name="Guests",
        company="Northern Lines",
        skills=["transformer", "low_voltage"],
        begins_at=world.now + timedelta(hours=starts_in),
        ends_at=world.now + timedelta(hours=hours),
        polygon={"type": "Polygon", "coordinates": [ring]},
    )
    return world.do(admit_guest, guest=guest)


def forbidden(house):
    (job,) = house.problem().problem.jobs
    return job.forbidden_crews


def test_a_guest_is_planned_for_what_lies_in_its_area_and_for_nothing_else(house):
    house.transformer("a")
    here, there = admit(house.world), admit(house.world, ELSEWHERE)
    assert there.crew_id in forbidden(house)
    assert here.crew_id not in forbidden(house)
    assert {here.crew_id, there.crew_id} <= {crew.id for crew in house.problem().problem.crews}


def test_a_leave_that_is_over_sends_nobody(house):
    outage = house.transformer("a")
    guest = admit(house.world, hours=1)
    house.world.later(61)
    with pytest.raises(Conflict, match="is over"):
        house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id=guest.crew_id)
    renewed = house.world.do(renew_leave, crew_id=guest.crew_id, ends_at=house.world.now + timedelta(hours=4))
    assert renewed.holds(house.world.now)
    sent = house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id=guest.crew_id)
    assert [job.crew_id for job in sent.jobs] == [guest.crew_id]
    # What it worked before stays on its roster, for its rest is reckoned from it.
    shifts = house.world.ask(read_shifts, crew_id=guest.crew_id)
    assert [(one.end - one.start) / timedelta(hours=1) for one in shifts] == [1, 4]


def test_taken_back_its_jobs_wait_for_somebody_else_and_it_is_off_duty(house):
    outage = house.transformer("a")
    guest = admit(house.world)
    house.world.do(assign_crew, outage_id=outage.id, version=None, crew_id=guest.crew_id)
    before = house.world.ask(snapshot, now=house.world.now)
    position = house.world.ask(latest_position)
    house.world.do(end_leave, crew_id=guest.crew_id)
    (after,) = house.world.outages()
    assert [(job.status, job.ended_because) for job in after.jobs] == [("recalled", "→ Northern Lines")]
    crew = house.world.ask(get_crew, crew_id=guest.crew_id, now=house.world.now)
    assert (crew.status, crew.off_duty_because) == ("off_duty", "stood_down")
    changes = house.world.ask(changes_after, position=position)
    assert replay(before, changes) == house.world.ask(snapshot, now=house.world.now)
    house.world.later(30)
    again = house.world.do(renew_leave, crew_id=guest.crew_id, ends_at=None)
    assert (again.ended_at, again.ends_at) == (None, guest.ends_at)
    assert house.world.ask(get_crew, crew_id=guest.crew_id, now=house.world.now).status == "free"


def test_what_is_no_guest_has_no_leave(world):
    with pytest.raises(UnknownThing):
        world.do(end_leave, crew_id="north")
    guest = admit(world, hours=2)
    with pytest.raises(InvalidInput, match="14 days"):
        world.do(renew_leave, crew_id=guest.crew_id, ends_at=world.now + timedelta(days=15))

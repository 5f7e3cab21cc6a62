"""When supply is back: rule, crew and desk say so, one word is published, the alarm comes before it lapses.

The whole story goes through HTTP; only the clock is moved, as a storm at speed moves it.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
"""

from datetime import UTC, datetime, timedelta

import pytest

from api.processes.etr_keeper import EtrKeeper
from dispatch.clock import Clock, set_clock
from dispatch.transactions import write_transaction


class Story:
    """One outage that three households reported, and a crew on it."""

    def __init__(self, world):
        self.world = world
        self.began = datetime.now(UTC)
        self.passed = timedelta(0)
        self.events = 0
        self.dispatcher, self.crew = world.client("dispatcher"), world.client("crew")
        crew = {
            "id": "C-1",
            "name": "Crew 1",
            "skills": [],
            "lon": 11.43,
            "lat": 53.63,
            "shift_start": (self.began - timedelta(hours=1)).isoformat(),
            "shift_end": (self.began + timedelta(hours=9)).isoformat(),
        }
        assert world.client("supervisor").post("/api/crews", json=crew).status_code == 201
        for household in ("a1", "a2", "a3"):
            call = world.call(household, minutes_ago=0)
            assert world.client("meter_system").post("/api/evidence", json=call).status_code == 200
        world.analyse()
        (outage,) = self.dispatcher.get("/api/outages").json()["outages"]
        self.path = f"/api/outages/{outage['id']}"
        self.act("confirm")
        self.act("assign", crew_id="C-1")

    @property
    def now(self):
        return datetime.now(UTC) + self.passed

    @property
    def outage(self):
        return self.dispatcher.get(self.path).json()

    @property
    def etr(self):
        return self.dispatcher.get(f"{self.path}/etr").json()

    def act(self, action, **order):
        body = {"version": self.outage["version"], **order}
        answer = self.dispatcher.post(f"{self.path}/{action}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def later(self, minutes):
        """Let time pass; the keeper looks."""
        self.passed += timedelta(minutes=minutes)
        with write_transaction(self.world.engine) as session:
            now = self.began + self.passed
            set_clock(session, clock=Clock(origin_real=self.began, origin_simulated=now, speed=1.0))
        return EtrKeeper(self.world.engine).look()

    def crew_reports(self, status, minutes=None):
        (job,) = self.crew.get("/api/jobs/mine").json()["jobs"]
        self.events += 1
        etr_at = (self.now + timedelta(minutes=minutes)).isoformat() if minutes else None
        body = {
            "status": status,
            "occurred_at": self.now.isoformat(),
            "client_event_id": f"event-{self.events}",
            "etr_at": etr_at,
        }
        answer = self.crew.post(f"/api/jobs/{job['id']}/progress", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def crew_works(self, minutes):
        for status in ("accepted", "en_route", "on_site"):
            self.crew_reports(status)
        return self.crew_reports("working", minutes)

    def history(self):
        return [one["name"] for one in self.dispatcher.get(f"{self.path}/history").json()["changes"]]


@pytest.fixture
def story(world):
    return Story(world)


def test_a_time_is_said_overridden_said_again_warned_of_and_scored(story):
    assert story.outage["etr_source"] == "device_kind_and_travel"
    job = story.crew_works(60)
    assert (job["etr_source"], job["etr_earliest"] < job["etr_at"] < job["etr_latest"]) == ("crew", True)

    # The desk overrides: told as such, with the crew's word beside it.
    by_hand = (story.now + timedelta(minutes=120)).isoformat()
    assert story.act("etr", etr_at=by_hand)["etr_source"] == "dispatcher"
    assert story.etr["overridden"]["source"] == "crew"

    # The crew speaks again, without a new step: its word wins, and is told.
    story.crew_reports("working", 50)
    assert (story.outage["etr_source"], story.etr["overridden"]) == ("crew", None)
    assert "job.etr_said" in story.history()
    published = story.outage["etr_at"]

    # Five minutes more are kept, and not published.
    story.crew_reports("working", 55)
    assert story.outage["etr_at"] == published
    newest = story.etr["versions"][0]
    assert (newest["tier"], newest["is_published"], newest["is_told"]) == ("crew", False, False)

    # Before it lapses the desk is warned, with a proposal that it may publish.
    assert story.later(29) == 0
    assert story.dispatcher.get("/api/etr/lapsing").json() == {"outages": []}
    assert story.later(2) == 1
    (lapsing,) = story.dispatcher.get("/api/etr/lapsing").json()["outages"]
    assert (lapsing["has_lapsed"], lapsing["proposed_at"] > lapsing["etr_at"]) == (False, True)
    assert story.history()[-1] == "outage.etr_lapsing"
    assert story.outage["etr_lapsing_at"] < story.outage["etr_at"]
    assert story.act("etr", etr_at=lapsing["proposed_at"])["etr_lapsing_at"] is None
    assert story.dispatcher.get("/api/etr/lapsing").json() == {"outages": []}

    story.crew_reports("finished")
    story.act("restore")
    story.act("close", cause="equipment")
    figures = story.dispatcher.get("/api/etr/scores").json()["figures"]
    crew = next(one for one in figures if (one["tier"], one["device_kind"]) == ("crew", None))
    assert crew["words"] == 3
    assert all(one["error_minutes"] is not None for one in story.etr["versions"])


def test_a_customer_never_reads_a_time_that_has_passed(story):
    story.crew_works(30)
    customer = story.world.client("customer")

    def told():
        return customer.get("/api/my-supply").json()["service_points"][0]["outage"]

    outage = told()
    assert (outage["etr_source"], outage["etr_has_lapsed"]) == ("crew", False)
    assert outage["etr_earliest"] <= outage["etr_at"] <= outage["etr_latest"]
    assert story.later(31) == 1, "the alarm was raised, if late"
    lapsed = told()
    assert (lapsed["etr_at"], lapsed["etr_latest"], lapsed["etr_has_lapsed"]) == (None, None, True)
    (listed,) = story.dispatcher.get("/api/etr/lapsing").json()["outages"]
    assert listed["has_lapsed"]

"""A crew comes late: the desk is warned, the promise is broken, and what proves it does not fit together.

The whole story goes through HTTP; only the clock is moved, as a storm at speed moves it.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.clock import Clock, set_clock
from dispatch.transactions import write_transaction

TOWN = [[11.3, 53.6], [11.5, 53.6], [11.5, 53.7], [11.3, 53.7], [11.3, 53.6]]


class Story:
    """The town as an urban area, one outage that three households reported, and a crew on its way."""

    def __init__(self, world):
        self.world = world
        self.began = datetime.now(UTC)
        self.passed = timedelta(0)
        self.dispatcher, self.crew = world.client("dispatcher"), world.client("crew")
        supervisor = world.client("supervisor")
        polygon = {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [TOWN]},
            "properties": {"area_class": "urban", "name": "Old Town 老城"},
        }
        document = {"type": "FeatureCollection", "features": [polygon]}
        answer = supervisor.post("/api/promises/areas/polygons", json=document)
        assert answer.json()["polygons"]["features"][0]["properties"]["name"] == "Old Town 老城"
        crew = {
            "id": "C-1",
            "name": "Crew 1",
            "skills": [],
            "lon": 11.43,
            "lat": 53.63,
            "shift_start": (self.began - timedelta(hours=1)).isoformat(),
            "shift_end": (self.began + timedelta(hours=9)).isoformat(),
        }
        assert supervisor.post("/api/crews", json=crew).status_code == 201
        for household in ("a1", "a2", "a3"):
            call = world.call(household, minutes_ago=0)
            assert world.client("meter_system").post("/api/evidence", json=call).status_code == 200
        world.analyse()
        (self.outage,) = self.dispatcher.get("/api/outages").json()["outages"]
        self.act("confirm")
        self.act("assign", crew_id="C-1")
        self.look()

    @property
    def now(self):
        return datetime.now(UTC) + self.passed

    @property
    def path(self):
        return f"/api/outages/{self.outage['id']}"

    def act(self, action, **fields):
        order = {"version": self.dispatcher.get(self.path).json()["version"], **fields}
        answer = self.dispatcher.post(f"{self.path}/{action}", json=order)
        assert answer.status_code == 200, answer.text
        self.outage = answer.json()

    def until(self, minutes):
        """Let the clock show so many minutes after the calls, and the worker look."""
        self.passed = timedelta(minutes=minutes)
        origin = datetime.now(UTC)
        with write_transaction(self.world.engine) as session:
            set_clock(
                session, clock=Clock(origin_real=origin, origin_simulated=origin + self.passed, speed=1.0)
            )
        self.look()

    def look(self):
        self.world.worker._promises._look()

    def tap(self, *statuses):
        (job,) = self.crew.get("/api/jobs/mine").json()["jobs"]
        for status in statuses:
            report = {
                "status": status,
                "occurred_at": self.now.isoformat(),
                "client_event_id": f"tap-{status}",
            }
            answer = self.crew.post(f"/api/jobs/{job['id']}/progress", json=report)
            assert answer.status_code == 200, answer.text
        self.look()

    def stand_at(self, lon, lat):
        body = {"lon": lon, "lat": lat, "at": self.now.isoformat()}
        assert self.crew.post("/api/crews/C-1/position", json=body).status_code == 200

    def clocks(self):
        promises = self.dispatcher.get(f"{self.path}/promises").json()
        return {clock["promise"]: clock for clock in promises["clocks"]}, promises

    def told(self):
        changes = self.dispatcher.get(f"{self.path}/history").json()["changes"]
        return [
            (change["name"], change["subject"].partition("/")[2])
            for change in changes
            if change["name"].startswith("promise.")
        ]


@pytest.fixture
def story(world):
    return Story(world)


def test_a_crew_comes_late(story):
    clocks, promises = story.clocks()
    assert (promises["area_class"], promises["area_source"], promises["area_named"]) == (
        "urban",
        "polygon",
        "Old Town 老城",
    )
    assert promises["next_clock"]["promise"] == "arrival"
    assert clocks["restoration"]["because"] == "no_arrival_yet"

    # A quarter of an hour before the promise is broken, the desk is warned; the law is still far off.
    story.until(31)
    assert story.told() == [("promise.warned", "arrival")]
    assert story.clocks()[0]["arrival"]["state"] == "warning"
    (listed,) = story.dispatcher.get("/api/promises").json()["outages"]
    assert listed["next_clock"]["state"] == "warning"

    # The desk acts on the picture it has: a warning is no reason to refuse it.
    version = story.dispatcher.get(story.path).json()["version"]
    story.tap("accepted", "en_route")
    story.until(46.5)
    assert ("promise.breached", "arrival") in story.told()
    answer = story.dispatcher.post(f"{story.path}/etr", json={"version": version, "etr_at": None})
    assert answer.status_code == 422

    # The vehicle stands at the fuse; the crew remembers the tap a quarter of an hour later.
    lon, lat = story.outage["lon"], story.outage["lat"]
    story.stand_at(lon + 0.001, lat)
    story.until(61.5)
    story.tap("on_site")
    _, promises = story.clocks()
    assert list(promises["flags"].values()) == [["times_differ"]]
    assert promises["arrival"]["position_distance_m"] == pytest.approx(66, abs=5)
    assert ("promise.breached", "legal_arrival") in story.told()

    # Supply is back in time after the arrival.
    story.until(150)
    story.tap("working", "finished")
    story.act("restore", restored_at=None)
    story.look()
    assert story.told()[-1] == ("promise.kept", "restoration")

    # The breach list says what proves it, as JSON and as a table.
    breaches = story.dispatcher.get("/api/promises/breaches").json()["breaches"]
    assert [one["promise"] for one in breaches] == ["legal_arrival", "arrival"]
    assert breaches[1]["late_minutes"] == pytest.approx(16.5, abs=0.5)
    table = story.dispatcher.get("/api/promises/breaches", params={"format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["flags"] for row in rows] == ["times_differ", "times_differ"]
    history = story.dispatcher.get(f"{story.path}/history").json()["changes"]
    by_position = {str(change["position"]): change["name"] for change in history}
    assert [by_position[row["breach_change"]] for row in rows] == ["promise.breached"] * 2
    assert [by_position[row["tap_change"]] for row in rows] == ["job.on_site"] * 2
    assert [by_position[row["restored_change"]] for row in rows] == ["outage.restored"] * 2
    none = story.dispatcher.get("/api/promises/breaches", params={"since": (story.now).isoformat()})
    assert none.json()["breaches"] == []


def test_a_worker_that_starts_again_tells_nothing_twice(story):
    story.until(50)
    told = story.told()
    story.world.worker._promises = type(story.world.worker._promises)(story.world.engine)
    story.until(51)
    assert story.told() == told


def test_unsafe_weather_pauses_the_promise_and_explains_the_law(story):
    story.until(20)
    order = {"reason": "unsafe_weather", "note": "Gusts of 30 m/s."}
    answer = story.dispatcher.post(f"{story.path}/promises/pause", json=order)
    assert answer.status_code == 200, answer.text
    again = story.dispatcher.post(f"{story.path}/promises/pause", json=order)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    story.until(70)
    clocks, promises = story.clocks()
    assert (clocks["arrival"]["state"], clocks["legal_arrival"]["state"]) == ("paused", "breached")
    assert promises["pauses"][0]["started_by"] == "dispatcher"
    assert story.dispatcher.post(f"{story.path}/promises/resume", json={}).status_code == 200
    assert story.clocks()[0]["arrival"]["state"] == "running"
    (breach,) = story.dispatcher.get("/api/promises/breaches").json()["breaches"]
    assert breach["pauses"][0]["reason"] == "unsafe_weather"
    history = story.dispatcher.get(f"{story.path}/history").text
    assert "Gusts" not in history


@pytest.mark.parametrize("account", ["crew", "customer", "agent", "meter_system"])
def test_promises_are_for_the_desk(story, account):
    client = story.world.client(account)
    for path in ("/api/promises", "/api/promises/breaches", "/api/promises/rules", f"{story.path}/promises"):
        assert client.get(path).status_code == 403
    assert story.dispatcher.post("/api/promises/areas/polygons", json={}).status_code == 403

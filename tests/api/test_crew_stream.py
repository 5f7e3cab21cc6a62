"""The live page of a crew: its own jobs within a moment, resumed where it was left, and no other crew's."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api import crew_stream, live_watch
from api.change_stream import StreamPlaces
from dispatch.assignments import assign_crew, reassign_job, recall_job
from dispatch.crews import add_crew, report_position


@pytest.fixture(autouse=True)
def looking_often(monkeypatch):
    monkeypatch.setattr(live_watch, "LOOK_EVERY_S", 0.3)
    monkeypatch.setattr(live_watch, "SETTLE_S", 0.05)


@pytest.fixture
def crew(world):
    return world.client("crew")


@pytest.fixture
def outage(desk):
    """An outage that is confirmed, and a second crew on the roster that could go as well."""
    desk.do(
        add_crew,
        id="C-2",
        name="The other crew",
        skills=["line"],
        shift_start=datetime.now(UTC) - timedelta(hours=1),
        shift_end=datetime.now(UTC) + timedelta(hours=9),
        lon=11.42,
        lat=53.64,
    )
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    return desk.outage.id


def listen(client, after=None, **given):
    params = {} if after is None else {"after": after}
    return client.stream("GET", "/api/jobs/mine/stream", params=params, **given)


def events(response):
    """Read events until the stream ends: (event, id, data)."""
    event = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "data" in event:
            data = json.loads(event["data"]) if "id" in event else event["data"]
            yield event["event"], int(event.get("id", -1)), data
            event = {}


def mine(client):
    return client.get("/api/jobs/mine").json()


def until(told, wanted):
    """Return the data of the first `jobs` event that is as wanted: one look may have come a step early."""
    for event, _, data in told:
        assert event == "jobs"
        if wanted(data["jobs"]):
            return data
    raise AssertionError("the stream ended")


@pytest.mark.usefixtures("outage")
class TestWhatIsTold:
    def test_each_step_of_the_own_job_is_told_with_the_job(self, crew, desk, outage):
        with listen(crew) as response:
            told = events(response)
            event, position, data = next(told)
            assert (event, data["jobs"]) == ("jobs", [])
            assert (data["crew_id"], data["crew_name"]) == ("C-1", "Crew of Secret Name")
            assert position == data["position"]
            desk.assign()
            job = until(told, lambda jobs: len(jobs) == 1)["jobs"][0]
            assert (job["outage_id"], job["status"]) == (outage, "assigned")
            for status in ("accepted", "en_route", "on_site", "working"):
                desk.crew(status)
                until(told, lambda jobs, status=status: jobs[0]["status"] == status)
            etr = datetime.now(UTC) + timedelta(hours=2)
            desk.promise(etr)
            until(told, lambda jobs: jobs[0]["etr_source"] == "dispatcher")
            desk.crew("finished")
            until(told, lambda jobs: jobs == [])

    def test_what_is_told_is_what_the_page_would_be_answered(self, crew, desk):
        desk.assign()
        with listen(crew) as response:
            assert next(events(response))[2] == mine(crew)

    def test_a_hazard_reported_later_is_told(self, world, crew, desk):
        desk.assign()
        with listen(crew) as response:
            told = events(response)
            assert next(told)[2]["jobs"][0]["hazards"] == []
            call = world.call("a2", hazard="wire_down")
            assert world.client("meter_system").post("/api/evidence", json=call).status_code == 200
            world.analyse()
            until(told, lambda jobs: jobs[0]["hazards"] == ["wire_down"])

    def test_roads_that_close_and_open_are_told_and_a_time_that_is_over(self, world, crew, desk):
        desk.assign()
        drawn = {"type": "LineString", "coordinates": [[11.41, 53.63], [11.42, 53.63]]}
        dispatcher = world.client("dispatcher")

        def ids():
            return [one["id"] for one in crew.get("/api/road-closures").json()["closures"]]

        with listen(crew) as response:
            told = events(response)
            assert next(told)[0] == "jobs"
            for seconds in (3600, 1.5):
                over_at = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
                body = {"geometry": drawn, "reason": "flooded", "until": over_at}
                answer = dispatcher.post("/api/road-closures", json=body)
                assert answer.status_code == 201, answer.text
                assert next(told)[0] == "road_closures"
            first, _ = ids()
            assert next(told)[0] == "road_closures"
            assert ids() == [first]
            dispatcher.post(f"/api/road-closures/{first}/lift", json={})
            assert next(told)[0] == "road_closures"
            assert ids() == []

    def test_a_job_that_is_given_to_another_crew_goes_and_comes(self, world, crew, desk, outage):
        desk.assign()
        other = world.client("second_crew")
        with listen(crew) as mine, listen(other) as theirs:
            told, told_other = events(mine), events(theirs)
            assert len(next(told)[2]["jobs"]) == 1
            assert next(told_other)[2]["jobs"] == []
            (job,) = desk.outage.jobs
            desk.do(reassign_job, outage_id=outage, version=None, job_id=job.id, crew_id="C-2")
            assert until(told, lambda jobs: not jobs)["crew_id"] == "C-1"
            (taken,) = until(told_other, lambda jobs: jobs)["jobs"]
            assert taken["crew_id"] == "C-2"

    def test_what_other_crews_do_is_not_told(self, world, crew, desk, outage):
        with listen(crew) as response:
            told = events(response)
            _, position, _ = next(told)
            desk.do(assign_crew, outage_id=outage, version=None, crew_id="C-2")
            desk.do(report_position, crew_id="C-2", lon=11.42, lat=53.63, at=datetime.now(UTC))
            with world.engine.begin() as connection:
                connection.execute(text("DELETE FROM user_session"))
            assert [event for event, _, _ in told] == ["ended"]
        with listen(world.client("crew"), position) as response:
            told = events(response)
            desk.assign()
            data = until(told, lambda jobs: jobs)
        assert {job["crew_id"] for job in data["jobs"]} == {"C-1"}
        assert "C-2" not in json.dumps(data)


@pytest.mark.usefixtures("outage")
class TestComingBack:
    def test_what_was_missed_is_told_at_once(self, crew, desk):
        before = mine(crew)["position"]
        desk.assign()
        for given in ({"after": before}, {"after": 10**9, "headers": {"Last-Event-ID": str(before)}}):
            with listen(crew, **given) as response:
                event, position, data = next(events(response))
            assert (event, position) == ("jobs", mine(crew)["position"])
            assert len(data["jobs"]) == 1

    def test_what_was_seen_is_not_told_again(self, crew, desk):
        desk.assign()
        now = mine(crew)["position"]
        with listen(crew, now) as response:
            told = events(response)
            desk.crew("accepted")
            _, position, data = next(told)
        assert position > now
        assert data["jobs"][0]["status"] == "accepted"

    def test_a_job_that_was_taken_back_meanwhile_is_told(self, crew, desk, outage):
        desk.assign()
        before = mine(crew)["position"]
        (job,) = desk.outage.jobs
        desk.do(recall_job, outage_id=outage, version=None, job_id=job.id, reason="Elsewhere.")
        with listen(crew, before) as response:
            assert next(events(response))[2]["jobs"] == []

    @pytest.mark.parametrize("position", [0, 10**9, 10**30])
    def test_a_position_too_old_or_of_another_database_is_told_to_reload(
        self, crew, desk, monkeypatch, position
    ):
        monkeypatch.setattr(crew_stream, "FURTHEST_BACK", 2)
        newest = mine(crew)["position"]
        with listen(crew, headers={"Last-Event-ID": str(position)}) as response:
            told = events(response)
            assert next(told) == ("reload", newest, {"position": newest})
            desk.assign()
            assert len(until(told, lambda jobs: jobs)["jobs"]) == 1


@pytest.mark.usefixtures("desk")
class TestHowItEnds:
    def test_it_is_open_to_crews_alone(self, world):
        for name in ("dispatcher", "supervisor", "customer", "meter_system"):
            assert world.client(name).get("/api/jobs/mine/stream").status_code == 403
        assert world.client().get("/api/jobs/mine/stream").status_code == 401

    def test_it_ends_after_its_time(self, crew, monkeypatch):
        monkeypatch.setattr(crew_stream, "LONGEST_STREAM_S", 0.2)
        with listen(crew) as response:
            assert [event for event, _, _ in events(response)] == ["jobs"]

    def test_crews_have_places_of_their_own(self, world, crew):
        world.app.state.crews.watch.places = StreamPlaces(1)
        with listen(crew) as response:
            told = events(response)  # kept: a generator that is let go of closes its connection
            next(told)
            assert world.client("second_crew").get("/api/jobs/mine/stream").status_code == 503
            with world.client("dispatcher").stream("GET", "/api/changes/stream") as desks:
                assert desks.status_code == 200


@pytest.mark.usefixtures("outage")
def test_a_job_tells_its_version_and_the_address_nearest_to_its_device(crew, desk):
    desk.assign()
    (job,) = mine(crew)["jobs"]
    assert (job["device"], job["version"]) == ("T1", desk.outage.version)
    # The transformer stands some way off from the households that it feeds.
    assert job["address"] == "a1 Street 1"
    assert 450 < job["address_distance_m"] < 500

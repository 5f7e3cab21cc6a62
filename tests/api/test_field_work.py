"""What a crew takes along, what it tells beside its steps, and what Relight says became of each report."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.settings import MeterSettings
from dispatch.assignments import recall_job
from dispatch.change_log import changes_of


@pytest.fixture
def job(world, desk):
    """Crew C-1 was sent to an outage of three households, of which a2 needs care; return the job's id."""
    with world.engine.begin() as connection:
        need_care = "UPDATE service_point SET priority = 'life_support' WHERE id IN ('a2', 'c1')"
        connection.execute(text(need_care))
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    desk.assign()
    return desk.outage.jobs[0].id


@pytest.fixture
def crew(world):
    return world.client("crew")


def step(world, status, **more):
    now = datetime.now(UTC).isoformat()
    return {"status": status, "occurred_at": now, "client_event_id": world.id("tap"), **more}


def send(client, job, body):
    return client.post(f"/api/jobs/{job}/progress", json=body)


def materials(world, *items, **more):
    return {
        "items": [{"kind": kind, "quantity": quantity} for kind, quantity in items],
        "occurred_at": datetime.now(UTC).isoformat(),
        "client_event_id": world.id("used"),
        **more,
    }


class TestWhatBecameOfAReport:
    def test_the_first_is_applied_and_the_same_again_was_applied_already(self, world, crew, job):
        body = step(world, "accepted")
        answers = [send(crew, job, body).json() for _ in range(2)]
        assert [one["outcome"] for one in answers] == ["applied", "already_applied"]
        assert [one["status"] for one in answers] == ["accepted", "accepted"]

    def test_a_job_recalled_while_the_crew_was_away_is_refused_with_its_state(self, world, crew, desk, job):
        send(crew, job, step(world, "accepted"))
        desk.do(recall_job, outage_id=desk.outage.id, version=None, job_id=job, reason=None)
        error = send(crew, job, step(world, "en_route")).json()["error"]
        assert (error["code"], error["status"]) == ("illegal_transition", "recalled")

    def test_finished_on_two_phones_it_was_finished_once(self, world, crew, job):
        for status in ("accepted", "en_route", "on_site", "finished"):
            assert send(crew, job, step(world, status)).status_code == 200
        error = send(crew, job, step(world, "finished")).json()["error"]
        assert (error["code"], error["status"]) == ("illegal_transition", "finished")

    def test_both_clocks_are_kept_where_the_phones_is_six_hours_off(self, world, crew, desk, job):
        now = datetime.now(UTC)
        off = (now + timedelta(hours=6)).isoformat()
        send(crew, job, step(world, "accepted", phone_at=off))
        (change,) = [one for one in desk.do(changes_of_job, job_id=job) if one.name == "job.accepted"]
        assert abs(change.occurred_at - now) < timedelta(minutes=1)
        assert datetime.fromisoformat(change.data["phone_at"]) == datetime.fromisoformat(off)

    def test_a_time_said_without_signal_and_past_by_now_does_not_cost_the_step(self, world, crew, desk, job):
        for status in ("accepted", "en_route"):
            send(crew, job, step(world, status))
        etr_before = desk.outage.etr_at
        long_ago = datetime.now(UTC) - timedelta(hours=5)
        said = (long_ago + timedelta(hours=1)).isoformat()
        late = step(world, "on_site", occurred_at=long_ago.isoformat(), etr_at=said)
        assert send(crew, job, late).json()["status"] == "on_site"
        word = step(world, "on_site", occurred_at=long_ago.isoformat(), etr_at=said)
        assert send(crew, job, word).json()["outcome"] == "applied"
        assert desk.outage.etr_at == etr_before

    def test_a_time_that_was_past_when_it_was_said_is_refused(self, world, crew, job):
        past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        error = send(crew, job, step(world, "accepted", etr_at=past)).json()["error"]
        assert (error["code"], error["field"]) == ("invalid_input", "etr_at")


def changes_of_job(session, *, job_id, actor, now):
    return changes_of(session, subject=f"job:{job_id}")


class TestMaterials:
    def test_sent_twice_it_was_used_once_and_a_minus_sets_it_right(self, world, crew, job):
        body = materials(world, ("pole", 2), ("cable_metres", 30))
        answers = [crew.post(f"/api/jobs/{job}/materials", json=body).json() for _ in range(2)]
        assert [one["outcome"] for one in answers] == ["applied", "already_applied"]
        told = crew.post(f"/api/jobs/{job}/materials", json=materials(world, ("pole", -1))).json()
        assert told["items"] == [
            {"kind": "pole", "quantity": 1.0},
            {"kind": "cable_metres", "quantity": 30.0},
        ]

    def test_what_was_used_is_taken_also_after_the_job_was_taken_away(self, world, crew, desk, job):
        desk.do(recall_job, outage_id=desk.outage.id, version=None, job_id=job, reason=None)
        answer = crew.post(f"/api/jobs/{job}/materials", json=materials(world, ("fuse", 3)))
        assert answer.json()["outcome"] == "applied"
        history = world.client("dispatcher").get(f"/api/outages/{desk.outage.id}/history").json()
        assert "materials.reported" in [one["name"] for one in history["changes"]]

    @pytest.mark.parametrize("items", [[], [("pole", 0)], [("magic", 1)], [("pole", 1_000_000)]])
    def test_nothing_and_nonsense_are_refused(self, world, crew, job, items):
        assert crew.post(f"/api/jobs/{job}/materials", json=materials(world, *items)).status_code == 422

    def test_another_crews_job_is_not_for_this_one_to_tell_about(self, world, job):
        other = world.client("second_crew")
        assert other.post(f"/api/jobs/{job}/materials", json=materials(world, ("pole", 1))).status_code == 403

    def test_the_id_of_a_step_is_no_id_for_material(self, world, crew, job):
        body = step(world, "accepted")
        send(crew, job, body)
        used = materials(world, ("pole", 1), client_event_id=body["client_event_id"])
        assert crew.post(f"/api/jobs/{job}/materials", json=used).status_code == 409


class TestWhatIsTakenAlong:
    def test_it_says_who_needs_care_and_which_tags_hang_and_names_nobody(self, world, crew, job):
        tag = world.client("dispatcher").post(
            "/api/tags", json={"device": "F1", "kind": "hold", "note": "C-1 works here"}
        )
        assert tag.status_code == 201, tag.text
        answer = crew.get("/api/jobs/mine/packages")
        (package,) = answer.json()["packages"]
        assert package["job_id"] == job
        assert [(one["service_point"], one["priority"]) for one in package["careful"]] == [
            ("a2", "life_support")
        ]
        assert package["careful"][0]["address"] == "a2 Street 1"
        assert [(one["device"], one["kind"]) for one in package["tags"]] == [("F1", "hold")]
        for personal in ("Household", "+1 555", "@example.org", "A-a2"):
            assert personal not in answer.text

    def test_damage_and_materials_go_along_and_the_corrected_report_stays_behind(
        self, world, crew, desk, job
    ):
        address = f"/api/outages/{desk.outage.id}/damage"
        found = {
            "items": [{"kind": "pole", "count": 1}],
            "repair_minutes": 60,
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        first = crew.post(address, json={**found, "client_event_id": world.id("d")}).json()
        second = crew.post(
            address, json={**found, "client_event_id": world.id("d"), "replaces": first["id"]}
        ).json()
        crew.post(f"/api/jobs/{job}/materials", json=materials(world, ("pole", 1)))
        (package,) = crew.get("/api/jobs/mine/packages").json()["packages"]
        assert [one["id"] for one in package["damage"]] == [second["id"]]
        assert package["materials"] == [{"kind": "pole", "quantity": 1.0}]

    @pytest.mark.usefixtures("job")
    def test_a_crew_without_jobs_takes_nothing_along(self, world):
        assert world.client("second_crew").get("/api/jobs/mine/packages").json()["packages"] == []


class TestBeforeTheCrewLeaves:
    def test_without_a_meter_system_it_is_said(self, crew, job):
        answer = crew.post(f"/api/jobs/{job}/supply", json={})
        assert answer.json()["error"]["code"] == "no_meter_system"

    def test_the_meters_are_asked_once_and_nobody_is_named(self, world, world_module, job):
        served = world_module.Served(
            world.new_app(meters=MeterSettings(meter_system_url="http://127.0.0.1:9/pings"))
        )
        first, world.served = world.served, served
        try:
            crew = world.client("crew")
            answers = [crew.post(f"/api/jobs/{job}/supply", json={}) for _ in range(2)]
            told = crew.get(f"/api/jobs/{job}/supply")
            other = world.client("second_crew").post(f"/api/jobs/{job}/supply", json={})
        finally:
            world.served = first
            served.stop()
        assert [one.json()["asked"] for one in answers] == [3, 0]
        households = told.json()["households"]
        assert {one["service_point"] for one in households} == {"a1", "a2", "a3"}
        assert {one["supply"] for one in households} == {"unknown"}
        assert {one["ping"] for one in households} == {"waiting"}
        assert "Household" not in told.text
        assert other.status_code == 403

"""A crew of another company: let in by a link, held to its own jobs and area, and gone at once."""

import json
import logging
import math
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api import live_watch
from api.guest_links import MOST_OPENINGS
from api.migrations.models import METADATA
from dispatch.change_log import changes_after
from dispatch.transactions import read_transaction

HERE = [[[11.41, 53.63], [11.45, 53.63], [11.45, 53.66], [11.41, 53.66], [11.41, 53.63]]]
ELSEWHERE = [[[10.0, 52.0], [10.1, 52.0], [10.1, 52.1], [10.0, 52.1], [10.0, 52.0]]]


@pytest.fixture(autouse=True)
def looking_often(monkeypatch):
    monkeypatch.setattr(live_watch, "LOOK_EVERY_S", 0.3)
    monkeypatch.setattr(live_watch, "SETTLE_S", 0.05)


@pytest.fixture
def dispatcher(world):
    return world.client("dispatcher")


def admit(dispatcher, *, area=HERE, hours=8, **more):
    body = {
        "name": "Nordbau 1",
        "company": "Nordbau GmbH",
        "skills": ["line", "transformer", "low_voltage", "switching"],
        "ends_at": (datetime.now(UTC) + timedelta(hours=hours)).isoformat(),
        "polygon": {"type": "Polygon", "coordinates": area},
        **more,
    }
    answer = dispatcher.post("/api/guest-crews", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def token_of(told):
    address, _, token = told["link"].partition("#guest=")
    assert address == "/crew/"
    return token


def open_link(world, told):
    """Return the client of a phone, and what it was answered."""
    phone = world.client()
    phone.headers["X-Relight"] = "crew"
    return phone, phone.post("/api/guest-sign-in", json={"token": token_of(told)})


@pytest.fixture
def guest(world, desk, dispatcher):
    """A guest crew whose phone is signed in, and that was sent to the one outage there is."""
    with world.engine.begin() as connection:
        ill = "UPDATE service_point SET priority = 'life_support' WHERE id IN ('a1', 'a2')"
        connection.execute(text(ill))
        connection.execute(text("UPDATE service_point SET priority = 'sensitive' WHERE id = 'a3'"))
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    told = admit(dispatcher)
    phone, answer = open_link(world, told)
    assert answer.status_code == 200, answer.text
    assert send(dispatcher, desk, told).status_code == 200
    return phone, told


def send(dispatcher, desk, told):
    order = {"version": desk.outage.version, "crew_id": told["guest_crew"]["crew_id"]}
    return dispatcher.post(f"/api/outages/{desk.outage.id}/assign", json=order)


def step(world, status, **more):
    now = datetime.now(UTC).isoformat()
    return {"status": status, "occurred_at": now, "client_event_id": world.id("tap"), **more}


def job_of(phone):
    (job,) = phone.get("/api/jobs/mine").json()["jobs"]
    return job


class TestWhatAGuestMay:
    def test_it_works_its_job_under_its_own_name(self, world, guest):
        phone, told = guest
        who = phone.get("/api/me").json()
        assert who["roles"] == ["guest_crew"]
        assert who["guest_until"] == told["guest_crew"]["ends_at"]
        job = job_of(phone)["id"]
        for status in ("accepted", "en_route", "on_site", "working", "finished"):
            assert phone.post(f"/api/jobs/{job}/progress", json=step(world, status)).status_code == 200
        with read_transaction(world.engine) as session:
            own = [one for one in changes_after(session, position=0) if one.actor == who["name"]]
        assert who["name"] == "Nordbau 1 · Nordbau GmbH (G-1)"
        assert [one.name for one in own] == [
            "guest_crew.link_opened",
            "job.accepted",
            "job.en_route",
            "job.on_site",
            "job.working",
            "job.finished",
        ]

    def test_its_package_says_who_needs_care_and_of_the_ill_only_how_many(self, guest):
        phone, _ = guest
        (package,) = phone.get("/api/jobs/mine/packages").json()["packages"]
        ill, other = package["careful"]
        assert (ill["priority"], ill["customers"], ill["address"]) == ("life_support", 2, None)
        assert (ill["service_point"], ill["lon"]) == ("", None)
        assert (other["priority"], other["service_point"]) == ("sensitive", "a3")
        told = json.dumps([package, job_of(phone)])
        assert "Household" not in told
        assert "555" not in told

    def test_addresses_are_told_where_supply_is_still_out(self, world, guest):
        phone, _ = guest
        job = job_of(phone)["id"]
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE service_point SET address = 'Street ' || id"))
        households = phone.get(f"/api/jobs/{job}/supply").json()["households"]
        assert households
        assert all((one["address"] is not None) == (one["supply"] == "still_out") for one in households)

    def test_the_map_shows_its_area_and_no_priorities(self, world, dispatcher, guest):
        phone, _ = guest
        with world.engine.begin() as connection:
            connection.execute(text("UPDATE map_feature SET priority = 'life_support' WHERE id = 'a1'"))
        ours = dispatcher.get(tile_at(world, 11.42, 53.635))
        theirs = phone.get(tile_at(world, 11.42, 53.635))
        assert b"life_support" in ours.content
        assert b"life_support" not in theirs.content
        assert b"T1" in theirs.content
        assert phone.get(tile_at(world, 11.38, 53.63)).content == b""
        assert dispatcher.get(tile_at(world, 11.38, 53.63)).content != b""

    def test_a_finding_is_taken_of_its_own_device_alone(self, world, guest):
        phone, _ = guest
        job = job_of(phone)
        for status in ("accepted", "en_route", "on_site"):
            phone.post(f"/api/jobs/{job['id']}/progress", json=step(world, status))
        foreign = step(world, "working", finding={"device": "B2", "result": "open"})
        answer = phone.post(f"/api/jobs/{job['id']}/progress", json=foreign)
        assert answer.json()["error"]["code"] == "not_yours"
        own = step(world, "working", finding={"device": job["device"], "result": "damaged"})
        assert phone.post(f"/api/jobs/{job['id']}/progress", json=own).status_code == 200


class TestWhatAGuestMayNot:
    def test_it_is_sent_nowhere_outside_its_area(self, desk, dispatcher):
        desk.lose("a1", "a2", "a3")
        desk.confirm()
        told = admit(dispatcher, area=ELSEWHERE)
        error = send(dispatcher, desk, told).json()["error"]
        assert (error["code"], error["because"]) == ("conflict", "outside_guest_area")
        ranked = dispatcher.get(f"/api/outages/{desk.outage.id}/crews").json()["crews"]
        own = next(one for one in ranked if one["crew_id"] == told["guest_crew"]["crew_id"])
        assert not own["fitting"]
        assert "outside_guest_area" in [one["code"] for one in own["reasons"]]

    def test_it_reads_nothing_of_anybody_else(self, desk, guest):
        phone, told = guest
        own = told["guest_crew"]["crew_id"]
        for method, path in (
            ("GET", "/api/outages"),
            ("GET", f"/api/outages/{desk.outage.id}"),
            ("GET", f"/api/outages/{desk.outage.id}/affected"),
            ("GET", f"/api/crews/{own}"),
            ("GET", "/api/crews"),
            ("GET", "/api/guest-crews"),
            ("POST", f"/api/guest-crews/{own}/link"),
            ("GET", "/api/search?q=a1"),
            ("GET", "/api/tags"),
            ("POST", "/api/evidence"),
            ("POST", "/api/hazards"),
            ("GET", "/api/changes"),
        ):
            assert phone.request(method, path, json={} if method == "POST" else None).status_code == 403
        position = {"lon": 11.42, "lat": 53.63, "at": datetime.now(UTC).isoformat()}
        assert phone.post("/api/crews/C-1/position", json=position).status_code == 403
        assert phone.post(f"/api/crews/{own}/position", json=position).status_code == 200

    def test_another_crews_job_is_not_its(self, world, desk, dispatcher):
        desk.lose("a1", "a2", "a3")
        desk.confirm()
        desk.assign()
        phone, _ = open_link(world, admit(dispatcher))
        job = desk.outage.jobs[0].id
        assert phone.get("/api/jobs/mine").json()["jobs"] == []
        for path, body in (
            (f"/api/jobs/{job}/progress", step(world, "accepted")),
            (f"/api/outages/{desk.outage.id}/damage", damage(world)),
        ):
            assert phone.post(path, json=body).json()["error"]["code"] == "not_yours"
        for path in (f"/api/jobs/{job}/supply", f"/api/jobs/{job}/route"):
            assert phone.get(path).json()["error"]["code"] == "not_yours"

    def test_a_guest_has_no_password(self, world, dispatcher):
        admit(dispatcher)
        name = "Nordbau 1 · Nordbau GmbH (G-1)"
        answer = world.client().post("/api/sign-in", json={"name": name, "password": "!"})
        assert answer.json()["error"]["code"] == "sign_in_refused"


class TestTheLink:
    def test_it_opens_a_few_phones_and_no_more(self, world, dispatcher):
        told = admit(dispatcher)
        answers = [open_link(world, told)[1] for _ in range(MOST_OPENINGS + 1)]
        assert [one.status_code for one in answers] == [200] * MOST_OPENINGS + [410]
        assert answers[-1].json()["error"]["code"] == "guest_link_refused"
        (known,) = dispatcher.get("/api/guest-crews").json()["guest_crews"]
        assert known["opened"] == MOST_OPENINGS

    def test_tapped_again_on_the_same_phone_it_spends_nothing(self, world, dispatcher):
        told = admit(dispatcher)
        phone, first = open_link(world, told)
        again = [phone.post("/api/guest-sign-in", json={"token": token_of(told)}) for _ in range(5)]
        assert {one.json()["name"] for one in again} == {first.json()["name"]}
        (known,) = dispatcher.get("/api/guest-crews").json()["guest_crews"]
        assert known["opened"] == 1

    def test_only_its_digest_is_kept_and_no_log_holds_it(self, world, dispatcher, caplog):
        caplog.set_level(logging.INFO)
        told = admit(dispatcher)
        phone, _ = open_link(world, told)
        token = token_of(told)
        assert token not in caplog.text
        assert token not in json.dumps(dispatcher.get("/api/guest-crews").json())
        with world.engine.connect() as connection:
            for table in ("guest_link", "user_session", "user_account", "change_log", "guest_crew"):
                rows = connection.execute(METADATA.tables[table].select()).all()
                assert token not in repr(rows)
        assert phone.cookies.get("relight_crew_session") not in {None, token}

    def test_a_new_link_ends_the_old_one_and_its_phones(self, world, dispatcher):
        told = admit(dispatcher)
        phone, _ = open_link(world, told)
        crew_id = told["guest_crew"]["crew_id"]
        until = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
        newer = dispatcher.post(f"/api/guest-crews/{crew_id}/link", json={"ends_at": until}).json()
        assert phone.get("/api/me").status_code == 401
        assert open_link(world, told)[1].status_code == 410
        again, answer = open_link(world, newer)
        assert answer.json()["guest_until"] == newer["guest_crew"]["ends_at"]
        assert again.get("/api/jobs/mine").status_code == 200

    def test_it_ends_with_the_leave(self, world, guest):
        phone, told = guest
        with world.engine.begin() as connection:
            past = datetime.now(UTC) - timedelta(seconds=1)
            connection.execute(text("UPDATE guest_link SET expires_at = :past"), {"past": past})
            of_guests = (
                "UPDATE user_session s SET expires_at = :past FROM guest_link g WHERE g.user_id = s.user_id"
            )
            connection.execute(text(of_guests), {"past": past})
        assert phone.get("/api/jobs/mine").status_code == 401
        assert open_link(world, told)[1].status_code == 410

    def test_the_sign_in_lasts_no_longer_than_the_leave(self, world, dispatcher):
        told = admit(dispatcher, hours=3)
        _, answer = open_link(world, told)
        cookie = answer.headers["set-cookie"]
        assert "Max-Age=10800" in cookie or "Max-Age=1079" in cookie
        with world.engine.connect() as connection:
            longest = "SELECT max(s.expires_at) FROM user_session s JOIN guest_link USING (user_id)"
            ends_at = connection.scalar(text(longest))
        assert abs(ends_at - datetime.fromisoformat(told["guest_crew"]["ends_at"])) < timedelta(seconds=5)


class TestTakenBack:
    def test_everything_ends_at_once(self, world, desk, dispatcher, guest):
        phone, told = guest
        job = job_of(phone)["id"]
        with phone.stream("GET", "/api/jobs/mine/stream") as response:
            lines = response.iter_lines()
            assert next(line for line in lines if line.startswith("event")) == "event: jobs"
            crew_id = told["guest_crew"]["crew_id"]
            ended = dispatcher.post(f"/api/guest-crews/{crew_id}/end", json={}).json()
            assert (ended["holds"], ended["ended_by"]) == (False, "dispatcher")
            assert [line for line in lines if line.startswith("event")][-1] == "event: ended"
        for path in ("/api/me", "/api/jobs/mine", "/api/jobs/mine/packages", tile_at(world, 11.42, 53.635)):
            assert phone.get(path).status_code == 401
        assert phone.post(f"/api/jobs/{job}/progress", json=step(world, "accepted")).status_code == 401
        assert open_link(world, told)[1].status_code == 410
        assert [one.status for one in desk.outage.jobs] == ["recalled"]
        error = send(dispatcher, desk, told).json()["error"]
        assert error["because"] == "guest_leave_is_over"

    def test_let_in_again_what_waited_is_sent_under_the_same_name(self, world, desk, dispatcher, guest):
        phone, told = guest
        job, name = job_of(phone)["id"], phone.get("/api/me").json()["name"]
        path = f"/api/guest-crews/{told['guest_crew']['crew_id']}"
        dispatcher.post(f"{path}/end", json={})
        again = dispatcher.post(f"{path}/end", json={}).json()["error"]
        assert again["because"] == "guest_leave_is_over"
        phone, answer = open_link(world, dispatcher.post(f"{path}/link", json={}).json())
        assert answer.json()["name"] == name
        # The job was called back meanwhile: a step is refused with that, material is taken.
        error = phone.post(f"/api/jobs/{job}/progress", json=step(world, "accepted")).json()["error"]
        assert (error["code"], error["status"]) == ("illegal_transition", "recalled")
        used = {**step(world, "x"), "items": [{"kind": "pole", "quantity": 1}]}
        del used["status"]
        assert phone.post(f"/api/jobs/{job}/materials", json=used).status_code == 200
        assert send(dispatcher, desk, told).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        ({"hours": -1}, "planned_ends_before_start"),
        ({"hours": 24 * 15}, "guest_leave_too_long"),
        ({"area": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "shape_crosses_itself"),
        ({"area": [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]]]}, None),
        ({"area": [["here"]]}, None),
        ({"polygon": None}, None),
        ({"polygon": None, "feeders": ["F-9"]}, "feeder_unknown"),
        ({"skills": ["magic"]}, None),
    ],
)
def test_what_cannot_be_a_leave_is_refused(dispatcher, wrong, because):
    with pytest.raises(AssertionError) as refused:
        admit(dispatcher, **wrong)
    error = json.loads(str(refused.value).partition("\n")[0])["error"]
    assert (error["code"], error.get("because")) == ("invalid_input", because)
    assert dispatcher.get("/api/guest-crews").json()["guest_crews"] == []


def test_a_leave_along_feeders_covers_what_stands_at_their_lines(world, desk, dispatcher):
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE transformer SET feeder = 'F-1' WHERE id = 'T1'"))
        connection.execute(text("UPDATE transformer SET feeder = 'F-2' WHERE id = 'T3'"))
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    elsewhere = admit(dispatcher, polygon=None, feeders=["F-2"], name="Nordbau 2")
    assert send(dispatcher, desk, elsewhere).json()["error"]["because"] == "outside_guest_area"
    here = admit(dispatcher, polygon=None, feeders=["F-1"])
    assert send(dispatcher, desk, here).status_code == 200


def damage(world):
    return {
        "items": [{"kind": "pole", "count": 1}],
        "skills": [],
        "repair_minutes": 60,
        "is_access_blocked": False,
        "occurred_at": datetime.now(UTC).isoformat(),
        "client_event_id": world.id("found"),
        "photos": [],
    }


def tile_at(world, lon, lat, zoom=15):
    side = 2**zoom
    x = math.floor((lon + 180) / 360 * side)
    y = math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)
    return f"/api/tiles/{world.network_version}/{zoom}/{x}/{y}.mvt"

"""Photos over HTTP (bad ones, too large ones, position removed, who may see them), and damage reports."""

import io
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

from api.photo_files import LARGEST_PHOTO_BYTES, PhotoFiles, PhotoRefusedError
from dispatch.tables import OutageRow


def photo(format="JPEG", size=(80, 60), **more):
    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 60, 60)).save(buffer, format=format, **more)
    return buffer.getvalue()


def with_position():
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(0x8825)[2] = (53.0, 37.0, 48.0)
    exif[0x0112] = 6
    return photo(exif=exif)


def kept(client, photo_id):
    answer = client.get(f"/api/photos/{photo_id}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.content


@pytest.fixture
def crew_job(world, desk):
    """An outage that was confirmed, with crew C-1 sent to look; return its id."""
    desk.lose("a1", "a2", "a3")
    dispatcher = world.client("dispatcher")
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    for action, more in (("confirm", {}), ("assign", {"crew_id": "C-1", "kind": "assessment"})):
        version = dispatcher.get(f"/api/outages/{outage['id']}").json()
        version = version.get("version") or version["outage"]["version"]
        answer = dispatcher.post(f"/api/outages/{outage['id']}/{action}", json={"version": version, **more})
        assert answer.status_code == 200, answer.text
    assert answer.json()["jobs"][0]["kind"] == "assessment"
    return outage["id"]


def report(world, **more):
    return {
        "items": [{"kind": "pole", "count": 2}, {"kind": "conductor", "count": 1}],
        "skills": ["line"],
        "repair_minutes": 300,
        "occurred_at": datetime.now(UTC).isoformat(),
        "client_event_id": world.id("damage"),
        **more,
    }


def test_position_maker_and_what_was_appended_are_gone(world):
    crew = world.client("crew")
    sent = with_position() + b"hidden words"
    assert b"SecretMaker" in sent
    id = world.id("photo-with-position")
    assert crew.put(f"/api/photos/{id}", content=sent).json() == {"id": id, "status": "accepted"}
    content = kept(crew, id)
    assert b"SecretMaker" not in content
    assert b"hidden words" not in content
    with Image.open(io.BytesIO(content)) as picture:
        assert not dict(picture.getexif())
        # It lay on its side, and stands upright now.
        assert picture.size == (60, 80)


def test_the_same_photo_again_is_one_and_another_under_its_id_is_refused(world):
    crew = world.client("crew")
    id = world.id("photo-sent-twice")
    assert crew.put(f"/api/photos/{id}", content=photo()).json()["status"] == "accepted"
    assert crew.put(f"/api/photos/{id}", content=photo()).json()["status"] == "duplicate"
    assert crew.put(f"/api/photos/{id}", content=photo(size=(10, 10))).status_code == 409


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 40, photo()[:200]],
    ids=["nothing", "svg", "gif", "cut off"],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(world, content):
    crew = world.client("crew")
    id = world.id("photo-that-is-none")
    answer = crew.put(f"/api/photos/{id}", content=content, headers={"Content-Type": "image/jpeg"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "photo_refused")
    assert crew.get(f"/api/photos/{id}").status_code == 404


def test_too_large_a_photo_is_refused_by_its_length(world):
    answer = world.client("crew").put(
        f"/api/photos/{world.id('photo-too-large')}", content=b"\xff" * (LARGEST_PHOTO_BYTES + 1)
    )
    assert answer.status_code == 413


def test_a_picture_that_unpacks_to_far_more_than_it_says_is_refused(tmp_path):
    bomb = photo(format="PNG", size=(9000, 9000), optimize=True)
    assert len(bomb) < LARGEST_PHOTO_BYTES
    with pytest.raises(PhotoRefusedError, match="pixels"):
        PhotoFiles(tmp_path).keep(bomb)
    assert not list(tmp_path.rglob("*.jpg"))


def test_only_crews_concerned_and_the_desk_see_a_photo(world, crew_job):
    crew, stranger = world.client("crew"), world.client("second_crew")
    id = world.id("photo-of-a-pole")
    crew.put(f"/api/photos/{id}", content=photo())
    sent = crew.post(f"/api/outages/{crew_job}/damage", json=report(world, photos=[id]))
    assert sent.json()["photos"] == [id]
    kept(world.client("dispatcher"), id)
    assert stranger.get(f"/api/photos/{id}").status_code == 403
    assert world.client("customer").get(f"/api/photos/{id}").status_code == 403
    assert world.client().get(f"/api/photos/{id}").status_code == 401


def test_a_report_sets_the_forecast_and_the_etr(world, crew_job):
    crew, dispatcher = world.client("crew"), world.client("dispatcher")
    usual = dispatcher.get(f"/api/outages/{crew_job}/damage").json()["forecast"]
    assert (usual["source"], usual["assessed_at"]) == ("device_kind", None)
    first = crew.post(f"/api/outages/{crew_job}/damage", json=report(world)).json()
    told = dispatcher.get(f"/api/outages/{crew_job}/damage").json()
    assert told["forecast"]["source"] == "assessed"
    assert (told["forecast"]["minutes"], told["forecast"]["skills"]) == (300, ["line"])
    assert dispatcher.get("/api/outages").json()["outages"][0]["etr_source"] == "assessed"

    # Corrected: both are kept, one counts; and a report that was corrected is not corrected again.
    second = crew.post(
        f"/api/outages/{crew_job}/damage", json=report(world, repair_minutes=90, replaces=first["id"])
    ).json()
    told = dispatcher.get(f"/api/outages/{crew_job}/damage").json()
    assert [(one["id"], one["replaced_by"]) for one in told["reports"]] == [
        (first["id"], second["id"]),
        (second["id"], None),
    ]
    assert told["forecast"]["minutes"] == 90
    third = crew.post(f"/api/outages/{crew_job}/damage", json=report(world, replaces=first["id"]))
    assert third.status_code == 409


def test_the_same_report_twice_is_one(world, crew_job):
    crew = world.client("crew")
    off = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    body = report(world, phone_at=off)
    answers = [crew.post(f"/api/outages/{crew_job}/damage", json=body) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    dispatcher = world.client("dispatcher")
    reports = dispatcher.get(f"/api/outages/{crew_job}/damage").json()["reports"]
    assert len(reports) == 1
    # The phone's clock is six hours off: what it showed is in the log, beside when it was.
    history = dispatcher.get(f"/api/outages/{crew_job}/history").json()["changes"]
    (told,) = [one for one in history if one["name"] == "damage.reported"]
    assert datetime.fromisoformat(told["data"]["phone_at"]) == datetime.fromisoformat(off)


def test_a_report_whose_photo_is_missing_is_absent_as_a_whole(world, crew_job):
    crew = world.client("crew")
    body = report(world, photos=["never-sent-photo"])
    assert crew.post(f"/api/outages/{crew_job}/damage", json=body).status_code == 404
    assert world.client("dispatcher").get(f"/api/outages/{crew_job}/damage").json()["reports"] == []


def test_who_may_report_and_what(world, crew_job):
    address = f"/api/outages/{crew_job}/damage"
    assert world.client("second_crew").post(address, json=report(world)).status_code == 403
    assert world.client("customer").post(address, json=report(world)).status_code == 403
    crew = world.client("crew")
    for bad in ({"repair_minutes": 0}, {"skills": ["magic"]}, {"items": [{"kind": "pole", "count": 0}]}):
        assert crew.post(address, json=report(world, **bad)).status_code == 422
    assert crew.post(address, json=report(world, items=[])).status_code == 422
    assert crew.post(address, json=report(world, items=[], note="Nothing is broken")).status_code == 200


def test_what_was_seen_while_the_outage_was_open_is_kept_also_after_it_was_closed(world, crew_job):
    crew = world.client("crew")
    seen, later = report(world), report(world)
    later["occurred_at"] = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    with world.engine.begin() as connection:
        closed = {"status": "closed", "closed_at": datetime.now(UTC) + timedelta(seconds=1)}
        connection.execute(sa.update(OutageRow).where(OutageRow.id == crew_job).values(closed))
    assert crew.post(f"/api/outages/{crew_job}/damage", json=seen).status_code == 200
    assert crew.post(f"/api/outages/{crew_job}/damage", json=later).status_code == 409

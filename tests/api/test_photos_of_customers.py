"""A customer's photo with the report: kept with the call, without its place, never in the report's way."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import text

from api.app import LARGEST_BODY_BYTES
from api.photo_files import LARGEST_PHOTO_BYTES
from api.vocabulary import read_vocabulary
from dispatch.photos import MOST_PHOTOS_OF_A_CALL
from dispatch.tidying import TidyRules, remove_unnamed_photos
from dispatch.transactions import write_transaction

WORDS = read_vocabulary()


def photo(shade=90, *, size=(3000, 2000)):
    """A photo that says where it was taken."""
    picture = Image.new("RGB", size, (shade, 120, 60))
    exif = Image.Exif()
    exif[0x0110] = "Camera of A. Person"
    exif.get_ifd(0x8825).update({1: "N", 2: (53.0, 37.0, 48.0), 3: "E", 4: (11.0, 24.0, 36.0)})
    content = io.BytesIO()
    picture.save(content, format="JPEG", exif=exif)
    return content.getvalue()


def send(client, content, *, name="IMG_1.jpg", token=None, **fields):
    """Fill in the form as it is served, and send it as a browser does: fields first, the photo last."""
    page = client.get("/supply/report")
    assert 'enctype="multipart/form-data"' in page.text
    token = token or re.search(r'name="token" value="([^"]+)"', page.text)[1]
    files = {"photo": (name, content, "image/jpeg")}
    return client.post("/supply/report", data={"token": token, **fields}, files=files)


def calls(world):
    with world.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM evidence WHERE kind = 'trouble_call'")))


def photos(world):
    with world.engine.connect() as connection:
        return list(connection.execute(text("SELECT * FROM photo ORDER BY received_at, id")))


def test_it_is_kept_with_the_call_and_its_place_is_gone(world, visitor):
    answer = send(visitor("a1"), photo(), extent="neighbours", text="tree on the line")
    assert answer.headers["location"] == "/supply/reported?place=0&photo=kept"
    (call,), (row,) = calls(world), photos(world)
    assert (row.evidence_id, row.hazard_id, row.damage_report_id) == (call.id, None, None)
    assert "A-a1" not in row.id + row.sent_by
    shown = world.client("dispatcher").get(f"/api/photos/{row.id}")
    assert shown.headers["content-type"] == "image/jpeg"
    picture = Image.open(io.BytesIO(shown.content))
    assert max(picture.size) == 2048
    assert not picture.getexif()
    assert b"Camera" not in shown.content


def test_the_desk_sees_it_with_its_outage_and_nobody_else_does(world, visitor, desk):
    send(visitor("a1"), photo(), text="bang")
    (row,) = photos(world)
    desk.lose("a1", "a2", "a3")
    outage = world.client("dispatcher").get("/api/outages").json()["outages"][0]["id"]
    for role in ("dispatcher", "supervisor"):
        told = world.client(role).get(f"/api/outages/{outage}/photographed-calls").json()["calls"]
        assert [(one["service_point"], one["text"], one["photos"]) for one in told] == [
            ("a1", "bang", [row.id])
        ]
    for role in ("crew", "customer", "agent", "meter_system"):
        assert world.client(role).get(f"/api/photos/{row.id}").status_code == 403
        assert world.client(role).get(f"/api/outages/{outage}/photographed-calls").status_code == 403
    assert world.client().get(f"/api/photos/{row.id}").status_code == 401
    assert world.client("dispatcher").get("/api/outages/O-x/photographed-calls").status_code == 404


def test_a_danger_has_it_among_its_reports_and_it_proves_nothing(world, visitor):
    answer = send(visitor("a1"), photo(), danger="wire_down")
    assert answer.headers["location"] == "/supply/reported?danger=wire_down&photo=kept"
    (row,) = photos(world)
    client = world.client("dispatcher")
    (hazard,) = client.get("/api/hazards").json()["hazards"]
    told = client.get(f"/api/hazards/{hazard['id']}").json()
    assert [one["photos"] for one in told["reports"]] == [[row.id]]
    # What a customer photographed is no proof that it was made safe.
    assert hazard["photos"] == []
    assert "photo" in " ".join(hazard["missing"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("content", "fate"),
    [
        (b"\xff\xd8\xff" + bytes(40_000_000), "too_large"),
        (b"MZ this is a program", "unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "unreadable"),
    ],
    ids=["40 MB", "no photo", "a picture with a script"],
)
def test_a_photo_that_cannot_be_kept_never_keeps_the_report_back(world, visitor, content, fate, language):
    client = visitor("a1", language=language)
    answer = send(client, content, danger="wire_down", text="still")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"&photo={fate}")
    (call,) = calls(world)
    assert (call.hazard, call.text) == ("wire_down", "still")
    assert photos(world) == []
    page = client.get(answer.headers["location"])
    said = WORDS[language][f"customer.done.photo.{fate}"].format(megabytes=LARGEST_PHOTO_BYTES // 1_000_000)
    assert said in page.text
    # The danger comes before all words about photos.
    assert page.text.index(WORDS[language]["customer.safety.wire_down.title"]) < page.text.index(said)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_larger_than_any_report_is_refused_with_a_page(visitor, language):
    content = b"x" * (LARGEST_BODY_BYTES + 1)
    answer = visitor("a1", language=language).post("/supply/messages", content=content)
    assert answer.status_code == 413
    assert WORDS[language]["customer.error.too_large.title"] in answer.text


def test_sent_twice_it_is_one_and_a_few_are_enough(world, visitor):
    client, token = visitor("a1"), "the same form"
    for _ in range(2):
        assert send(client, photo(40), token=token).headers["location"].endswith("photo=kept")
    assert (len(calls(world)), len(photos(world))) == (1, 1)
    for number in range(2, MOST_PHOTOS_OF_A_CALL + 2):
        answer = send(client, photo(40 * number), token=token)
    assert answer.headers["location"].endswith("photo=too_many")
    assert len(photos(world)) == MOST_PHOTOS_OF_A_CALL


def test_photos_count_as_reports_do_where_those_are_counted(world, visitor):
    client = visitor("a1")
    for _ in range(20):
        with world.engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO sign_in_attempt (door, name, address, at, succeeded) "
                    "VALUES ('report', '', '127.0.0.1', now(), true)"
                )
            )
    answer = send(client, photo())
    (call,) = calls(world)
    assert call.service_point == "a1"
    assert answer.headers["location"].endswith("photo=too_many")


def test_without_a_photo_and_from_an_old_phone_a_report_is_a_report(world, visitor):
    client = visitor("a1")
    assert send(client, b"", name="").headers["location"] == "/supply/reported?place=0"
    token = re.search(r'name="token" value="([^"]+)"', client.get("/supply/report").text)[1]
    assert client.post("/supply/report", data={"token": token}).status_code == 303
    assert len(calls(world)) == 2


def test_a_form_that_is_none_and_one_of_another_site_are_not_read(world, visitor):
    client = visitor("a1")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/supply/report", content=b"nonsense", headers=headers).status_code in {400, 422}
    foreign = {"Sec-Fetch-Site": "cross-site"}
    files = {"photo": ("a.jpg", photo(), "image/jpeg")}
    assert client.post("/supply/report", data={}, files=files, headers=foreign).status_code == 403
    many = {f"field{number}": "x" for number in range(50)}
    assert client.post("/supply/report", data=many, files=files).status_code == 400
    assert calls(world) == []


def test_a_script_for_a_name_of_a_file_is_nowhere(world, visitor):
    send(visitor("a1"), photo(), name='"><script>alert(1)</script>.jpg')
    (row,) = photos(world)
    assert "script" not in str(row)


def test_a_photo_of_a_call_is_not_tidied_away(world, visitor):
    send(visitor("a1"), photo())
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE photo SET received_at = received_at - interval '60 days'"))
    with write_transaction(world.engine) as session:
        now = photos(world)[0].received_at.replace(year=2099)
        assert remove_unnamed_photos(session, rules=TidyRules(), now=now) == 0

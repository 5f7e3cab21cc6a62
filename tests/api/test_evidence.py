"""Evidence over HTTP: one piece or a stream, good or bad, once or twice, from those who may send it."""

import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api import evidence_batch


@pytest.fixture
def stored(world):
    """Return how many pieces of evidence are kept."""

    def count():
        with world.engine.connect() as connection:
            return connection.scalar(text("SELECT count(*) FROM evidence"))

    return count


def _ago(**given):
    return (datetime.now(UTC) - timedelta(**given)).isoformat()


def test_one_piece_is_kept_before_the_answer_and_twice_is_once(world, stored):
    client, call = world.client("meter_system"), world.call("a1")
    assert client.post("/api/evidence", json=call).json() == {"id": call["id"], "status": "accepted"}
    assert stored() == 1
    assert client.post("/api/evidence", json=call).json() == {"id": call["id"], "status": "duplicate"}
    assert stored() == 1


def test_the_same_id_with_other_content_is_a_conflict_and_the_first_stands(world, stored):
    client, call = world.client("meter_system"), world.call("a1")
    client.post("/api/evidence", json=call)
    answer = client.post("/api/evidence", json={**call, "service_point": "b1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "id_reused")
    assert stored() == 1


BAD = [
    ({"kind": "last_gasp", "service_point": None, "meter": "M-nobody"}, "no meter 'M-nobody'"),
    ({"service_point": "nowhere"}, "no service point 'nowhere'"),
    ({"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "future"),
    ({"at": (datetime.now(UTC) - timedelta(days=365)).isoformat()}, "too old"),
    ({"at": "yesterday"}, "`at`"),
    ({"at": "2026-11-23T08:00:00"}, "time zone"),
    ({"kind": "rumour"}, "`kind`"),
    ({"id": ""}, "`id`"),
    ({"id": 7}, "`id`"),
    ({"id": "a" * 201}, "`id`"),
    ({"id": "nul\x00"}, "`id`"),
    ({"service_point": None}, "trouble_call needs"),
    ({"service_point": None, "location": {"lon": 200, "lat": 0}}, "no place on Earth"),
    ({"service_point": None, "location": {"lon": 0, "lat": 0}}, "No service point"),
    ({"service_point": None, "location": {"lon": 11.4, "lat": 53.6, "crs": "mars"}}, "mars"),
    ({"service_point": None, "phone": "555"}, "phone number given"),
]


@pytest.mark.parametrize(("given", "says"), BAD)
def test_a_bad_piece_is_refused_with_its_reason(quiet_world, given, says):
    whole = {**quiet_world.call("a1"), **given}
    document = {name: value for name, value in whole.items() if value is not None}
    answer = quiet_world.client("meter_system").post("/api/evidence", json=document)
    assert answer.status_code == 422
    assert says in answer.json()["error"]["text"]
    with quiet_world.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM evidence")) == 0


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b"", b"null"])
def test_a_body_that_is_no_object_is_malformed(quiet_world, body):
    answer = quiet_world.client("meter_system").post(
        "/api/evidence", content=body, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed")


def test_a_phone_number_is_never_repeated(quiet_world):
    document = {**quiet_world.call("a1"), "service_point": None, "phone": "+49 171 0000000"}
    del document["service_point"]
    answer = quiet_world.client("meter_system").post("/api/evidence", json=document)
    assert (answer.status_code, "0000000" in answer.text) == (422, False)


def test_bad_lines_of_a_batch_are_reported_by_number_and_stop_nothing(world, stored, lines):
    good = [world.call("a1"), world.call("b1"), world.call("c1")]
    body = b"\n".join(
        [
            lines([good[0]]).strip(),
            b"this is not JSON",
            lines([{**world.call("a1"), "id": "unknown", "service_point": "nowhere"}]).strip(),
            b"",
            lines([good[1]]).strip(),
            b'{"id": "huge", "text": "' + b"x" * 10_000_000 + b'"}',
            lines([good[0]]).strip(),
            lines([{**good[0], "service_point": "a2"}]).strip(),
            b"\xff\xfe",
            lines([good[2]]).strip(),  # the last line has no line feed
        ]
    )
    answer = world.client("meter_system").post("/api/evidence/batch", content=body).json()
    assert (answer["accepted"], answer["duplicates"], answer["rejected_count"]) == (3, 1, 5)
    assert [(one["line"], one["id"]) for one in answer["rejected"]] == [
        (2, None),
        (3, "unknown"),
        (6, None),
        (8, good[0]["id"]),
        (9, None),
    ]
    assert all(one["reason"] for one in answer["rejected"])
    assert stored() == 3


def test_ten_megabytes_in_one_line_are_one_rejected_line(world, stored):
    body = b'{"id": "' + b"x" * 10_000_000 + b'"}\n'
    answer = world.client("meter_system").post("/api/evidence/batch", content=body).json()
    assert (answer["accepted"], answer["rejected_count"], answer["rejected"][0]["line"]) == (0, 1, 1)
    assert stored() == 0


def test_ten_megabytes_in_one_piece_are_too_large(quiet_world):
    answer = quiet_world.client("meter_system").post(
        "/api/evidence",
        content=b'{"id": "' + b"x" * 10_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_batch_of_many_parts_counts_once_however_often_it_is_sent(world, stored, lines):
    client = world.client("meter_system")
    body = lines(world.call("a1") for _ in range(4_500))
    first = client.post("/api/evidence/batch", content=body).json()
    assert (first["accepted"], first["duplicates"], first["rejected_count"]) == (4_500, 0, 0)
    second = client.post("/api/evidence/batch", content=body).json()
    assert (second["accepted"], second["duplicates"]) == (0, 4_500)
    assert stored() == 4_500


def test_rejected_lines_are_counted_beyond_those_that_are_listed(world, monkeypatch):
    monkeypatch.setattr(evidence_batch, "LISTED_REJECTIONS", 5)
    answer = world.client("meter_system").post("/api/evidence/batch", content=b"x\n" * 5_000).json()
    assert (answer["rejected_count"], len(answer["rejected"])) == (5_000, 5)


def test_a_connection_that_breaks_in_the_middle_loses_nothing_and_doubles_nothing(world, stored, lines):
    client = world.client("meter_system")
    body = lines(world.call("a1") for _ in range(3_000))
    # 2,500 lines and a half, and then the line is dead.
    cut = len(b"\n".join(body.split(b"\n")[:2_500])) + 20
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port)) as broken:
        head = (
            f"POST /api/evidence/batch HTTP/1.1\r\nHost: {host}\r\nX-Relight: 1\r\n"
            f"Cookie: relight_session={client.cookies['relight_session']}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        broken.sendall(head.encode() + body[:cut])
    answer = client.post("/api/evidence/batch", content=body).json()
    assert answer["accepted"] + answer["duplicates"] == 3_000
    assert stored() == 3_000


@pytest.mark.parametrize(
    ("who", "given", "status"),
    [
        ("crew", {"kind": "crew_finding", "device": "F1", "result": "open"}, 200),
        ("crew", {"kind": "trouble_call", "service_point": "a1"}, 403),
        ("customer", {"kind": "trouble_call", "account": "A-a1"}, 200),
        ("customer", {"kind": "trouble_call", "account": "A-b1"}, 403),
        ("customer", {"kind": "trouble_call", "account": "A-a1", "service_point": "b1"}, 403),
        ("customer", {"kind": "last_gasp", "meter": "M-a1"}, 403),
        ("dispatcher", {"kind": "switch_open", "device": "B1"}, 200),
    ],
)
def test_crews_send_findings_and_customers_calls_about_themselves(world, who, given, status):
    document = {"id": world.id(), "at": _ago(minutes=1), **given}
    assert world.client(who).post("/api/evidence", json=document).status_code == status


def test_without_a_network_in_force_evidence_is_not_taken_and_says_why(world, stored):
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE network_version SET status = 'retired'"))
    client = world.client("meter_system")
    for answer in (
        client.post("/api/evidence", json=world.call("a1")),
        client.post("/api/evidence/batch", content=json.dumps(world.call("a1"))),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_active_network")
    assert stored() == 0

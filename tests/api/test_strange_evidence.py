"""Lines that are nearly evidence: each is rejected alone, whatever is odd about it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

STRANGE = [
    b'{"id": "nul \\u0000"}',
    b'{"id": "surrogate \\ud800", "kind": "trouble_call", "at": "AT", "account": "A-a1"}',
    b'{"id": "text", "kind": "trouble_call", "at": "AT", "account": "A-a1", "text": "\\udfff"}',
    b'{"id": "far", "kind": "trouble_call", "at": "AT", "location": {"lon": 1' + b"0" * 400 + b', "lat": 1}}',
    b'{"id": "inf", "kind": "trouble_call", "at": "AT", "location": {"lon": 1e999, "lat": NaN}}',
    b'{"id": "zone", "kind": "trouble_call", "at": "0001-01-01T00:00:00+14:00", "account": "A-a1"}',
    b'{"id": "long", "kind": "trouble_call", "at": "AT", "account": 1' + b"0" * 5000 + b"}",
    *(
        b'{"id": "deep %d", "kind": "rumour", "at": ' % n + b"[" * n + b"]" * n + b"}"
        for n in range(900, 1000)
    ),
]


def test_strange_lines_are_rejected_one_by_one(world, lines):
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat().encode()
    body = b"\n".join([line.replace(b"AT", at) for line in STRANGE] + [lines([world.call("a1")])])
    answer = world.client("meter_system").post("/api/evidence/batch", content=body)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["accepted"], answer.json()["rejected_count"]) == (1, len(STRANGE))
    with world.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM evidence")) == 1

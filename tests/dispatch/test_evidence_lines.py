"""NDJSON as it streams, and what each object must hold."""

import itertools
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.evidence_lines import (
    MAXIMUM_LINE_BYTES,
    Document,
    EvidenceDocument,
    EvidenceLines,
    Rejection,
    read_document,
)

CALL = {"id": "call-1", "kind": "trouble_call", "at": "2026-11-23T14:03:00+08:00", "service_point": "S1"}


def split(chunks):
    lines = EvidenceLines()
    found = [one for chunk in chunks for one in lines.feed(chunk)]
    return found + list(lines.end())


def plainly(body):
    """The slow twin: the whole body at once."""
    found = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if len(line) > MAXIMUM_LINE_BYTES:
            found.append((number, None))
        elif line.strip():
            try:
                fields = json.loads(line)
            except ValueError:
                fields = None
            found.append((number, fields if isinstance(fields, dict) else None))
    return found


LINES = st.lists(
    st.one_of(
        st.just(b""),
        st.just(b"  "),
        st.just(b"not json"),
        st.just(b"[1, 2]"),
        st.just(b"\xff\xfe"),
        st.just(b"x" * (MAXIMUM_LINE_BYTES + 1)),
        st.just(b"x" * MAXIMUM_LINE_BYTES),
        st.dictionaries(st.text(max_size=5), st.integers()).map(lambda fields: json.dumps(fields).encode()),
    ),
    max_size=8,
)


@given(lines=LINES, data=st.data())
def test_the_chunks_make_no_difference(lines, data):
    body = b"\n".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=6)))
    bounds = [0, *cuts, len(body)]
    chunks = [body[start:end] for start, end in itertools.pairwise(bounds)]
    found = [(one.line, one.fields if isinstance(one, Document) else None) for one in split(chunks)]
    assert found == plainly(body)


def test_an_endless_line_takes_no_memory_and_stops_nothing():
    lines = EvidenceLines()
    for _ in range(160):
        assert list(lines.feed(b"x" * 65536)) == []
        assert len(lines._pending) <= MAXIMUM_LINE_BYTES
    found = list(lines.feed(b"\n" + json.dumps(CALL).encode() + b"\n"))
    assert isinstance(found[0], Rejection)
    assert found[0].line == 1
    assert "64 KiB" in found[0].reason
    assert found[1] == Document(line=2, fields=CALL)


def test_a_call_is_read():
    read = read_document(Document(line=3, fields=CALL))
    assert isinstance(read, EvidenceDocument)
    assert read.at == datetime(2026, 11, 23, 6, 3, tzinfo=UTC)
    assert (read.id, read.kind, read.service_point, read.line) == ("call-1", "trouble_call", "S1", 3)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"id": None}, "`id`"),
        ({"id": 7}, "`id`"),
        ({"id": ""}, "`id`"),
        ({"id": "x" * 201}, "`id`"),
        ({"id": "a\x00b"}, "`id`"),
        ({"kind": "gossip"}, "`kind`"),
        ({"kind": ["last_gasp"]}, "`kind`"),
        ({"at": "yesterday"}, "`at`"),
        ({"at": 1700000000}, "`at`"),
        ({"at": "2026-11-23T14:03:00"}, "time zone"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "out of range"),
        ({"service_point": None}, "needs one of"),
        ({"service_point": 5}, "`service_point`"),
        ({"service_point": None, "location": [1, 2]}, "`location`"),
        ({"service_point": None, "location": {"lon": "1", "lat": 2}}, "`location`"),
        ({"service_point": None, "location": {"lon": True, "lat": 2}}, "`location`"),
        ({"kind": "ping"}, "`result`"),
        ({"kind": "ping", "result": "maybe"}, "on, off, unreachable, unknown"),
        ({"kind": "switch_open"}, "device"),
        ({"phases": "AX"}, "`phases`"),
        ({"text": "x" * 2001}, "`text`"),
    ],
)
def test_what_cannot_be_read_is_said_by_line(change, word):
    read = read_document(Document(line=9, fields={**CALL, **change}))
    assert isinstance(read, Rejection)
    assert read.line == 9
    assert word in read.reason


def test_the_same_content_in_another_order_is_the_same_evidence():
    one = read_document(Document(line=1, fields=CALL))
    other = read_document(Document(line=2, fields=dict(reversed(CALL.items()))))
    changed = read_document(Document(line=3, fields={**CALL, "text": "a tree"}))
    assert one.digest == other.digest
    assert one.digest != changed.digest

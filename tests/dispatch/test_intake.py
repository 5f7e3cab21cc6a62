"""Evidence in: attached, de-duplicated, and every refusal with its line and reason."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.intake import known_devices
from dispatch.tables import EvidenceRow
from dispatch.transactions import intake_transaction, read_transaction


def call(id="call", **where):
    return {"id": id, "kind": "trouble_call", "at": "2026-11-23T08:00:00+00:00", **where}


def stored(world):
    with read_transaction(world.engine) as session:
        return {row.id: row for row in session.scalars(select(EvidenceRow))}


@pytest.mark.parametrize(
    "where",
    [
        {"service_point": "a1"},
        {"account": "A-a1"},
        {"phone": "+1 555 010 0000"},
        {"location": {"lon": 11.4211, "lat": 53.6361}},
    ],
)
def test_a_call_is_attached_to_its_service_point(world, where):
    receipt = world.send(call(**where))
    assert (receipt.accepted, receipt.duplicates, receipt.rejected) == (1, 0, ())
    assert stored(world)["call"].service_point in {"a1", "a2", "a3", "a4"}
    if "location" not in where:
        assert stored(world)["call"].service_point == "a1"


def test_a_meter_is_attached_to_its_service_point(world):
    world.send({"id": "g", "kind": "last_gasp", "at": "2026-11-23T08:00:00Z", "meter": "M-b2"})
    assert stored(world)["g"].service_point == "b2"


def test_the_same_evidence_again_counts_once(world):
    assert world.send(call(service_point="a1"), call(service_point="a1")).duplicates == 1
    again = world.send(call(service_point="a1"))
    assert (again.accepted, again.duplicates) == (0, 1)
    assert len(stored(world)) == 1


def test_the_same_id_with_other_content_is_refused_and_the_first_stands(world):
    world.send(call(service_point="a1"))
    receipt = world.send(call(service_point="b1"), call("other", service_point="b2"))
    assert receipt.accepted == 1
    (rejection,) = receipt.rejected
    assert (rejection.line, rejection.id, rejection.code) == (1, "call", "id_reused")
    assert stored(world)["call"].service_point == "a1"


def test_within_one_batch_too_the_first_stands(world):
    receipt = world.send(call(service_point="a1"), call(service_point="b1"))
    assert receipt.accepted == 1
    assert receipt.rejected[0].line == 2


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (call(service_point="nowhere"), "'nowhere'"),
        (call(account="A-none"), "'A-none'"),
        (call(phone="+1 555 999 9999"), "phone number given"),
        (call(location={"lon": 0.0, "lat": 0.0}), "within 250 m"),
        (call(location={"lon": 11.42, "lat": 53.63, "crs": "mars"}), "mars"),
        (call(location={"lon": 500, "lat": 53.63}), "`location`"),
        ({"id": "m", "kind": "ping", "at": "2026-11-23T08:00:00Z", "meter": "M-x", "result": "on"}, "'M-x'"),
        ({"id": "s", "kind": "switch_open", "at": "2026-11-23T08:00:00Z", "device": "B9"}, "'B9'"),
    ],
)
def test_what_names_nothing_is_refused_and_stops_nothing(world, document, word):
    receipt = world.send(document, call("good", service_point="a1"))
    assert receipt.accepted == 1
    (rejection,) = receipt.rejected
    assert rejection.line == 1
    assert rejection.code == "unknown"
    assert word in rejection.reason
    assert "555 999" not in rejection.reason


def test_a_reading_from_the_future_or_long_past_is_refused(world):
    ahead = (world.now + timedelta(minutes=6)).isoformat()
    slightly_ahead = (world.now + timedelta(minutes=4)).isoformat()
    year_old = (world.now - timedelta(days=365)).isoformat()
    receipt = world.send(
        call("ahead", service_point="a1") | {"at": ahead},
        call("slightly", service_point="a1") | {"at": slightly_ahead},
        call("old", service_point="a1") | {"at": year_old},
    )
    assert receipt.accepted == 1
    assert [rejection.code for rejection in receipt.rejected] == ["from_the_future", "too_old"]
    assert set(stored(world)) == {"slightly"}


def test_chinese_words_are_kept(world):
    world.send(call(service_point="a1", text="门口的电线杆着火了", hazard="fire"))
    assert stored(world)["call"].text == "门口的电线杆着火了"


def test_a_broken_transaction_leaves_nothing(world):
    def break_off():
        with intake_transaction(world.engine) as session:
            session.add(_row(world, "half"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert stored(world) == {}


def test_devices_of_every_layer_are_known(world):
    with read_transaction(world.engine) as session:
        known = known_devices(
            session, network_version=world.network_version, ids=["B1", "L1", "T1", "a1", "none"]
        )
    assert known == {"B1", "L1", "T1", "a1"}


def _row(world, id):
    return EvidenceRow(
        id=id,
        kind="last_gasp",
        at=world.now,
        received_at=world.now,
        source="tests",
        network_version=world.network_version,
        service_point="a1",
        digest=b"",
    )

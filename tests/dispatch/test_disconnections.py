"""Disconnected on purpose: lists in, evidence seen in another light, nothing personal in the log."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.change_log import changes_after
from dispatch.disconnection_lines import csv_documents
from dispatch.disconnections import import_disconnections, list_disconnections
from dispatch.evidence_lines import Document
from dispatch.operations import confirm_outage
from dispatch.tables import EvidenceRow
from dispatch.transactions import read_transaction


def take(world, *rows, complete=False, csv=None):
    documents = (
        list(csv_documents(csv))
        if csv is not None
        else [Document(line=number, fields=row) for number, row in enumerate(rows, start=1)]
    )
    return world.do(
        import_disconnections,
        documents=documents,
        is_complete=complete,
        network_version=world.network_version,
    )


def since(world, minutes=60):
    return (world.now - timedelta(minutes=minutes)).isoformat()


def evidence(world):
    with read_transaction(world.engine) as session:
        return {row.service_point: (row.status, row.remark) for row in session.scalars(select(EvidenceRow))}


def standing(world):
    return {one.service_point: one.reason for one in world.ask(list_disconnections, limit=100)}


def test_a_list_is_taken_by_service_point_meter_and_account_and_twice_is_once(world):
    rows = [
        {"service_point": "a1", "since": since(world)},
        {"meter": "M-b2", "since": since(world), "reason": "requested"},
        {"account": "A-c3", "since": since(world), "reason": "unsafe"},
    ]
    assert take(world, *rows).disconnected == 3
    again = take(world, *rows)
    assert (again.disconnected, again.reconnected, again.unchanged) == (0, 0, 3)
    assert standing(world) == {"a1": "arrears", "b2": "requested", "c3": "unsafe"}


def test_csv_with_a_header_and_a_mark_in_front(world):
    text = f"\ufeffaccount,since,reconnected_at\r\nA-a1,{since(world)},\r\nA-a2,{since(world)},\r\n"
    assert take(world, csv=text).disconnected == 2
    back = take(world, csv=f"account,since,reconnected_at\nA-a1,,{world.now.isoformat()}\n")
    assert (back.reconnected, standing(world)) == (1, {"a2": "arrears"})


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ({"service_point": "nowhere", "since": "2026-11-23T07:00:00Z"}, "'nowhere'"),
        ({"account": "A-a1"}, "`since`"),
        ({"since": "2026-11-23T07:00:00Z"}, "service_point"),
        ({"account": "A-a1", "since": "2026-11-23T07:00:00"}, "zone"),
        ({"account": "A-a1", "since": "2026-11-24T07:00:00Z"}, "future"),
        ({"account": "A-a1", "since": "2026-11-23T07:00:00Z", "reason": "whim"}, "`reason`"),
        ({"account": "A-a1", "since": "2026-11-23T07:00:00Z", "name": "Wang"}, "'name'"),
        ({"account": 7, "since": "2026-11-23T07:00:00Z"}, "`account`"),
    ],
)
def test_what_cannot_be_read_is_told_by_line_and_nobody_is_reconnected_by_it(world, row, word):
    take(world, {"service_point": "b1", "since": since(world)})
    receipt = take(world, row, {"service_point": "a2", "since": since(world)}, complete=True)
    (rejection,) = receipt.rejected
    assert rejection.line == 1
    assert word in rejection.reason
    assert standing(world).keys() == {"a2", "b1"}


def test_a_header_that_is_not_ours_takes_nothing(world):
    receipt = take(world, csv="customer,since\nA-a1,2026-11-23T07:00:00Z\n")
    assert "'customer'" in receipt.rejected[0].reason
    assert standing(world) == {}


def test_whoever_is_missing_in_a_complete_list_is_connected_again(world):
    take(world, *({"service_point": id, "since": since(world)} for id in ("a1", "a2", "b1")))
    receipt = take(world, {"service_point": "a2", "since": since(world)}, complete=True)
    assert (receipt.reconnected, receipt.unchanged, standing(world)) == (2, 1, {"a2": "arrears"})


def test_evidence_of_a_disconnected_supply_is_kept_and_makes_no_outage(world):
    take(world, {"service_point": "a1", "since": since(world)})
    world.report(("trouble_call", "a1"), ("last_gasp", "a1"), ("ping", "a1", "off"))
    assert evidence(world) == {"a1": ("not_an_outage", "disconnected")}
    assert world.outages() == []


def test_what_says_that_there_is_supply_speaks_all_the_same(world):
    take(world, {"service_point": "a1", "since": since(world)})
    world.send(("ping", "a1", "on"))
    assert evidence(world) == {"a1": ("new", None)}


def test_a_danger_is_never_explained_away(world):
    take(world, {"service_point": "a1", "since": since(world)})
    call = {"id": "wire", "kind": "trouble_call", "at": world.now.isoformat(), "service_point": "a1"}
    world.report(call | {"hazard": "wire_down"})
    (outage,) = world.outages()
    assert (outage.device, list(outage.hazards)) == ("a1", ["wire_down"])


def test_evidence_before_the_disconnection_and_after_the_reconnection_is_a_fault(world):
    take(world, {"service_point": "a1", "since": since(world, 30)})
    at = world.now - timedelta(minutes=40)
    world.send({"id": "before", "kind": "trouble_call", "at": at.isoformat(), "service_point": "a1"})
    assert evidence(world) == {"a1": ("new", None)}
    take(world, {"service_point": "a1", "reconnected_at": world.now.isoformat()})
    world.later(5)
    world.send(("trouble_call", "a2"), ("trouble_call", "a1"))
    assert evidence(world)["a1"] == ("new", None)


def test_a_list_that_comes_late_takes_the_prediction_back_but_not_what_was_confirmed(world):
    world.report(("trouble_call", "a1"))
    world.report(("trouble_call", "c1"))
    confirmed = next(outage for outage in world.outages() if outage.device == "c1")
    world.do(confirm_outage, outage_id=confirmed.id, version=None)
    receipt = take(world, *({"service_point": id, "since": since(world)} for id in ("a1", "c1")))
    assert receipt.evidence == 1
    assert [outage.device for outage in world.outages()] == ["c1"]
    assert evidence(world) == {"a1": ("not_an_outage", "disconnected"), "c1": ("analysed", None)}


def test_the_log_has_who_and_when_but_never_why(world):
    before = world.ask(changes_after, position=0)[-1].position
    take(world, {"service_point": "a1", "since": since(world)})
    (change,) = world.ask(changes_after, position=before)
    assert change.name == "disconnections.imported"
    assert list(change.data["disconnected"].values()) == [["a1"]]
    assert "arrears" not in str(change.data)

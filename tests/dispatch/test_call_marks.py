"""Where calls came from: what waits, and what is of the chosen outage, newest first; against a slow twin."""

from __future__ import annotations

import random
from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select

from dispatch.call_marks import CallMarks, call_marks
from dispatch.tables import EvidenceRow
from dispatch.transactions import read_transaction, write_transaction
from gis.places import service_point_details
from gis.sight import Sight

EVERYWHERE = Sight(-180, -90, 180, 90)


def marks(world, *, sight=EVERYWHERE, outage_id=None, most=100) -> CallMarks:
    return world.ask(
        call_marks, network_version=world.network_version, sight=sight, outage_id=outage_id, most=most
    )


def call(world, service_point, **more):
    world.numbers += 1
    return {
        "id": f"call-{world.numbers}",
        "kind": "trouble_call",
        "at": world.now.isoformat(),
        "service_point": service_point,
        **more,
    }


def test_a_call_waits_until_an_outage_explains_it_and_stands_with_that_outage(world) -> None:
    world.send(call(world, "a1"), call(world, "a2"), call(world, "a3"))
    assert {mark.service_point for mark in marks(world).marks} == {"a1", "a2", "a3"}
    world.analyse()
    (outage,) = world.outages()
    assert marks(world) == CallMarks((), households=0, calls=0)
    own = marks(world, outage_id=outage.id)
    assert {(mark.service_point, mark.outage_id) for mark in own.marks} == {
        ("a1", outage.id), ("a2", outage.id), ("a3", outage.id)
    }  # fmt: skip
    assert (own.marks[0].lon, own.marks[0].lat) == (11.421, 53.636)


def test_a_household_has_one_mark_with_its_last_call_and_its_danger(world) -> None:
    world.send(call(world, "a1", hazard="wire_down"))
    world.later(5)
    world.send(call(world, "a1"), call(world, "b1", phases="A"), call(world, "c1", phases="ABCN"))
    found = {mark.service_point: mark for mark in marks(world).marks}
    assert (found["a1"].kind, found["a1"].hazard, found["a1"].calls) == ("hazard", "wire_down", 2)
    assert found["a1"].at == world.now
    # Of three phases one is gone; who names all of them is out.
    assert (found["b1"].kind, found["c1"].kind) == ("partial", "out")


def test_what_other_evidence_says_and_what_is_explained_is_no_call_that_waits(world) -> None:
    world.send(("last_gasp", "a1"), call(world, "b1"))
    with write_transaction(world.engine) as session:
        row = session.scalars(select(EvidenceRow).where(EvidenceRow.service_point == "b1")).one()
        row.status, row.remark = "not_an_outage", "planned_outage"
    assert marks(world).marks == ()


def slow_twin(rows, places, taken, *, sight, outage_id, most):
    """Walk over all evidence, oldest first, and keep a card for each household."""
    cards = {}
    for row in rows:
        if row.kind != "trouble_call" or row.service_point not in places:
            continue
        waits = row.outage_id is None and row.status in {"new", "analysed"}
        if not waits and (outage_id is None or row.outage_id != outage_id):
            continue
        lon, lat = places[row.service_point]
        if not (sight.west <= lon <= sight.east and sight.south <= lat <= sight.north):
            continue
        before = cards.pop(row.service_point, {"calls": 0, "hazard": None})
        hazard = row.hazard or before["hazard"]
        is_partial = bool(row.phases) and bool(set(taken[row.service_point]) - set(row.phases.upper()))
        kind = "hazard" if hazard else "partial" if is_partial else "out"
        cards[row.service_point] = {
            "service_point": row.service_point, "lon": lon, "lat": lat, "at": row.at, "hazard": hazard,
            "calls": before["calls"] + 1, "kind": kind, "outage_id": row.outage_id,
        }  # fmt: skip
    newest_first = list(cards.values())[::-1]
    calls = sum(card["calls"] for card in cards.values())
    return newest_first[:most], len(cards), calls


@pytest.mark.parametrize("seed", range(6))
def test_marks_are_those_of_the_slow_twin(world, seed) -> None:
    chance = random.Random(seed)
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"))
    (outage,) = world.outages()
    households = [f"{letter}{n}" for letter in "abc" for n in range(1, 5)] + ["gone"]
    with write_transaction(world.engine) as session:
        for number in range(120):
            status = chance.choice(["new", "analysed", "spent", "expired", "not_an_outage"])
            session.add(
                EvidenceRow(
                    id=f"r{number}",
                    kind=chance.choice(["trouble_call"] * 3 + ["last_gasp"]),
                    at=world.now + timedelta(minutes=chance.randint(-60, 0)),
                    received_at=world.now,
                    source="tests",
                    network_version=world.network_version,
                    service_point=chance.choice(households),
                    phases=chance.choice([None, None, "A", "ab", "ABCN"]),
                    hazard=chance.choice([None] * 9 + ["wire_down", "fire"]),
                    digest=b"",
                    status=status,
                    remark="planned_outage" if status == "not_an_outage" else None,
                    outage_id=chance.choice([None, None, outage.id]),
                )
            )
            session.flush()
    with read_transaction(world.engine) as session:
        rows = session.scalars(select(EvidenceRow).order_by(EvidenceRow.sequence)).all()
        details = service_point_details(session, network_version=world.network_version, ids=households)
    places = {one.id: (one.lon, one.lat) for one in details}
    taken = {one.id: one.phases for one in details}
    for sight in (EVERYWHERE, Sight(11.40, 53.63, 11.43, 53.64), Sight(0, 0, 1, 1)):
        for outage_id in (None, outage.id, "O-none"):
            for most in (3, 100):
                asked = {"sight": sight, "outage_id": outage_id, "most": most}
                expected, in_sight, calls = slow_twin(rows, places, taken, **asked)
                found = marks(world, **asked)
                assert [asdict(mark) for mark in found.marks] == expected
                assert (found.households, found.calls) == (in_sight, calls)

"""Lines without supply: by outages and predictions, whole or on some phases; against a slow walk."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import delete

from dispatch.dead_lines import dead_lines
from dispatch.tables import OutageRow
from dispatch.transactions import read_transaction, write_transaction
from gis.network_versions import activate_network_version, import_network
from gis.sight import Sight
from topology.findings import Finding

EVERYWHERE = Sight(-180, -90, 180, 90)

# Two feeders with a tie between their ends, and a lateral behind a fuse.
#
#   S ─B1─ n1 ─L1─ n2 ─L2─ n3 ─TIE (open)─ m3 ─L5─ m2 ─L4─ m1 ─B2─ S
#                  └─F─ f1 ─L3─ f2 ─T─ f3   a1 … a4
DEVICES = [
    ("B1", "breaker", "S", "n1"),
    ("L1", "overhead", "n1", "n2"),
    ("L2", "overhead", "n2", "n3"),
    ("F", "fuse", "n2", "f1"),
    ("L3", "overhead", "f1", "f2"),
    ("T", "distribution", "f2", "f3"),
    ("TIE", "switch", "n3", "m3"),
    ("B2", "breaker", "S", "m1"),
    ("L4", "overhead", "m1", "m2"),
    ("L5", "overhead", "m2", "m3"),
]


@pytest.fixture
def tied(world, tables_of):
    """Put the network above in force."""
    tables = tables_of(DEVICES, {"a": "f3"}, normally_open=("TIE",))
    with write_transaction(world.engine) as session:
        findings: tuple[Finding, ...] = ()
        version = import_network(
            session, tables=tables, findings=findings, source="drawn", format="text", now=world.now
        ).network_version
        activate_network_version(session, network_version=version, now=world.now)
    world.network_version = version
    return world


def blame(world, *blamed):
    """Let there be these outages and no others: (device, phases, status)."""
    with write_transaction(world.engine) as session:
        session.execute(delete(OutageRow))
        for number, (device, phases, status) in enumerate(blamed):
            session.add(
                OutageRow(
                    id=f"O-{number}",
                    version=1,
                    network_version=world.network_version,
                    status=status,
                    device=device,
                    device_kind="switch",
                    phases=phases,
                    probability=0.9,
                    candidates=[],
                    reasons=[],
                    service_points_out=1,
                    customers_out=1,
                    started_at=world.now,
                    predicted_at=world.now,
                    restored_at=world.now if status == "restored" else None,
                )
            )


def told(world, sight=EVERYWHERE):
    with read_transaction(world.engine) as session:
        found = dead_lines(session, traced=world.networks.in_force(session), sight=sight)
    assert found.is_whole
    return {name: set(getattr(found, name)) for name in TOLD}


TOLD = ("dead", "partly_dead", "predicted_dead", "predicted_partly_dead")


def reached(opened):
    """Walk from the source, phase by phase; `opened`: device → phases."""
    live = {}
    for phase in "ABC":
        nodes = {"S"}
        while True:
            more = {
                end
                for id, _, one, other in DEVICES
                if id != "TIE" and phase not in opened.get(id, "")
                for end in (one, other)
                if {one, other} & nodes
            } - nodes
            if not more:
                break
            nodes |= more
        for id, kind, one, other in DEVICES:
            if kind == "overhead" and {one, other} & nodes:
                live[id] = live.get(id, "") + phase
    return live


def slow_twin(blamed):
    sure, believed = {}, {}
    for device, phases, status in blamed:
        if status in {"restored", "closed"}:
            continue
        for opened in [believed] if status == "predicted" else [sure, believed]:
            opened[device] = opened.get(device, "") + phases
    found = {name: set() for name in TOLD}
    for id, kind, _, _ in DEVICES:
        if kind != "overhead":
            continue
        is_sure = reached(sure).get(id, "") != "ABC"
        live = reached(sure if is_sure else believed).get(id, "")
        if live != "ABC":
            name = ("" if is_sure else "predicted_") + ("partly_dead" if live else "dead")
            found[name].add(id)
    return found


def test_what_hangs_behind_an_outage_is_dead_and_what_is_predicted_stands_apart(tied):
    assert told(tied) == {name: set() for name in TOLD}
    blame(tied, ("F", "ABC", "confirmed"), ("B2", "ABC", "predicted"))
    assert told(tied) == {
        "dead": {"L3"}, "partly_dead": set(), "predicted_dead": {"L4", "L5"}, "predicted_partly_dead": set()
    }  # fmt: skip
    # One phase blown: the line still carries the two others.
    blame(tied, ("F", "A", "confirmed"))
    assert told(tied)["partly_dead"] == {"L3"}
    assert told(tied)["dead"] == set()


def test_only_what_is_in_sight_is_told(tied):
    blame(tied, ("B1", "ABC", "confirmed"), ("B2", "ABC", "confirmed"))
    assert told(tied)["dead"] == {"L1", "L2", "L3", "L4", "L5"}
    assert told(tied, Sight(0, 0, 1, 1))["dead"] == set()


@pytest.mark.parametrize("seed", range(5))
def test_lines_are_those_of_the_slow_twin(tied, seed):
    chance = random.Random(seed)
    statuses = ("predicted", "confirmed", "partially_restored", "restored", "closed")
    for _ in range(12):
        devices = chance.sample([id for id, kind, *_ in DEVICES if kind != "overhead"], chance.randint(1, 3))
        blamed = [(id, chance.choice(["A", "BC", "ABC", "ABC"]), chance.choice(statuses)) for id in devices]
        blame(tied, *blamed, ("gone", "ABC", "confirmed"))
        assert told(tied) == slow_twin(blamed), blamed

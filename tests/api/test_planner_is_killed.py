"""The planning process is killed or stopped at any moment: the plan stays whole, and the next one goes on."""

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from api.worker_locks import WorkerLock, state_of
from dispatch.transactions import read_transaction

_PATIENCE_S = 60.0


# Ready to plan, with all that takes long behind it, until a line comes.
_READY = "import sys; from api.processes import planning_worker; sys.stdin.readline(); planning_worker.main()"


@pytest.fixture
def start(world):
    """Start planning processes on the world's database, three at most; all are gone in the end."""
    environment = {
        **os.environ,
        "RELIGHT_DATABASE_URL": world.engine.url.render_as_string(hide_password=False),
        "RELIGHT_PLANNING_PROCESSOR_SHARE": "1",
        "RELIGHT_PLANNING_SECONDS": "0.5",
        "RELIGHT_PLANNING_BOUND_SECONDS": "0.2",
    }
    command = [sys.executable, "-c", _READY]
    children = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, text=True) for _ in range(3)
    ]
    ready = iter(children)

    def one():
        child = next(ready)
        child.stdin.write("\n")
        child.stdin.flush()
        return child

    yield one
    for child in children:
        child.kill()
        child.wait()
        child.stdin.close()


@pytest.fixture
def desk(world):
    return world.client("dispatcher")


def lose(world, letter):
    """Let the households of a transformer lose supply: one outage more."""
    at = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    sender = world.client("meter_system")
    for n in range(1, 4):
        gasp = {"id": world.id(), "kind": "last_gasp", "at": at, "service_point": f"{letter}{n}"}
        assert sender.post("/api/evidence", json=gasp).status_code in {200, 201, 202}
    world.analyse()


def until(found, what):
    """Wait until something is found, and return it."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(what)


def planned(desk, *, outages, after=0):
    """Wait for a plan later than a version that speaks of so many outages, and return it."""

    def found():
        plan = desk.get("/api/plan").json()["plan"]
        if plan is None or plan["version"] <= after:
            return None
        spoken_of = {one["outage_id"] for one in plan["unassigned"] + plan["stops"]}
        return plan if len(spoken_of) == outages else None

    return until(found, f"no plan after {after} that speaks of {outages} outages")


def is_whole(desk):
    """Return whether the plan says one thing of each piece of work, and of times that follow one another."""
    plan = desk.get("/api/plan").json()["plan"]
    if plan is None:
        return True
    work = [(one["outage_id"], one["hazard_id"], one["kind"]) for one in plan["stops"] + plan["unassigned"]]
    times = all(one["depart_at"] <= one["arrive_at"] <= one["finish_at"] for one in plan["stops"])
    return len(work) == len(set(work)) and times and plan["based_on"] < plan["version"]


def who_plans(world):
    with read_transaction(world.engine) as session:
        return state_of(session, WorkerLock.PLANNING)


def kill(child):
    """End it in the middle of whatever it does."""
    time.sleep(random.uniform(0.0, 0.4))
    child.kill()
    child.wait()


def test_two_none_and_one_that_is_killed(world, desk, start):
    # Of two that are started one plans.
    first, second = start(), start()
    lose(world, "a")
    before = planned(desk, outages=1)
    assert who_plans(world) == "running"

    # Whichever of the two is killed, the other one plans from then on.
    lose(world, "c")
    kill(first)
    assert is_whole(desk)
    after = planned(desk, outages=2, after=before["version"])

    # While nobody plans, what is in force stays, and whatever is ordered is taken.
    first_outage = desk.get("/api/outages", params={"active": True}).json()["outages"][0]
    kill(second)
    until(lambda: who_plans(world) == "silent", "its place is free")
    assert is_whole(desk)
    kept = desk.get("/api/plan").json()["plan"]
    assert kept["version"] >= after["version"]
    assert desk.post(f"/api/outages/{first_outage['id']}/confirm", json={"version": None}).status_code == 200

    # The next one goes on from there, and ends when it is told to.
    third = start()
    assert planned(desk, outages=2, after=kept["version"])
    assert is_whole(desk)
    third.terminate()
    assert third.wait(_PATIENCE_S) == 0

"""The keeper of restoration times says what a plan in force means, and rests while the plan has said all."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from api.processes.etr_keeper import EtrKeeper
from api.processes.planning_worker import PlanningWorker
from dispatch.planner import PlannerRules


@pytest.fixture
def planned(world):
    """One confirmed outage, and a plan in force that sends the only crew."""
    now = datetime.now(UTC)
    crew = {
        "id": "C-1",
        "name": "Crew 1",
        "skills": ["line", "low_voltage", "switching", "transformer"],
        "lon": 11.43,
        "lat": 53.63,
        "shift_start": (now - timedelta(hours=1)).isoformat(),
        "shift_end": (now + timedelta(hours=9)).isoformat(),
    }
    assert world.client("supervisor").post("/api/crews", json=crew).status_code == 201
    for household in ("a1", "a2", "a3"):
        call = world.call(household, minutes_ago=0)
        assert world.client("meter_system").post("/api/evidence", json=call).status_code == 200
    world.analyse()
    desk = world.client("dispatcher")
    (outage,) = desk.get("/api/outages").json()["outages"]
    path = f"/api/outages/{outage['id']}"
    assert desk.post(f"{path}/confirm", json={"version": None}).status_code == 200
    rules = PlannerRules(seconds=0.3, processor_share=1.0, change_minutes=300.0, bound_seconds=0.1)
    worker = PlanningWorker(world.engine, stopping=threading.Event(), rules=rules)
    assert worker.look() is not None
    return desk, path


def test_a_plans_time_becomes_the_outages_once(world, planned):
    desk, path = planned
    keeper = EtrKeeper(world.engine)
    (stop,) = desk.get("/api/plan").json()["plan"]["stops"]
    assert keeper.look() == 1
    outage = desk.get(path).json()
    assert outage["etr_source"] == "plan"
    late = datetime.fromisoformat(outage["etr_at"]) - datetime.fromisoformat(stop["restored_at"])
    assert timedelta() <= late < timedelta(minutes=5)
    assert keeper._look() == 0
    assert EtrKeeper(world.engine).look() == 0, "a new keeper says nothing twice"

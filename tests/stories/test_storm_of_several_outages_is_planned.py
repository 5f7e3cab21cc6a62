"""A storm puts several outages on the desk: a plan is made, taken, pinned, declined, and made again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from api.processes.planning_worker import PlanningWorker
from dispatch.planner import PlannerRules

CREWS = {
    "C-1": (11.42, ["transformer", "switching"]),
    "C-2": (11.385, ["line"]),
    "C-3": (11.60, ["line"]),
}


class Storm:
    """The desk of a small town in a storm, and the planner beside it."""

    def __init__(self, world):
        self.world = world
        self.desk = world.client("dispatcher")
        self.planner = PlanningWorker(
            world.engine,
            stopping=threading.Event(),
            rules=PlannerRules(seconds=0.3, processor_share=1.0, change_minutes=300.0),
        )
        now = datetime.now(UTC)
        supervisor = world.client("supervisor")
        for id, (lon, skills) in CREWS.items():
            crew = {
                "id": id,
                "name": f"Crew {id}",
                "skills": skills,
                "shift_start": (now - timedelta(hours=1)).isoformat(),
                "shift_end": (now + timedelta(hours=10)).isoformat(),
                "lon": lon,
                "lat": 53.63,
            }
            assert supervisor.post("/api/crews", json=crew).status_code == 201

    def outage(self, *reports, confirm=True):
        """Return the outage that some reports make, confirmed."""
        before = {one["id"] for one in self.outages()}
        sender = self.world.client("meter_system")
        for report in reports:
            assert sender.post("/api/evidence", json=report).status_code in {200, 201, 202}
        self.world.analyse()
        (found,) = (one for one in self.outages() if one["id"] not in before)
        if confirm:
            answer = self.desk.post(f"/api/outages/{found['id']}/confirm", json={"version": None})
            assert answer.status_code == 200
        return found

    def gasps(self, letter):
        at = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
        return [
            {"id": self.world.id(), "kind": "last_gasp", "at": at, "service_point": f"{letter}{n}"}
            for n in range(1, 4)
        ]

    def outages(self):
        return self.desk.get("/api/outages", params={"active": True}).json()["outages"]

    def plan(self):
        """Let the planner look, and return the plan in force."""
        self.planner.look()
        return self.desk.get("/api/plan").json()["plan"]

    def order(self, kind, outage, crew_id):
        order = {"kind": kind, "outage_id": outage["id"], "crew_id": crew_id, "reason": "They know it."}
        answer = self.desk.post("/api/plan/orders", json=order)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def take(self, plan, *stops, desk=None):
        stops = [{"outage_id": stop["outage_id"], "crew_id": stop["crew_id"]} for stop in stops]
        return (desk or self.desk).post("/api/plan/assign", json={"version": plan["version"], "stops": stops})


@pytest.fixture
def storm(world):
    return Storm(world)


def crews_of(plan):
    return {stop["outage_id"]: stop["crew_id"] for stop in plan["stops"]}


def test_before_any_outage_there_is_no_plan(storm):
    assert storm.desk.get("/api/plan").json() == {"is_on": False, "plan": None, "orders": []}
    assert storm.plan() is None


def test_a_storm_is_planned_taken_pinned_and_planned_again(storm):
    lateral = storm.outage(*storm.gasps("a"))
    other = storm.outage(*storm.gasps("c"))
    assert (lateral["device"], other["device"]) == ("T1", "T3")
    plan = storm.plan()
    # Only C-1 may mend a transformer; it does both, one after the other.
    assert crews_of(plan) == {lateral["id"]: "C-1", other["id"]: "C-1"}
    assert plan["unassigned"] == []
    figures = plan["figures"]
    assert figures["customer_minutes"] <= figures["nearest_crew"]
    assert 0 <= figures["gap"] <= 1
    assert plan["travel_source"]
    assert [stop["is_next"] for stop in plan["stops"]] == [True, False]

    # The crew is sent; what is under way stays so, and is not offered again.
    first = plan["stops"][0]
    taken = storm.take(plan, first).json()
    assert [one["id"] for one in taken["taken"]] == [first["outage_id"]]
    again = storm.plan()
    assert again["version"] > plan["version"]
    assert [(stop["outage_id"], stop["is_under_way"]) for stop in again["stops"]] == [
        (first["outage_id"], True),
        (plan["stops"][1]["outage_id"], False),
    ]

    # It declines: nobody else has the skill for it, and the plan says so.
    crew = storm.world.client("crew")
    (job,) = crew.get("/api/jobs/mine").json()["jobs"]
    progress = {
        "status": "declined",
        "occurred_at": datetime.now(UTC).isoformat(),
        "client_event_id": "declined-1",
        "reason": "The truck is stuck.",
    }
    assert crew.post(f"/api/jobs/{job['id']}/progress", json=progress).status_code == 200
    left = storm.plan()
    assert [one["outage_id"] for one in left["unassigned"]] == [first["outage_id"]]
    assert left["unassigned"][0]["because"] == "all_crews_forbidden"
    assert crews_of(left) == {plan["stops"][1]["outage_id"]: "C-1"}

    # A person knows better and pins it there.
    pin = storm.order("pin", {"id": first["outage_id"]}, "C-1")
    pinned = storm.plan()
    assert crews_of(pinned)[first["outage_id"]] == "C-1"
    assert [one["id"] for one in storm.desk.get("/api/plan").json()["orders"]] == [pin["id"]]
    assert storm.desk.post(f"/api/plan/orders/{pin['id']}/withdraw").status_code == 200
    assert first["outage_id"] not in crews_of(storm.plan())


def test_a_lateral_under_a_feeder_waits_for_it(storm):
    lateral = storm.outage(*storm.gasps("a"))
    at = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    opened = {"id": storm.world.id(), "kind": "switch_open", "at": at, "device": "B1"}
    feeder = storm.outage(*storm.gasps("b"), opened)
    assert feeder["device"] == "B1"
    stops = {stop["outage_id"]: stop for stop in storm.plan()["stops"]}
    assert stops[lateral["id"]]["waits_for"] == [feeder["id"]]
    assert stops[feeder["id"]]["waits_for"] == []
    assert stops[lateral["id"]]["restored_at"] == max(stop["finish_at"] for stop in stops.values())


def test_two_dispatchers_take_the_same_stop_and_the_later_one_is_told(storm):
    storm.outage(*storm.gasps("a"))
    plan = storm.plan()
    (stop,) = plan["stops"]
    assert storm.take(plan, stop).status_code == 200
    second = storm.world.client("second_dispatcher")
    refused = storm.take(plan, stop, desk=second)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (409, "stale_version")
    assert [(change["name"], change["actor"]) for change in error["changes"]] == [
        ("job.assigned", "dispatcher")
    ]
    # After the plan was made again it is no stop to be taken at all, and who is late learns the same.
    storm.plan()
    error = storm.take(plan, stop, desk=second).json()["error"]
    assert (error["code"], error["crew_id"], error["planned_crew"]) == ("stale_plan", "C-1", "C-1")
    assert [change["name"] for change in error["changes"]] == ["job.assigned"]


def test_of_several_stops_each_answers_for_itself(storm):
    one, other = storm.outage(*storm.gasps("a")), storm.outage(*storm.gasps("c"))
    plan = storm.plan()
    stops = {stop["outage_id"]: stop for stop in plan["stops"]}
    answer = storm.take(plan, stops[one["id"]], {**stops[other["id"]], "crew_id": "C-3"}).json()
    assert [outage["id"] for outage in answer["taken"]] == [one["id"]]
    (refused,) = answer["refused"]
    assert (refused["outage_id"], refused["error"]["code"]) == (other["id"], "stale_plan")


def test_a_plan_is_for_the_desk_only(storm):
    for name in ("crew", "customer", "meter_system", "agent"):
        client = storm.world.client(name)
        assert client.get("/api/plan").status_code == 403
        assert client.post("/api/plan/assign", json={"version": 0, "stops": []}).status_code == 403
        order = {"kind": "pin", "outage_id": "O-1", "crew_id": "C-1", "reason": "x"}
        assert client.post("/api/plan/orders", json=order).status_code == 403


def test_while_nothing_changes_the_plan_stays(storm):
    storm.outage(*storm.gasps("a"))
    assert storm.planner.look() is not None
    # One job cannot be done better; the times in the plan are still fresh.
    assert [storm.planner.look() for _ in range(3)] == [None, None, None]

"""Work is requested, studied, approved, told, carried out late, and closed; who calls hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

#   S ─B1─ N1 ─SW1─ N2 ─T1─ N3   a1 a2 a3
#          N1 ─T2─ N4            b1 b2
#   R ─B2─ M1 ─TIE─ N2           the tie is normally open
#          M1 ─T3─ M2            c1 c2
DRAWING = """
    breaker B1 S N1
    switch SW1 N1 N2
    distribution T1 N2 N3
    distribution T2 N1 N4
    breaker B2 R M1
    switch TIE M1 N2 open
    distribution T3 M1 M2
    service_points a N3 3
    service_points b N4 2
    service_points c M2 2
"""
PLANNED = "/api/planned-outages"


@pytest.fixture
def town(engine, world_module):
    tables = world_module.drawn_tables(DRAWING, {}, sources=("S", "R"))
    world = world_module.World(engine, tables=tables)
    yield Town(world)
    world.close()


class Town:
    """Two dispatchers and a call taker, and short ways to do what they do."""

    def __init__(self, world):
        self.world = world
        self.first, self.second = world.client("dispatcher"), world.client("second_dispatcher")
        self.agent = world.client("agent")

    def ok(self, answer):
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def refusal(self, answer):
        assert answer.status_code in (409, 422), answer.text
        return answer.json()["error"]

    def request(self, *, days=9.0, **more):
        starts_at = datetime.now(UTC) + timedelta(days=days)
        body = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(hours=4)).isoformat(),
            "text": "New cables 换电缆",
            **more,
        }
        return self.first.post(f"{PLANNED}/requests", json=body)

    def do(self, planned, action, client=None, **body):
        return (client or self.first).post(f"{PLANNED}/{planned['id']}/{action}", json=body)

    def read(self, planned, what="", client=None):
        return self.ok((client or self.first).get(f"{PLANNED}/{planned['id']}{what}"))

    def draft(self, planned, *steps):
        body = {
            "kind": "planned",
            "steps": [dict(zip(("action", "device"), step.split(), strict=True)) for step in steps],
            "planned_outage_id": planned["id"],
        }
        return self.ok(self.first.post("/api/switching-orders", json=body))

    def execute(self, order, number):
        shown = self.ok(self.first.get(f"/api/switching-orders/{order['id']}/preview"))["steps"]
        seen = next(one["digest"] for one in shown if one["number"] == number)
        address = f"/api/switching-orders/{order['id']}/steps/{number}/execute"
        self.ok(self.first.post(address, json={"seen": seen, "reason": "As planned."}))
        self.keep()

    def keep(self):
        """Let the analysis worker look at planned outages, as it does every second."""
        self.world.worker._planned._look()

    def later(self, **span):
        """Let time pass: by the clock that is in the database."""
        move = text(
            "INSERT INTO clock (id, origin_real, origin_simulated, speed) "
            "VALUES (1, now(), now() + :span, 1) "
            "ON CONFLICT (id) DO UPDATE SET origin_simulated = clock.origin_simulated + :span"
        )
        with self.world.engine.begin() as connection:
            connection.execute(move, {"span": timedelta(**span)})
        self.keep()

    def call(self, service_point):
        (answer,) = self.ok(self.agent.post("/api/calls/look-up", json={"service_point": service_point}))[
            "answers"
        ]
        return answer

    def ledger(self):
        query = text(
            "SELECT service_point, kind, upper_inf(period) FROM interruption WHERE replaced_by IS NULL "
            "AND planned_outage_id IS NOT NULL ORDER BY 1"
        )
        with self.world.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(query)]


def test_from_request_to_close(town):  # noqa: PLR0915 - one story
    planned = town.ok(town.request())
    assert planned["status"] == "requested"
    assert town.refusal(town.do(planned, "study"))["because"] == "nobody_named"

    # The order says whom: a goes dark, though the tie could feed it, since it is worked on there.
    order = town.draft(planned, "open SW1", "close SW1")
    town.ok(town.do(planned, "study"))
    (version,) = town.read(planned, "/versions")["versions"]
    assert (version["source"], version["service_points"]) == ("switching", ["a1", "a2", "a3"])
    assert town.refusal(town.do(planned, "approve"))["because"] == "own_request"
    tag = town.ok(town.second.post("/api/tags", json={"device": "SW1", "kind": "hold"}))
    refused = town.refusal(town.do(planned, "approve", town.second))
    assert refused["code"] == "planned_conflicts"
    assert {one["code"] for one in refused["conflicts"]} == {"tag_clash"}
    assert tag["id"] in refused["text"]
    town.ok(town.do(planned, "approve", town.second, override_reason="The tag goes on Friday."))
    town.ok(town.second.post(f"/api/tags/{tag['id']}/remove"))

    # A call taker sees nothing of it before it is published; then with every change.
    assert town.ok(town.agent.get(PLANNED))["planned_outages"] == []
    town.ok(town.do(planned, "publish"))
    assert [one["id"] for one in town.ok(town.agent.get(PLANNED))["planned_outages"]] == [planned["id"]]

    town.later(days=1, hours=12)
    (notice,) = town.read(planned, "/notices")["notices"]
    assert (notice["rule"], notice["breach"]) == ("everybody_seven_days", None)
    assert notice["messages"]["queued"] == 3
    assert town.read(planned)["status"] == "notified"

    # It begins with the first step, at the hour.
    town.later(days=7, hours=12)
    town.ok(town.second.post(f"/api/switching-orders/{order['id']}/approve", json={"version": None}))
    town.execute(order, 1)
    assert town.read(planned)["status"] == "executing"
    assert town.ledger() == [("a1", "planned", True), ("a2", "planned", True), ("a3", "planned", True)]
    answer = town.call("a1")
    assert (answer["code"], answer["take_report"]) == ("planned_outage", False)
    assert town.call("b1")["code"] != "planned_outage"

    # Past its end the desk is alarmed, those still off are told, and who calls is out.
    town.later(hours=4, minutes=1)
    assert town.read(planned)["overrun_at"] is not None
    assert town.call("a1")["code"] == "planned_overrun"
    overdue = town.read(planned, "/notices")["notices"][-1]
    assert (overdue["kind"], overdue["service_points"]) == ("planned_overdue", 3)

    # It gets longer: told to all, with old and new.
    ends_at = datetime.fromisoformat(planned["ends_at"]) + timedelta(hours=2)
    longer = town.ok(town.do(planned, "times", ends_at=ends_at.isoformat()))
    assert longer["overrun_at"] is None
    assert town.call("a1")["code"] == "planned_outage"
    town.execute(order, 2)
    ended = town.read(planned)
    assert (ended["status"], ended["orders"]) == ("ended", [order["id"]])
    assert [row[2] for row in town.ledger()] == [False, False, False]
    town.ok(town.do(planned, "close"))

    told = town.read(planned, "/changes", town.agent)["changes"]
    moved = next(one for one in told if one["name"] == "planned_outage.moved")
    assert moved["data"]["values"]["ends_at"] == {
        "old": datetime.fromisoformat(planned["ends_at"]).isoformat(),
        "new": ends_at.isoformat(),
    }
    assert (moved["actor"], moved["data"]["values"]["overrun_at"]["new"]) == ("dispatcher", None)
    kinds = [one["kind"] for one in town.read(planned, "/notices")["notices"]]
    assert kinds.count("planned_moved") == 1
    assert kinds[-1] == "planned_ended"


def test_a_night_on_which_clocks_are_changed(town):
    spring = {"zone": "Europe/Berlin", "local": "2027-03-28T02:30"}
    late = {"zone": "Europe/Berlin", "local": "2027-03-28T05:00"}
    refused = town.refusal(town.request(device="T1", starts_at=spring, ends_at=late))
    assert (refused["because"], refused["field"]) == ("local_time_skipped", "starts_at")
    assert "2027-03-28T02:30" in refused["text"]
    autumn = {"zone": "Europe/Berlin", "local": "2027-10-31T02:30"}
    dawn = {"zone": "Europe/Berlin", "local": "2027-10-31T04:00"}
    refused = town.refusal(town.request(device="T1", starts_at=autumn, ends_at=dawn))
    assert refused["because"] == "local_time_twice"
    made = town.ok(town.request(device="T1", starts_at={**autumn, "which": "earlier"}, ends_at=dawn))
    assert made["duration_minutes"] == 150
    assert len(town.ok(town.first.get(PLANNED))["planned_outages"]) == 1
    wrong = town.request(device="T1", starts_at={"zone": "Mars/Olympus", "local": "2027-10-31T02:30"})
    assert town.refusal(wrong)["field"] == "starts_at"
    backwards = town.refusal(town.request(device="T1", starts_at=dawn, ends_at={**autumn, "which": "later"}))
    assert backwards["because"] == "planned_ends_before_start"

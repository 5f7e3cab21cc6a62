"""A line fails, others are fed over a tie, then all returns to normal: customers count at each step."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

#   S ─B1─ N1 ─L1─ N2 ─SW1─ N3 ─T1─ N4   a1 a2 a3  (behind SW1)
#                  N2 ─T2─ N5            b1 b2     (on the line that fails)
#   R ─B2─ M1 ─TIE─ N3                   the tie is normally open
#          M1 ─T3─ M2                    c1 c2
DRAWING = """
    breaker B1 S N1
    overhead L1 N1 N2
    switch SW1 N2 N3
    distribution T1 N3 N4
    distribution T2 N2 N5
    breaker B2 R M1
    switch TIE M1 N3 open
    distribution T3 M1 M2
    service_points a N4 3
    service_points b N5 2
    service_points c M2 2
"""


@pytest.fixture
def town(engine, world_module):
    tables = world_module.drawn_tables(DRAWING, {}, sources=("S", "R"))
    world = world_module.World(engine, tables=tables)
    yield Desk(world)
    world.close()


class Desk:
    """Two dispatchers and a supervisor of the town, and short ways to do what they do."""

    def __init__(self, world):
        self.world = world
        self.first, self.second = world.client("dispatcher"), world.client("second_dispatcher")
        self.supervisor = world.client("supervisor")

    def outage(self):
        """Let the breaker B1 open, and confirm the outage."""
        now = datetime.now(UTC) - timedelta(minutes=1)
        opened = {"id": self.world.id(), "kind": "switch_open", "at": now.isoformat(), "device": "B1"}
        assert self.world.client("meter_system").post("/api/evidence", json=opened).status_code == 200
        self.world.analyse()
        outage = self.first.get("/api/outages").json()["outages"][0]
        assert outage["device"] == "B1"
        return self.ok(self.first.post(f"/api/outages/{outage['id']}/confirm", json={"version": None}))

    def ok(self, answer):
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def refusal(self, answer):
        assert answer.status_code in (409, 422), answer.text
        return answer.json()["error"]

    def draft(self, *steps, outage=None, kind="emergency"):
        body = {
            "kind": kind,
            "steps": [self.step(step) if isinstance(step, str) else step for step in steps],
            "outage_id": outage,
        }
        return self.ok(self.first.post("/api/switching-orders", json=body))

    def step(self, words):
        action, device = words.split()
        return {"action": action, "device": device}

    def approved(self, *steps, outage=None):
        order = self.draft(*steps, outage=outage)
        return self.ok(
            self.first.post(
                f"/api/switching-orders/{order['id']}/approve", json={"version": order["version"]}
            )
        )

    def preview(self, order):
        return self.ok(self.first.get(f"/api/switching-orders/{order['id']}/preview"))

    def execute(self, order, number, *, seen=None, client=None, **more):
        if seen is None:
            seen = {one["number"]: one["digest"] for one in self.preview(order)["steps"]}[number]
        address = f"/api/switching-orders/{order['id']}/steps/{number}/execute"
        return (client or self.first).post(address, json={"seen": seen, **more})

    def ledger_out(self):
        """Who is out now by the ledger, as the trace of the current state must say too."""
        with self.world.engine.connect() as connection:
            found = connection.execute(
                text(
                    "SELECT service_point FROM interruption "
                    "WHERE replaced_by IS NULL AND upper_inf(period) AND supplied_by IS NULL ORDER BY 1"
                )
            ).scalars()
            out = list(found)
        state = self.ok(self.first.get("/api/switching/state"))
        assert state["service_points_out"] == len(out)
        return out


def test_a_section_is_isolated_fed_over_the_tie_repaired_and_returned_to_normal(town):
    outage = town.outage()
    assert town.ledger_out() == ["a1", "a2", "a3", "b1", "b2"]
    area = f"/api/outages/{outage['id']}/area"
    assert town.ok(town.first.get(area))["properties"]["service_points"] == 5
    around = town.approved("open SW1", "close TIE", outage=outage["id"])
    first, second = town.preview(around)["steps"]
    assert (first["customers_lost"], first["customers_gained"], first["flags"]) == (0, 0, [])
    assert (second["customers_lost"], second["customers_gained"], second["flags"]) == (0, 3, [])
    assert second["not_checked"]
    town.ok(town.execute(around, 1))
    town.ok(town.execute(around, 2))
    assert town.ledger_out() == ["b1", "b2"]
    assert town.ok(town.first.get(area))["properties"]["service_points"] == 2
    known = town.ok(town.first.get(f"/api/outages/{outage['id']}"))
    assert (known["status"], known["service_points_out"]) == ("partially_restored", 2)

    # Repaired: the breaker is closed again, then the tie opens and the switch closes, without a ring.
    back = town.approved("close B1", "open TIE", "close SW1", outage=outage["id"])
    flags = [one["flags"] for one in town.preview(back)["steps"]]
    assert flags == [["onto_danger"], [], []]
    assert town.refusal(town.execute(back, 1))["code"] == "reason_needed"
    town.ok(town.execute(back, 1, reason="L1 is repaired."))
    assert town.ledger_out() == []
    known = town.ok(town.first.get(f"/api/outages/{outage['id']}"))
    assert (known["status"], known["service_points_out"]) == ("restored", 0)
    assert town.ok(town.first.get(area))["properties"]["service_points"] == 5
    town.ok(town.execute(back, 2))
    assert town.ledger_out() == ["a1", "a2", "a3"]
    done = town.ok(town.execute(back, 3))
    assert town.ledger_out() == []
    assert done["status"] == "completed"
    state = town.ok(town.first.get("/api/switching/state"))
    assert all(one["is_normal"] for one in state["devices"])


def test_a_generator_feeds_behind_a_cut_until_the_line_is_repaired(town):
    outage = town.outage()
    town.ok(town.execute(town.approved("open SW1", outage=outage["id"]), 1))
    generator = {"action": "run_generator", "name": "G-1", "node": "N2", "rated_kva": 250}
    # Where the line that fails still hangs on N2, it would stand under voltage.
    (danger,) = town.preview(town.draft(generator))["steps"]
    assert danger["flags"] == ["onto_danger"]
    cut = {"action": "cut", "device": "L1", "node": "N2", "name": "C-1"}
    order = town.approved(cut, generator, outage=outage["id"])
    assert [one["flags"] for one in town.preview(order)["steps"]] == [[], []]
    town.ok(town.execute(order, 1))
    town.ok(town.execute(order, 2))
    assert town.ledger_out() == ["a1", "a2", "a3"]
    state = town.ok(town.first.get("/api/switching/state"))
    assert [(one["name"], one["order_id"]) for one in state["temporary"]] == [
        ("C-1", order["id"]),
        ("G-1", order["id"]),
    ]
    assert (state["customers_supplied"], state["customers_out"]) == (2, 3)
    again = town.first.post("/api/switching/rehearse", json={"steps": [generator]})
    assert town.refusal(again)["because"] == "temporary_name_taken"

    # The line is repaired: nobody loses supply on the way back, and nothing temporary is left.
    gone = [{"action": "remove", "name": name} for name in ("C-1", "G-1")]
    back = town.approved(gone[0], "close B1", gone[1], "close SW1", outage=outage["id"])
    for number in (1, 2, 3, 4):
        town.ok(town.execute(back, number, reason="L1 is repaired."))
        assert "b1" not in town.ledger_out()
    assert town.ledger_out() == []
    assert town.ok(town.first.get("/api/switching/state"))["temporary"] == []
    with town.world.engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT supplied_by, outage_id FROM interruption "
                "WHERE supplied_by IS NOT NULL AND replaced_by IS NULL AND NOT upper_inf(period)"
            )
        ).all()
    assert found == [("generator", outage["id"])] * 2


def test_customers_count_from_exactly_the_time_of_the_step(town):
    outage = town.outage()
    around = town.approved("open SW1", "close TIE", outage=outage["id"])
    at = datetime.now(UTC).replace(microsecond=0)
    town.ok(town.execute(around, 1, executed_at=(at - timedelta(seconds=5)).isoformat()))
    early = town.refusal(town.execute(around, 2, executed_at=(at - timedelta(seconds=20)).isoformat()))
    assert (early["field"], early["because"]) == ("executed_at", "executed_before_last")
    late = town.refusal(town.execute(around, 2, executed_at=(at + timedelta(hours=1)).isoformat()))
    assert late["because"] == "executed_in_future"
    assert len(town.ledger_out()) == 5
    town.ok(town.execute(around, 2, executed_at=at.isoformat()))
    with town.world.engine.connect() as connection:
        ends = connection.execute(
            text("SELECT DISTINCT upper(period) FROM interruption WHERE service_point LIKE 'a%'")
        ).scalars()
        assert list(ends) == [at]


def test_nobody_operates_through_a_tag(town):
    outage = town.outage()
    tag = town.ok(town.second.post("/api/tags", json={"device": "TIE", "kind": "do_not_close"}))
    around = town.approved("open SW1", "close TIE", outage=outage["id"])
    town.ok(town.execute(around, 1))
    refused = town.refusal(town.execute(around, 2, reason="I know better."))
    assert (refused["because"], refused["values"]["tags"]) == ("device_tagged", [tag["id"]])
    assert tag["id"] in refused["text"]
    told = town.first.post(
        f"/api/switching-orders/{around['id']}/steps/2/instruct", json={"to": "Crew North"}
    )
    assert town.refusal(told)["because"] == "device_tagged"
    assert town.refusal(town.first.post(f"/api/tags/{tag['id']}/remove"))["because"] == "tag_of_another"
    assert len(town.ledger_out()) == 5
    town.ok(town.supervisor.post(f"/api/tags/{tag['id']}/remove"))
    town.ok(town.execute(around, 2))


def test_the_later_of_two_is_told_what_the_earlier_did_and_nothing_is_half_done(town):
    outage = town.outage()
    around = town.approved("open SW1", "close TIE", outage=outage["id"])
    seen = {one["number"]: one["digest"] for one in town.preview(around)["steps"]}
    town.ok(town.execute(around, 1, seen=seen[1]))
    again = town.refusal(town.execute(around, 1, seen=seen[1], client=town.second))
    assert (again["because"], again["values"]) == ("step_was_executed", {"number": 1, "actor": "dispatcher"})
    # Meanwhile another order opens B2: the tie would feed nobody any more.
    other = town.approved("open B2")
    town.ok(town.execute(other, 1, client=town.second))
    stale = town.refusal(town.execute(around, 2, seen=seen[2]))
    assert stale["code"] == "stale_switching"
    told = [(one["name"], one["actor"]) for one in stale["changes"]]
    assert ("switching.executed", "second_dispatcher") in told
    assert len(town.ledger_out()) == 7
    assert town.preview(around)["steps"][0]["flags"] == ["changed_since_prepared"]


def test_of_two_who_execute_at_the_same_moment_one_is_told(town):
    outage = town.outage()
    around = town.approved("open SW1", "close TIE", outage=outage["id"])
    seen = town.preview(around)["steps"][0]["digest"]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda client: town.execute(around, 1, seen=seen, client=client), (town.first, town.second)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert town.refusal(refused)["because"] == "step_was_executed"
    assert [
        step["status"] for step in town.ok(town.first.get(f"/api/switching-orders/{around['id']}"))["steps"]
    ] == [
        "executed",
        "waiting",
    ]


def test_an_order_that_puts_customers_out_and_two_sources_in_parallel(town):
    order = town.draft("close TIE", "open B2", kind="planned")
    mine = town.first.post(f"/api/switching-orders/{order['id']}/approve", json={"version": None})
    assert town.refusal(mine)["because"] == "own_order"
    town.ok(town.second.post(f"/api/switching-orders/{order['id']}/approve", json={"version": None}))
    first = town.preview(order)["steps"][0]
    assert first["flags"] == ["parallel_sources"]
    assert town.refusal(town.execute(order, 1))["flags"] == ["parallel_sources"]
    assert town.refusal(town.execute(order, 2, seen="x"))["because"] == "step_out_of_turn"
    town.ok(town.execute(order, 1, reason="Transfer without interruption."))
    town.ok(town.execute(order, 2))
    assert town.ledger_out() == []


def test_what_is_switched_off_is_not_called_restored(town):
    outage = town.outage()
    town.ok(town.execute(town.approved("open SW1", outage=outage["id"]), 1))
    address = f"/api/outages/{outage['id']}"
    refused = town.refusal(town.first.post(f"{address}/restore", json={"version": None}))
    assert (refused["because"], refused["values"]) == (
        "switched_off",
        {"service_points": 3, "devices": ["SW1"]},
    )
    dismissed = town.first.post(f"{address}/dismiss", json={"version": None, "reason": "no"})
    assert town.refusal(dismissed)["because"] == "was_switched_for"


def test_a_proposal_becomes_a_draft_that_a_person_executes(town):
    outage = town.outage()
    address = f"/api/outages/{outage['id']}/proposals"
    found = town.ok(town.first.get(address))
    assert (found["faulted"], found["dead_customers"], found["refusal"]) == (["L1"], 3, None)
    best = found["proposals"][0]
    assert (best["customers"], best["margin"]) == (3, None)
    assert [(one["action"], one["device"]) for one in best["steps"]][-1] == ("close", "TIE")
    order = town.ok(
        town.first.post(f"{address}/take", json={"number": best["number"], "digest": found["digest"]})
    )
    assert (order["status"], order["outage_id"]) == ("draft", outage["id"])
    assert len(town.ledger_out()) == 5
    town.ok(town.second.post("/api/tags", json={"device": "TIE", "kind": "hold"}))
    assert town.ok(town.first.get(address))["proposals"] == []
    stale = town.first.post(f"{address}/take", json={"number": 1, "digest": found["digest"]})
    assert town.refusal(stale)["because"] == "proposals_changed"


def test_a_rehearsal_touches_nothing(town):
    body = {"steps": [{"action": "open", "device": "B1"}, {"action": "close", "device": "B1"}]}
    before = town.ok(town.first.get("/api/changes"))
    opened, closed = town.ok(town.first.post("/api/switching/rehearse", json=body))["steps"]
    assert (opened["customers_lost"], closed["customers_gained"]) == (5, 5)
    assert town.ok(town.first.get("/api/changes")) == before
    assert town.ledger_out() == []
    unknown = town.first.post("/api/switching/rehearse", json={"steps": [{"action": "open", "device": "X"}]})
    assert unknown.status_code == 404
    fixed = {"steps": [{"action": "open", "device": "L1"}]}
    assert town.first.post("/api/switching/rehearse", json=fixed).status_code == 422

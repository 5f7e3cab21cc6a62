"""Two dispatchers act on one outage: the later one is told what the first one changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def outage(world):
    world.client("meter_system").post("/api/evidence", json=world.call("a1"))
    world.analyse()
    return world.client("dispatcher").get("/api/outages").json()["outages"][0]


def test_the_later_one_is_told_what_changed_and_by_whom(world, outage):
    first, second = world.client("dispatcher"), world.client("second_dispatcher")
    address = f"/api/outages/{outage['id']}"
    assert first.post(f"{address}/confirm", json={"version": outage["version"]}).status_code == 200
    answer = second.post(
        f"{address}/dismiss", json={"version": outage["version"], "reason": "I think it is nothing."}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "stale_version")
    first_change = error["changes"][0]
    assert (first_change["name"], first_change["actor"]) == ("outage.confirmed", "dispatcher")
    assert "dispatcher" in error["text"]
    current = second.get(address).json()
    assert (current["status"], current["version"]) == ("confirmed", error["version"])


def test_of_many_at_the_same_moment_exactly_one_succeeds(world, outage):
    clients = [world.client(name) for name in ("dispatcher", "second_dispatcher", "supervisor") * 3]
    address = f"/api/outages/{outage['id']}/confirm"
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(
            pool.map(lambda client: client.post(address, json={"version": outage["version"]}), clients)
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (len(clients) - 1)


def test_what_does_not_go_together_is_told_as_a_code_with_values_and_in_words(world, outage):
    now = datetime.now(UTC)
    crew = {"id": "C-1", "name": "Crew North", "skills": [], "lon": 11.4, "lat": 53.6}
    shift = {
        "shift_start": (now - timedelta(hours=1)).isoformat(),
        "shift_end": (now + timedelta(hours=8)).isoformat(),
    }
    assert world.client("supervisor").post("/api/crews", json=crew | shift).status_code == 201
    dispatcher = world.client("dispatcher")

    def refusal(action, **order):
        answer = dispatcher.post(f"/api/outages/{outage['id']}/{action}", json={"version": None, **order})
        return None if answer.status_code == 200 else answer.json()["error"]

    assert refusal("confirm") is None
    assert refusal("assign", crew_id="C-1") is None
    again = refusal("assign", crew_id="C-1")
    assert (again["code"], again["because"]) == ("conflict", "crew_is_on_it")
    assert again["values"] == {"crew": "Crew North"}
    early = refusal("dismiss", reason="I think it is nothing.")
    assert (early["because"], early["values"]) == ("crews_at_work", {"crews": ["C-1"]})
    past = refusal("etr", etr_at=(now - timedelta(hours=1)).isoformat())
    assert (past["code"], past["field"], past["because"]) == ("invalid_input", "etr_at", "etr_is_past")
    before = refusal("restore", restored_at=(now - timedelta(days=1)).isoformat())
    assert (before["because"], list(before["values"])) == ("restored_before_start", ["started_at"])

"""Two dispatchers act on one outage: the later one is told what the first one changed."""

from concurrent.futures import ThreadPoolExecutor

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

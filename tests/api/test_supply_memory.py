"""How one's supply is, from memory: right at once after a change, and told while the database is away."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from api import supply_memory
from api.vocabulary import read_vocabulary

HEADLINES = {
    language: {key: words[f"customer.{key}.headline"] for key in ("on", "out", "restored")}
    for language, words in read_vocabulary().items()
}


def state(client):
    answer = client.get("/supply/status")
    assert answer.status_code == 200
    return answer.json()["supplies"][0]["state"]


def until(client, wanted, *, within_s=10.0):
    """Ask until it says so: a change wakes the memory, but not before it is committed."""
    ends_at = time.monotonic() + within_s
    while (found := state(client)) != wanted:
        assert time.monotonic() < ends_at, f"still {found}, not {wanted}"
        time.sleep(0.05)


@pytest.fixture
def looks(monkeypatch):
    """Count how often the database is asked."""
    found = []
    inner = supply_memory.SupplyMemory._look_up
    monkeypatch.setattr(
        supply_memory.SupplyMemory,
        "_look_up",
        lambda self, digest, words: (found.append(digest), inner(self, digest, words))[1],
    )
    return found


def test_whoever_has_no_pass_is_told_nothing(world, visitor):
    client = visitor()
    assert client.get("/supply/status").status_code == 404
    client.cookies.set("relight_supply", "made up", path="/supply")
    assert client.get("/supply/status").status_code == 404


def test_it_says_what_the_page_says_and_follows_every_change(world, visitor, desk):
    client, neighbour = visitor("a1"), visitor("c1")
    assert (state(client), state(neighbour)) == ("on", "on")
    desk.lose("a1", "a2", "a3")
    until(client, "out")
    assert state(neighbour) == "on"
    told = client.get("/supply/status").json()["supplies"][0]
    assert told["outage"]
    assert told["headline"] in client.get("/supply/mine").text


def test_what_is_known_is_answered_without_the_database(world, visitor, looks):
    client = visitor("a1")
    state(client)
    until_kept = time.monotonic() + 5
    while len(looks) > 0 and time.monotonic() < until_kept:
        looks.clear()
        state(client)
    for _ in range(20):
        state(client)
    assert looks == []


def test_each_language_has_its_own_words(world, visitor):
    client = visitor("a1")
    for language in ("en", "zh", "en"):
        told = client.get("/supply/status", headers={"Accept-Language": language}).json()
        assert told["supplies"][0]["headline"] == HEADLINES[language]["on"]


def test_what_no_change_tells_of_is_seen_in_time(world, visitor, monkeypatch):
    monkeypatch.setattr(supply_memory, "KEPT_S", -1.0)
    monkeypatch.setattr(supply_memory, "LONGEST_KEPT_S", -1.0)
    client = visitor("a1")
    assert state(client) == "on"
    client.post("/supply/leave")
    client.cookies.clear()
    assert client.get("/supply/status").status_code == 404


def test_checked_at_goes_on_while_the_log_is_followed(world, visitor):
    client = visitor("a1")
    told = datetime.fromisoformat(client.get("/supply/status").json()["checked_at"])
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=30)


def test_what_is_a_little_old_is_told_at_once_and_renewed_behind(world, visitor, looks, monkeypatch):
    client = visitor("a1")
    until_kept = time.monotonic() + 5
    while not (looks.clear() or (state(client) and not looks)):
        assert time.monotonic() < until_kept
    monkeypatch.setattr(supply_memory, "KEPT_S", 0.0)
    assert state(client) == "on"
    until_renewed = time.monotonic() + 5
    while not looks:
        assert time.monotonic() < until_renewed
        time.sleep(0.02)

"""Search over HTTP: for the desk alone, and nothing personal in the answer."""

import pytest


@pytest.fixture(scope="module")
def dispatcher(quiet_world):
    return quiet_world.client("dispatcher")


def test_a_dispatcher_finds_a_household_by_account_meter_and_phone(dispatcher, quiet_world):
    for query in ("A-a1", "M-a1", "a1"):
        answer = dispatcher.get("/api/search", params={"q": query}).json()
        assert answer["network_version"] == quiet_world.network_version
        first = answer["results"][0]
        assert (first["kind"], first["id"], first["account"]) == ("service_point", "a1", "A-a1")
        assert set(first) == {"kind", "id", "title", "account", "matched", "customers", "lon", "lat"}


def test_a_device_is_found_by_its_id(dispatcher):
    found = dispatcher.get("/api/search", params={"q": "F1"}).json()["results"]
    assert ("device", "F1", "id") in [(one["kind"], one["id"], one["matched"]) for one in found]


def test_only_the_desk_may_search(quiet_world):
    for name in ("crew", "customer", "meter_system"):
        assert quiet_world.client(name).get("/api/search", params={"q": "a1"}).status_code == 403
    assert quiet_world.client().get("/api/search", params={"q": "a1"}).status_code == 401


def test_too_long_a_query_is_told(dispatcher):
    assert dispatcher.get("/api/search", params={"q": "x" * 101}).status_code == 422
    assert dispatcher.get("/api/search").status_code == 422
    assert dispatcher.get("/api/search", params={"q": "a1", "limit": 1000}).status_code == 422

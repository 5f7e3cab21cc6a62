"""The work list over HTTP: what outages are grouped by, and one action on several of them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError


@pytest.fixture
def three(world, desk):
    """A dispatcher, and three outages: of all a, of b1 alone, and of all c, who are on the other feeder."""
    for lost in (("a1", "a2", "a3"), ("b1",), ("c1", "c2", "c3")):
        desk.lose(*lost)
    dispatcher = world.client("dispatcher")
    outages = dispatcher.get("/api/outages").json()["outages"]
    assert len(outages) == 3
    return dispatcher, sorted(outages, key=lambda one: int(one["id"].removeprefix("O-")))


def _do(client, outages, action, **fields):
    chosen = [{"outage_id": one["id"], "version": one["version"]} for one in outages]
    answer = client.post("/api/worklist/actions", json={"action": action, "outages": chosen, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()["outcomes"]


def _now(client, outages):
    return [client.get(f"/api/outages/{one['id']}").json() for one in outages]


def test_outages_stand_on_their_feeders_and_in_their_districts(world, three):
    dispatcher, outages = three
    with world.engine.begin() as connection:
        # All addresses name one street here; it lies in a district that is known for the c alone.
        street = "UPDATE named_place SET title = 'Long Street, Northside' WHERE kind = 'street'"
        connection.execute(text(street))
        connection.execute(text("UPDATE service_point SET place = NULL WHERE id !~ 'c[12]'"))
        connection.execute(text("UPDATE switch SET feeder = 'Mill' WHERE id = 'B2'"))
        connection.execute(text("UPDATE service_point SET priority = 'sensitive' WHERE id IN ('c1', 'c3')"))
    told = {one["outage_id"]: one for one in dispatcher.get("/api/worklist").json()["outages"]}
    *first, other = (told[one["id"]] for one in outages)
    assert (other["feeder"], other["district"]) == ("Mill", "Northside")
    assert (other["critical_service_points"], other["critical_customers"]) == (2, 2)
    for one in first:
        assert (one["feeder"], one["district"], one["critical_customers"]) == ("B1", None, 0)


def test_one_that_somebody_acted_on_is_refused_and_the_others_go_through(world, three):
    dispatcher, outages = three
    other = world.client("second_dispatcher")
    stale = outages[1]
    path = f"/api/outages/{stale['id']}/dismiss"
    answer = other.post(path, json={"version": stale["version"], "reason": "a false alarm"})
    assert answer.status_code == 200

    outcomes = _do(dispatcher, outages, "confirm")
    assert [one["outage_id"] for one in outcomes] == [one["id"] for one in outages]
    assert [one["is_done"] for one in outcomes] == [True, False, True]
    refused = outcomes[1]
    assert refused["error"]["code"] == "stale_version"
    assert "outage.dismissed" in {change["name"] for change in refused["error"]["changes"]}
    # The refusal comes with how it stands now, and nothing of it was done.
    assert refused["outage"]["status"] == "dismissed"
    assert [one["status"] for one in _now(dispatcher, outages)] == ["confirmed", "dismissed", "confirmed"]
    assert [one["outage"]["status"] for one in outcomes] == ["confirmed", "dismissed", "confirmed"]


def test_what_is_not_there_stops_no_other(three):
    dispatcher, outages = three
    chosen = [{"id": "O-999", "version": None}, outages[0]]
    outcomes = _do(dispatcher, chosen, "dismiss", reason="a false alarm")
    assert [one["is_done"] for one in outcomes] == [False, True]
    assert (outcomes[0]["error"]["code"], outcomes[0]["outage"]) == ("unknown", None)


def test_a_crew_is_sent_to_several_and_told_of_each(world, three):
    dispatcher, outages = three
    _do(dispatcher, outages[:2], "confirm")
    outcomes = _do(dispatcher, _now(dispatcher, outages), "assign", crew_id="C-1")
    # The third is a prediction still: nobody is sent to it.
    assert [one["is_done"] for one in outcomes] == [True, True, False]
    assert outcomes[2]["error"]["code"] == "illegal_transition"
    crews = dispatcher.get("/api/crews").json()["crews"]
    assert len(crews[0]["jobs"]) == 2
    outcomes = _do(dispatcher, _now(dispatcher, outages[:1]), "assign", crew_id="C-1")
    assert outcomes[0]["error"]["because"] == "crew_is_on_it"


def test_one_time_for_several_and_clocks_that_pause(three):
    dispatcher, outages = three
    at = datetime.now(UTC) + timedelta(hours=2)
    assert all(one["is_done"] for one in _do(dispatcher, outages, "etr", etr_at=at.isoformat()))
    assert {one["etr_source"] for one in _now(dispatcher, outages)} == {"dispatcher"}
    outcomes = _do(dispatcher, _now(dispatcher, outages), "etr", etr_at=(at - timedelta(days=1)).isoformat())
    assert {one["error"]["because"] for one in outcomes} == {"etr_is_past"}

    _do(dispatcher, outages[:1], "pause", reason="unsafe_weather")
    outcomes = _do(dispatcher, outages, "pause", reason="unsafe_weather", note="hail")
    assert [one["is_done"] for one in outcomes] == [False, True, True]
    assert outcomes[0]["error"]["because"] == "promises_paused"
    assert all(one["is_done"] for one in _do(dispatcher, outages, "resume"))


def test_an_order_that_makes_no_sense_is_refused_whole(three):
    dispatcher, outages = three
    chosen = [{"outage_id": one["id"], "version": one["version"]} for one in outages]
    wrong = [
        {"action": "confirm", "outages": []},
        {"action": "confirm", "outages": [chosen[0], chosen[0]]},
        {"action": "confirm", "outages": chosen * 40},
        {"action": "close", "outages": chosen},
        {"action": "dismiss", "outages": chosen},
        {"action": "confirm", "outages": chosen, "reason": "no such field"},
    ]
    for order in wrong:
        assert dispatcher.post("/api/worklist/actions", json=order).status_code == 422
    assert {one["status"] for one in _now(dispatcher, outages)} == {"predicted"}


def test_when_the_database_goes_away_what_is_left_is_not_tried(world, three, monkeypatch):
    dispatcher, outages = three
    tried = []

    def away_at_the_second(session, **arguments):
        tried.append(arguments["outage_id"])
        if len(tried) == 2:
            raise OperationalError("SELECT 1", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("dispatch.operations.confirm_outage", away_at_the_second)
    outcomes = _do(dispatcher, outages, "confirm")
    assert [one["is_done"] for one in outcomes] == [True, False, False]
    assert [one["error"]["code"] for one in outcomes[1:]] == ["database_away"] * 2
    assert len(tried) == 2

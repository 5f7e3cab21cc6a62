"""The agent's look-up, the lists it reads, and the customer's own page, through HTTP."""

from datetime import UTC, datetime, timedelta

import pytest


def disconnect(world, *households, reason="arrears", complete=False):
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    rows = [{"account": f"A-{id}", "since": at, "reason": reason} for id in households]
    address = f"/api/disconnections?complete={str(complete).lower()}"
    answer = world.client("billing_system").post(address, json=rows)
    assert answer.status_code == 200, answer.text
    return answer.json()


def plan(world, *, device, text="New cables"):
    now = datetime.now(UTC)
    order = {
        "device": device,
        "starts_at": (now - timedelta(minutes=5)).isoformat(),
        "ends_at": (now + timedelta(hours=2)).isoformat(),
        "text": text,
    }
    answer = world.client("supervisor").post("/api/planned-outages", json=order)
    assert answer.status_code == 201, answer.text
    return answer.json()


def look_up(client, **caller):
    answer = client.post("/api/calls/look-up", json=caller)
    assert answer.status_code == 200, answer.text
    return answer.json()["answers"]


def test_an_agent_is_told_what_to_say_in_both_languages(world):
    disconnect(world, "a1")
    plan(world, device="T2", text="New cables 换电缆")
    agent = world.client("agent")
    (arrears,) = look_up(agent, account="A-a1")
    assert (arrears["code"], arrears["take_report"]) == ("disconnected", False)
    assert "bills are unpaid" in arrears["texts"]["en"]
    assert "欠费" in arrears["texts"]["zh"]
    (planned,) = look_up(agent, meter="M-b2")
    assert planned["code"] == "planned_outage"
    assert all("New cables 换电缆" in text for text in planned["texts"].values())
    (unknown,) = look_up(agent, address="c1 Street 1")
    assert (unknown["service_point"], unknown["code"], unknown["take_report"]) == (
        "c1",
        "nothing_known",
        True,
    )


@pytest.mark.parametrize("reason", ["arrears", "requested", "unsafe"])
def test_every_reason_has_its_words(world, reason):
    disconnect(world, "a1", reason=reason)
    (answer,) = look_up(world.client("agent"), account="A-a1")
    assert answer["values"]["reason"] == reason
    assert all(answer["texts"].values())


def test_a_known_outage_is_told_before_and_after_it_is_confirmed(world, desk):
    agent = world.client("agent")
    desk.lose("a1", "a2", "a3")
    (probable,) = look_up(agent, account="A-a1")
    assert (probable["code"], probable["take_report"]) == ("known_outage", True)
    assert "probably" in probable["texts"]["en"]
    desk.confirm()
    (certain,) = look_up(agent, account="A-a1")
    assert (certain["take_report"], certain["values"]["outage"]) == (False, desk.outage.id)


def test_an_agent_enters_calls_and_nothing_else(world):
    agent = world.client("agent")
    assert agent.post("/api/evidence", json=world.call("a1")).status_code == 200
    gasp = {**world.call("a1"), "kind": "last_gasp"}
    assert agent.post("/api/evidence", json=gasp).status_code == 403


def test_who_is_unknown_is_said_without_repeating_a_phone_number(world):
    agent = world.client("agent")
    answer = agent.post("/api/calls/look-up", json={"phone": "+1 555 777 7777"})
    assert answer.status_code == 404
    assert "777" not in answer.text
    assert agent.post("/api/calls/look-up", json={}).status_code == 422
    assert agent.post("/api/calls/look-up", json={"name": "Wang"}).status_code == 422


def test_a_list_as_csv_and_what_stands_then(world):
    billing = world.client("billing_system")
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    text = f"account,since\nA-a1,{at}\nA-none,{at}\nA-b1,yesterday\n"
    answer = billing.post("/api/disconnections", content=text, headers={"Content-Type": "text/csv"})
    taken = answer.json()
    assert (taken["disconnected"], [one["line"] for one in taken["rejected"]]) == (1, [3, 4])
    listed = world.client("agent").get("/api/disconnections").json()["disconnections"]
    assert [one["service_point"] for one in listed] == ["a1"]
    assert disconnect(world, "a2", complete=True)["reconnected"] == 1


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{}", b"not json", b"[" * 100_000])
def test_a_list_that_cannot_be_read_is_refused_whole(world, body):
    answer = world.client("billing_system").post("/api/disconnections", content=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed")


def test_planned_outages_are_moved_and_called_off(world):
    dispatcher = world.client("dispatcher")
    planned = plan(world, device="T1")
    address = f"/api/planned-outages/{planned['id']}"
    later = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    moved = dispatcher.post(f"{address}/times", json={"ends_at": later})
    assert moved.status_code == 200, moved.text
    assert dispatcher.post(f"{address}/cancel").status_code == 422
    assert dispatcher.post(f"{address}/cancel", json={"reason": "Rain."}).json()["cancelled_at"]
    assert dispatcher.post(f"{address}/cancel", json={"reason": "Rain."}).status_code == 409
    listed = world.client("agent").get("/api/planned-outages").json()["planned_outages"]
    assert [one["id"] for one in listed] == [planned["id"]]


def test_the_own_page_says_the_same_and_the_report_makes_no_outage(world, visitor):
    disconnect(world, "a1")
    plan(world, device="T2")
    for household, words in (("a1", "bills are unpaid"), ("b1", "planned work")):
        client = visitor(household)
        sent = client.post("/supply/report", data={"token": f"t-{household}"})
        assert sent.status_code == 303
        assert words in client.get(sent.headers["location"]).text
        mine = client.get("/supply/mine").text
        assert "switched off on purpose" in mine
        assert words in mine
    assert "switched off on purpose" not in visitor("c1").get("/supply/mine").text
    world.analyse()
    assert world.client("dispatcher").get("/api/outages").json()["outages"] == []


def test_nobody_learns_by_an_address_that_a_neighbour_owes_money(world, visitor):
    disconnect(world, "a1")
    client = visitor()
    sent = client.post("/supply/report", data={"token": "t", "address": "a1 Street 1"})
    assert "unpaid" not in client.get(sent.headers["location"]).text


def test_where_calls_came_from_is_told_to_the_desk_without_anything_personal(world):
    take = {"id": "call-1", "at": datetime.now(UTC).isoformat(), "service_point": "a1"}
    assert world.client("agent").post("/api/calls", json=take).status_code == 200
    sight = {"west": 11.3, "south": 53.5, "east": 11.5, "north": 53.7}
    answer = world.client("dispatcher").get("/api/calls/marks", params=sight)
    (mark,) = answer.json()["marks"]
    assert (mark["service_point"], mark["kind"], mark["calls"], mark["outage_id"]) == ("a1", "out", 1, None)
    assert (mark["lon"], mark["lat"]) == (11.42, 53.635)
    assert (answer.json()["households"], answer.json()["calls"]) == (1, 1)
    for personal in ("Household", "住户", "555", "Street", "A-a1", "M-a1"):
        assert personal not in answer.text
    elsewhere = world.client("supervisor").get("/api/calls/marks", params={**sight, "west": 11.45})
    assert elsewhere.json() == {"marks": [], "households": 0, "calls": 0}
    # Nothing of a household is in what live pages follow.
    changes = world.client("dispatcher").get("/api/snapshot").text
    assert "call-1" not in changes


def test_a_sight_that_is_none_is_refused(world):
    sight = {"west": -181, "south": 53.5, "east": "far", "north": 53.7}
    assert world.client("dispatcher").get("/api/calls/marks", params=sight).status_code == 422
    near = {"west": 11.3, "south": 53.5, "east": 11.5, "north": 53.7}
    for name in ("agent", "crew", "customer"):
        assert world.client(name).get("/api/calls/marks", params=near).status_code == 403

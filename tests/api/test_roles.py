"""Every route with every role, against the table below; and what becomes of a route that declares nothing."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, Route

from api.roles import UndeclaredRouteError, check_declared, declared_access

EVERYBODY = {
    "anonymous",
    "dispatcher",
    "supervisor",
    "crew",
    "customer",
    "meter_system",
    "agent",
    "billing_system",
    "vehicle_system",
    "guest_crew",
}
SIGNED_IN = EVERYBODY - {"anonymous"}
DESK = {"dispatcher", "supervisor"}
# A crew of another company does what ours does on its own jobs, and nothing else.
FIELD = {"crew", "guest_crew"}

# Who may use what. A new route has to be written here by hand, and thought about.
TABLE = {
    ("GET", "/"): EVERYBODY,
    ("GET", "/docs"): EVERYBODY,
    ("GET", "/docs/oauth2-redirect"): EVERYBODY,
    ("GET", "/openapi.json"): EVERYBODY,
    ("GET", "/static-offline-docs"): EVERYBODY,
    ("GET", "/welcome/{token}"): EVERYBODY,
    ("POST", "/welcome/{token}"): EVERYBODY,
    ("GET", "/dispatcher"): EVERYBODY,
    ("GET", "/crew"): EVERYBODY,
    ("GET", "/assets"): EVERYBODY,
    # The customer's pages let in by a pass of their own: tests/api/test_supply_pages.py.
    ("GET", "/supply"): EVERYBODY,
    ("POST", "/supply"): EVERYBODY,
    ("POST", "/supply/leave"): EVERYBODY,
    ("GET", "/supply/mine"): EVERYBODY,
    ("GET", "/supply/report"): EVERYBODY,
    ("POST", "/supply/report"): EVERYBODY,
    ("GET", "/supply/reported"): EVERYBODY,
    ("GET", "/supply/stream"): EVERYBODY,
    ("GET", "/supply/status"): EVERYBODY,
    ("POST", "/supply/here"): EVERYBODY,
    ("GET", "/map"): EVERYBODY,
    ("GET", "/map/"): EVERYBODY,
    ("GET", "/map/{name}"): EVERYBODY,
    ("GET", "/supply/messages"): EVERYBODY,
    ("POST", "/supply/messages"): EVERYBODY,
    ("POST", "/supply/messages/calendar"): EVERYBODY,
    ("POST", "/supply/messages/confirm"): EVERYBODY,
    ("POST", "/supply/messages/push"): EVERYBODY,
    ("POST", "/supply/messages/push/leave"): EVERYBODY,
    ("GET", "/supply/push/worker.js"): EVERYBODY,
    # Let in by a secret or a signature in the address: tests/api/test_supply_messages.py.
    ("GET", "/supply/calendar/{token}.ics"): EVERYBODY,
    ("GET", "/supply/stop/{token}"): EVERYBODY,
    ("POST", "/supply/stop/{token}"): EVERYBODY,
    ("GET", "/supply/go/{token}"): EVERYBODY,
    ("GET", "/supply/{name:path}"): EVERYBODY,
    ("GET", "/api/health"): EVERYBODY,
    ("POST", "/api/sign-in"): EVERYBODY,
    ("POST", "/api/sign-out"): SIGNED_IN,
    ("GET", "/api/me"): SIGNED_IN,
    ("GET", "/api/clock"): SIGNED_IN,
    ("GET", "/api/network"): DESK | FIELD,
    ("GET", "/api/network/devices/{device:path}"): DESK,
    ("GET", "/api/network/worklist"): DESK,
    ("GET", "/api/network/dead-lines"): DESK,
    ("GET", "/api/network/traces/{device:path}"): DESK,
    ("GET", "/api/worklist"): DESK,
    ("POST", "/api/worklist/actions"): DESK,
    ("GET", "/api/search"): DESK | {"agent"},
    ("GET", "/api/tiles/{network_version}/{z}/{x}/{y}.mvt"): DESK | FIELD,
    ("GET", "/api/base-map"): DESK | FIELD,
    ("GET", "/api/base-map/{made}/{z}/{x}/{y}"): DESK | FIELD,
    ("POST", "/api/evidence"): SIGNED_IN - {"billing_system", "vehicle_system", "guest_crew"},
    ("POST", "/api/evidence/batch"): DESK | {"meter_system"},
    ("GET", "/api/replay"): DESK,
    ("GET", "/api/replay/changes"): DESK,
    ("GET", "/api/replay/curve"): DESK,
    ("GET", "/api/replay/outages/{outage_id}/area"): DESK,
    ("GET", "/api/replay/outages/{outage_id}/promises"): DESK,
    ("GET", "/api/outages"): DESK,
    ("GET", "/api/outages/{outage_id}"): DESK,
    ("GET", "/api/outages/{outage_id}/affected"): DESK,
    ("GET", "/api/outages/{outage_id}/history"): DESK,
    ("GET", "/api/outages/{outage_id}/crews"): DESK,
    ("GET", "/api/outages/{outage_id}/photographed-calls"): DESK,
    ("GET", "/api/outages/{outage_id}/danger-word"): DESK,
    ("POST", "/api/outages/{outage_id}/danger-word"): DESK,
    ("GET", "/api/outages/{outage_id}/damage"): DESK,
    ("POST", "/api/outages/{outage_id}/damage"): DESK | FIELD,
    ("GET", "/api/hazards"): DESK | {"agent"},
    ("POST", "/api/hazards"): DESK | {"agent", "crew"},
    ("GET", "/api/hazards/{hazard_id}"): DESK,
    ("GET", "/api/hazards/{hazard_id}/crews"): DESK,
    ("POST", "/api/hazards/{hazard_id}/acknowledge"): DESK,
    ("POST", "/api/hazards/{hazard_id}/level"): DESK,
    ("POST", "/api/hazards/{hazard_id}/authority-waits"): DESK | {"agent", "crew"},
    ("POST", "/api/hazards/{hazard_id}/authority-relieved"): DESK | FIELD,
    ("POST", "/api/hazards/{hazard_id}/assign"): DESK,
    ("POST", "/api/hazards/{hazard_id}/recall"): DESK,
    ("POST", "/api/hazards/{hazard_id}/finding"): DESK,
    ("POST", "/api/hazards/{hazard_id}/photos"): DESK | FIELD,
    ("POST", "/api/hazards/{hazard_id}/close"): DESK,
    ("GET", "/api/photos/{photo_id}"): DESK | FIELD,
    ("PUT", "/api/photos/{photo_id}"): DESK | FIELD,
    ("GET", "/api/photos/{photo_id}/parts"): DESK | FIELD,
    ("PUT", "/api/photos/{photo_id}/parts"): DESK | FIELD,
    ("GET", "/api/outages/{outage_id}/crews/{crew_id}/route"): DESK,
    ("GET", "/api/road-closures"): DESK | FIELD,
    ("POST", "/api/road-closures"): DESK,
    ("POST", "/api/road-closures/{closure_id}/lift"): DESK,
    ("GET", "/api/jobs/{job_id}/route"): FIELD,
    ("GET", "/api/jobs/mine/packages"): FIELD,
    ("POST", "/api/jobs/{job_id}/materials"): FIELD,
    ("GET", "/api/jobs/{job_id}/supply"): FIELD,
    ("POST", "/api/jobs/{job_id}/supply"): FIELD,
    ("GET", "/api/outages/{outage_id}/area"): DESK,
    ("GET", "/api/outages/{outage_id}/proposals"): DESK,
    ("POST", "/api/outages/{outage_id}/proposals/take"): DESK,
    ("GET", "/api/switching/state"): DESK,
    ("POST", "/api/switching/rehearse"): DESK,
    ("GET", "/api/switching-orders"): DESK | {"crew"},
    ("POST", "/api/switching-orders"): DESK,
    ("GET", "/api/switching-orders/{order_id}"): DESK | {"crew"},
    ("GET", "/api/switching-orders/{order_id}/preview"): DESK,
    ("POST", "/api/switching-orders/{order_id}/steps"): DESK,
    ("POST", "/api/switching-orders/{order_id}/approve"): DESK,
    ("POST", "/api/switching-orders/{order_id}/return"): DESK,
    ("POST", "/api/switching-orders/{order_id}/cancel"): DESK,
    ("POST", "/api/switching-orders/{order_id}/steps/{number}/instruct"): DESK,
    ("POST", "/api/switching-orders/{order_id}/steps/{number}/execute"): DESK,
    ("GET", "/api/tags"): DESK | {"crew"},
    ("POST", "/api/tags"): DESK,
    ("POST", "/api/tags/{tag_id}/remove"): DESK,
    ("POST", "/api/outages/{outage_id}/confirm"): DESK,
    ("POST", "/api/outages/{outage_id}/dismiss"): DESK,
    ("POST", "/api/outages/{outage_id}/assign"): DESK,
    ("POST", "/api/outages/{outage_id}/reassign"): DESK,
    ("POST", "/api/outages/{outage_id}/recall"): DESK,
    ("POST", "/api/outages/{outage_id}/etr"): DESK,
    ("GET", "/api/outages/{outage_id}/etr"): DESK,
    ("GET", "/api/etr/lapsing"): DESK,
    ("GET", "/api/etr/scores"): DESK,
    ("POST", "/api/outages/{outage_id}/restore"): DESK,
    ("POST", "/api/outages/{outage_id}/close"): DESK,
    ("POST", "/api/outages/{outage_id}/device"): DESK,
    ("POST", "/api/outages/{outage_id}/split"): DESK,
    ("POST", "/api/outages/{outage_id}/merge"): DESK,
    ("POST", "/api/outages/{outage_id}/reopen"): DESK,
    ("GET", "/api/outages/{outage_id}/verification"): DESK,
    ("POST", "/api/outages/{outage_id}/call-backs"): DESK,
    ("GET", "/api/incidents"): DESK,
    ("POST", "/api/incidents"): DESK,
    ("GET", "/api/incidents/{incident_id}"): DESK,
    ("POST", "/api/incidents/{incident_id}/add"): DESK,
    ("POST", "/api/incidents/{incident_id}/remove"): DESK,
    ("POST", "/api/incidents/{incident_id}/close"): DESK,
    ("GET", "/api/outages/{outage_id}/interruptions"): DESK,
    ("POST", "/api/outages/{outage_id}/interruptions/correct"): DESK,
    ("GET", "/api/service-points/{service_point}/interruptions"): DESK,
    ("GET", "/api/crews"): DESK,
    ("POST", "/api/crews"): {"supervisor"},
    ("GET", "/api/crews/mine"): FIELD,
    ("GET", "/api/crews/{crew_id}"): DESK | {"crew"},
    ("PATCH", "/api/crews/{crew_id}"): {"supervisor"},
    ("PUT", "/api/crews/{crew_id}/members"): {"supervisor"},
    ("PUT", "/api/crews/{crew_id}/shifts"): DESK,
    ("POST", "/api/crews/{crew_id}/off-duty"): DESK,
    ("POST", "/api/crews/{crew_id}/on-duty"): DESK,
    ("GET", "/api/guest-crews"): DESK,
    ("POST", "/api/guest-crews"): DESK,
    ("POST", "/api/guest-crews/{crew_id}/link"): DESK,
    ("POST", "/api/guest-crews/{crew_id}/end"): DESK,
    # By the token of a link: tests/api/test_guest_crews.py.
    ("POST", "/api/guest-sign-in"): EVERYBODY,
    ("GET", "/api/duty-rules"): DESK,
    ("PUT", "/api/duty-rules"): {"supervisor"},
    ("POST", "/api/crews/{crew_id}/position"): DESK | FIELD,
    ("POST", "/api/positions"): {"vehicle_system"},
    ("GET", "/api/jobs/mine"): FIELD,
    ("GET", "/api/jobs/mine/stream"): FIELD,
    ("POST", "/api/jobs/{job_id}/progress"): FIELD,
    ("GET", "/api/changes"): DESK,
    ("GET", "/api/changes/stream"): DESK,
    ("GET", "/api/snapshot"): DESK,
    ("GET", "/api/snapshot/first-view"): DESK,
    ("GET", "/api/snapshot/interruptions"): DESK,
    ("GET", "/api/my-supply"): {"customer"},
    ("GET", "/api/my-subscriptions"): {"customer"},
    ("PUT", "/api/my-subscriptions"): {"customer"},
    ("POST", "/api/my-subscriptions/calendar"): {"customer"},
    ("POST", "/api/my-subscriptions/confirm"): {"customer"},
    ("PUT", "/api/my-subscriptions/web-push"): {"customer"},
    ("DELETE", "/api/my-subscriptions/web-push"): {"customer"},
    ("GET", "/api/notifications"): DESK,
    ("GET", "/api/notifications/dead"): DESK,
    ("POST", "/api/notifications/send-again"): DESK,
    # By a token of its own: tests/api/test_incoming_replies.py.
    ("POST", "/api/messages/incoming"): EVERYBODY,
    ("GET", "/api/reliability"): DESK,
    ("GET", "/api/reliability/report"): DESK,
    ("GET", "/api/reliability/parts.csv"): DESK,
    ("GET", "/api/repeats"): DESK,
    ("POST", "/api/repeats/{repeat_id}/look-at"): DESK,
    ("POST", "/api/repeats/{repeat_id}/close"): DESK,
    ("GET", "/api/demo/autopilot"): DESK,
    ("POST", "/api/demo/autopilot"): DESK,
    ("GET", "/api/notifications/summary"): DESK,
    ("POST", "/api/pings"): DESK,
    ("GET", "/api/pings"): DESK,
    ("POST", "/api/calls/look-up"): DESK | {"agent"},
    ("POST", "/api/calls"): DESK | {"agent"},
    ("GET", "/api/calls/marks"): DESK,
    ("GET", "/api/calls/households/{service_point:path}"): DESK | {"agent"},
    ("GET", "/api/storm"): DESK,
    ("GET", "/api/reports/storm"): DESK,
    ("GET", "/api/reports/outages/{outage_id}"): DESK,
    ("POST", "/api/disconnections"): {"billing_system", "supervisor"},
    ("GET", "/api/disconnections"): {"agent", "billing_system", "supervisor"},
    ("GET", "/api/plan"): DESK,
    ("POST", "/api/plan/assign"): DESK,
    ("POST", "/api/plan/orders"): DESK,
    ("POST", "/api/plan/orders/{order_id}/withdraw"): DESK,
    ("GET", "/api/promises"): DESK,
    ("GET", "/api/promises/rules"): DESK,
    ("GET", "/api/promises/breaches"): DESK,
    ("GET", "/api/promises/areas"): DESK,
    ("POST", "/api/promises/areas/feeders"): {"supervisor"},
    ("POST", "/api/promises/areas/polygons"): {"supervisor"},
    ("GET", "/api/outages/{outage_id}/promises"): DESK,
    ("POST", "/api/outages/{outage_id}/promises/pause"): DESK,
    ("POST", "/api/outages/{outage_id}/promises/resume"): DESK,
    ("GET", "/api/planned-outages"): DESK | {"agent"},
    ("POST", "/api/planned-outages"): {"supervisor"},
    ("POST", "/api/planned-outages/{planned_outage_id}/times"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/cancel"): DESK,
    ("GET", "/api/planned-outages/rules"): DESK,
    ("POST", "/api/planned-outages/requests"): DESK,
    ("GET", "/api/planned-outages/{planned_outage_id}"): DESK | {"agent"},
    ("GET", "/api/planned-outages/{planned_outage_id}/changes"): DESK | {"agent"},
    ("GET", "/api/planned-outages/{planned_outage_id}/versions"): DESK,
    ("GET", "/api/planned-outages/{planned_outage_id}/conflicts"): DESK,
    ("GET", "/api/planned-outages/{planned_outage_id}/notices"): DESK,
    ("GET", "/api/planned-outages/{planned_outage_id}/notices/{notice_id}/messages"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/amend"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/study"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/approve"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/return"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/publish"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/begin"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/end"): DESK,
    ("POST", "/api/planned-outages/{planned_outage_id}/close"): DESK,
}
# Signing out ends the session that the walk still needs; a stream does not end by itself.
NOT_ASKED = {
    ("POST", "/api/sign-out"),
    ("GET", "/api/changes/stream"),
    ("GET", "/api/jobs/mine/stream"),
}


def _routes(app):
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        for method in sorted((getattr(route, "methods", None) or {"GET"}) - {"HEAD"}):
            yield (method, route.path), route


def _address(path):
    values = {
        "{device:path}": "B1",
        "{network_version}": "1",
        "{z}": "0",
        "{x}": "0",
        "{y}": "0",
        "{token}": "nothing",
        "{outage_id}": "O-0",
        "{crew_id}": "C-1",
        "{job_id}": "J-0",
        "{planned_outage_id}": "P-0",
        "{notice_id}": "1",
        "{number}": "1",
    }
    for name, value in values.items():
        path = path.replace(name, value)
    return path


def test_the_table_names_every_route_and_no_other(world):
    assert {key for key, _ in _routes(world.app)} == set(TABLE)


def test_every_route_is_open_to_those_in_the_table_and_closed_to_all_others(world):
    clients = {name: world.client(None if name == "anonymous" else name) for name in sorted(EVERYBODY)}
    wrong = []
    for (method, path), allowed in TABLE.items():
        if (method, path) in NOT_ASKED:
            continue
        for name, client in clients.items():
            answer = client.request(method, _address(path), content=b"{" if method == "POST" else None)
            # Whoever is let in may still be told that there is no such outage, or that this is not JSON.
            refused = 401 if name == "anonymous" else 403
            if (answer.status_code == refused) == (name in allowed) or answer.status_code == 500:
                wrong.append((method, path, name, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("key", sorted(NOT_ASKED))
def test_what_the_walk_left_out_declares_the_same(world, key):
    access = declared_access(dict(_routes(world.app))[key])
    assert not access.public
    assert set(access.roles) == TABLE[key]


def test_the_documentation_says_who_may_use_each_route(world):
    paths = world.client().get("/openapi.json").json()["paths"]
    assert paths["/api/crews"]["post"]["x-open-to"] == ["supervisor"]
    assert paths["/api/health"]["get"]["x-open-to"] == ["everybody"]


@pytest.mark.parametrize("how", ["endpoint", "router", "plain route", "mount"])
def test_a_route_that_declares_nothing_stops_the_start_and_is_refused_all_the_same(world, how):
    def forgotten():
        return "secret"

    async def plain(_request):
        return PlainTextResponse("secret")

    app = world.app
    if how == "endpoint":
        app.get("/forgotten")(forgotten)
    elif how == "router":
        router = APIRouter()
        router.get("/forgotten")(forgotten)
        app.include_router(router)
    elif how == "plain route":
        app.router.routes.append(Route("/forgotten", plain))
    else:
        mounted = FastAPI()
        mounted.get("/")(forgotten)
        app.router.routes.append(Mount("/forgotten", mounted))
    with pytest.raises(UndeclaredRouteError, match="/forgotten"):
        check_declared(context.original_route for context in iter_route_contexts(app.routes))
    for client in (world.client(), world.client("supervisor")):
        answer = client.get("/forgotten/" if how == "mount" else "/forgotten")
        assert answer.status_code == 403
        assert "secret" not in answer.text


def test_a_cookie_without_the_header_changes_nothing(world):
    client = world.client("dispatcher")
    answer = client.post("/api/outages/O-0/confirm", json={"version": 1}, headers={"X-Relight": ""})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "header_missing"
    assert client.get("/api/me", headers={"X-Relight": ""}).status_code == 200

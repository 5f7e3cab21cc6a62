"""The Autopilot keeps to its book."""

from datetime import UTC, datetime, timedelta

import pytest

from api.demo.autopilot import Autopilot, Patience
from api.demo.client import RefusedError

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
PATIENCE = Patience(settled=4, settled_alone=8, answers=10, silence=25)
RANKED = [
    {"crew_id": "unskilled", "fitting": False},
    {"crew_id": "near", "fitting": True},
    {"crew_id": "far", "fitting": True},
]


def job(status, **more):
    return {
        "id": "J-1",
        "kind": "repair",
        "crew_id": "near",
        "status": status,
        "working_at": None,
        "ended_at": None,
    } | more


def finished(*, minutes_ago, has_worked=True):
    ended_at = (NOON - timedelta(minutes=minutes_ago)).isoformat()
    return job("finished", ended_at=ended_at, working_at=ended_at if has_worked else None)


def outage(status, *, jobs=(), **more):
    return {
        "id": "O-1",
        "version": 7,
        "status": status,
        "device": "T1",
        "device_kind": "distribution",
        "service_points_out": 10,
        "customers_out": 10,
        "reports_out": 3,
        "reports_on": 0,
        "started_at": (NOON - timedelta(hours=1)).isoformat(),
        "jobs": list(jobs),
    } | more


class Desk:
    """Stands in for the HTTP interface: one outage to see, and a list of what was ordered."""

    def __init__(self):
        self.outage = outage("predicted")
        self.now = NOON
        self.is_on = True
        self.orders = []
        self.refusal = None
        self.plan = None
        self.also_waiting = []
        self.dangers = []

    def get(self, path, **_parameters):
        if path == "/api/demo/autopilot":
            return {"on": self.is_on}
        if path == "/api/hazards":
            return {"hazards": self.dangers}
        if path == "/api/plan":
            return {"plan": self.plan}
        waiting = [outage("confirmed", id=id) for id in self.also_waiting]
        return {"crews": RANKED} if path.endswith("/crews") else {"outages": [self.outage, *waiting]}

    def post(self, path, body):
        if self.refusal:
            raise self.refusal
        self.orders.append((path.rpartition("/")[2], {k: v for k, v in body.items() if k != "version"}))
        assert body.get("version") == 7 or path.startswith("/api/hazards/")


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def autopilot(desk):
    return Autopilot(client=desk, now=lambda: desk.now, patience=PATIENCE)


class TestTheAutopilot:
    @pytest.mark.parametrize(("reports", "minutes"), [(3, 4), (1, 8)])
    def test_confirms_when_the_device_has_settled(self, desk, autopilot, reports, minutes):
        desk.outage["reports_out"] = reports
        autopilot.act()
        desk.now += timedelta(minutes=minutes - 1)
        autopilot.act()
        assert desk.orders == []
        desk.now += timedelta(minutes=1)
        autopilot.act()
        assert desk.orders == [("confirm", {})]

    def test_waits_again_when_the_device_moves(self, desk, autopilot):
        autopilot.act()
        desk.now += timedelta(minutes=4)
        desk.outage["device"] = "T2"
        autopilot.act()
        assert desk.orders == []

    def test_sends_the_first_fitting_crew(self, desk, autopilot):
        desk.outage = outage("confirmed")
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "near"})]

    def test_sends_another_when_one_declines(self, desk, autopilot):
        desk.outage = outage("confirmed", jobs=[job("declined")])
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "far"})]

    def test_lets_crews_work(self, desk, autopilot):
        desk.outage = outage("confirmed", jobs=[job("working")])
        autopilot.act()
        assert desk.orders == []

    @pytest.mark.parametrize(
        ("minutes_ago", "reports_on", "is_restored"),
        [
            (1, 10, True),  # everyone answers
            (1, 1, False),  # most are silent yet
            (10, 1, True),  # somebody answered, and there was time
            (10, 0, False),
            (25, 0, True),  # no meter answers at all: the crew's word
        ],
    )
    def test_restores_when_crew_and_meters_agree(self, desk, autopilot, minutes_ago, reports_on, is_restored):
        jobs = [finished(minutes_ago=minutes_ago)]
        desk.outage = outage("confirmed", jobs=jobs, reports_on=reports_on)
        autopilot.act()
        wanted = [("restore", {"restored_at": jobs[0]["ended_at"]})] if is_restored else []
        assert desk.orders == wanted

    def test_dismisses_with_a_reason_what_nobody_finds(self, desk, autopilot):
        desk.outage = outage("confirmed", jobs=[finished(minutes_ago=25, has_worked=False)])
        autopilot.act()
        ((action, order),) = desk.orders
        assert action == "dismiss"
        assert "found nothing" in order["reason"]

    def test_closes_what_is_restored(self, desk, autopilot):
        desk.outage = outage("restored", jobs=[finished(minutes_ago=5)])
        autopilot.act()
        ((action, order),) = desk.orders
        assert (action, order["cause"]) == ("close", "lightning")

    def test_calls_back_who_is_still_under_way(self, desk, autopilot):
        desk.outage = outage("restored", jobs=[job("en_route")])
        autopilot.act()
        assert desk.orders == [("recall", {"job_id": "J-1", "reason": "Supply is back."})]

    def test_does_nothing_while_it_is_off(self, desk, autopilot):
        desk.is_on = False
        desk.outage = outage("confirmed")
        autopilot.act()
        assert desk.orders == []

    def test_looks_again_when_it_was_refused(self, desk, autopilot):
        desk.outage = outage("confirmed")
        desk.refusal = RefusedError(status=409, code="stale_version", text="somebody was faster")
        autopilot.act()
        desk.refusal = None
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "near"})]


def stop(crew, is_next, kind="repair", *, outage_id=None, hazard_id=None):
    told = {"outage_id": outage_id, "hazard_id": hazard_id, "crew_id": crew, "kind": kind}
    return told | {"job_id": None, "is_next": is_next}


def plan_with(*stops, age_minutes=1.0):
    """Return a plan of stops: the outage, its crew, and whether it may be sent now; or whole stops."""
    told = [one if isinstance(one, dict) else stop(one[1], one[2], outage_id=one[0]) for one in stops]
    return {"version": 7, "age_minutes": age_minutes, "stops": told}


class TestThePlan:
    @pytest.fixture(autouse=True)
    def _several_outages_wait(self, desk):
        desk.outage = outage("confirmed")
        desk.also_waiting = ["O-2"]

    def test_of_several_outages_the_plan_says_who_goes(self, desk, autopilot):
        desk.plan = plan_with(("O-1", "far", True), ("O-2", "far", False))
        first = {"outage_id": "O-1", "hazard_id": None, "crew_id": "far", "kind": "repair"}
        autopilot.act()
        # The second waits until its crew has done the first.
        assert desk.orders == [("assign", {"stops": [first]})]

    def test_a_look_is_taken_before_its_repair_and_is_none(self, desk, autopilot):
        desk.plan = plan_with(
            ("O-1", "far", False), stop("near", True, "assessment", outage_id="O-1"), ("O-2", "far", False)
        )
        look = {"outage_id": "O-1", "hazard_id": None, "crew_id": "near", "kind": "assessment"}
        autopilot.act()
        assert desk.orders == [("assign", {"stops": [look]})]
        # It is over: a crew is sent to mend, and nothing is restored.
        desk.orders, desk.also_waiting = [], []
        desk.outage = outage(
            "confirmed", reports_on=10, jobs=[finished(minutes_ago=30) | {"kind": "assessment"}]
        )
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "near"})]

    def test_a_plan_that_is_old_or_silent_leaves_the_ranking(self, desk, autopilot):
        nearest = [("assign", {"crew_id": "near"})] * 2
        for plan in (None, plan_with(), plan_with(("O-1", "far", True), age_minutes=16)):
            desk.orders, desk.plan = [], plan
            autopilot.act()
            assert desk.orders == nearest

    def test_one_outage_needs_no_plan(self, desk, autopilot):
        desk.also_waiting = []
        desk.plan = plan_with(("O-1", "far", True))
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "near"})]

    def test_a_refusal_leaves_it_to_the_next_turn(self, desk, autopilot):
        desk.plan = plan_with(("O-1", "far", True), ("O-2", "far", False))
        desk.refusal = RefusedError(status=409, code="stale_plan", text="no")
        autopilot.act()
        desk.refusal = None
        autopilot.act()
        assert [name for name, _ in desk.orders] == ["assign"]


class TestDangers:
    DANGER = {"id": "H-1", "made_safe_at": None, "missing": ["outcome"], "jobs": []}  # noqa: RUF012 - constant

    def test_one_alone_has_the_first_fitting_crew_sent(self, desk, autopilot):
        desk.dangers = [self.DANGER]
        autopilot.act()
        assert desk.orders == [("assign", {"crew_id": "near"})]
        desk.orders, desk.dangers = [], [self.DANGER | {"jobs": [job("en_route")]}]
        autopilot.act()
        assert desk.orders == []

    def test_beside_an_outage_the_plan_says_who_goes(self, desk, autopilot):
        desk.dangers, desk.outage = [self.DANGER], outage("confirmed")
        desk.plan = plan_with(stop("far", True, "make_safe", hazard_id="H-1"), ("O-1", "far", False))
        wanted = {"outage_id": None, "hazard_id": "H-1", "crew_id": "far", "kind": "make_safe"}
        autopilot.act()
        assert desk.orders == [("assign", {"stops": [wanted]})]

    def test_made_safe_it_is_closed_once_nothing_is_missing(self, desk, autopilot):
        safe = self.DANGER | {"made_safe_at": NOON.isoformat()}
        desk.dangers = [safe]
        autopilot.act()
        assert desk.orders == []
        desk.dangers = [safe | {"missing": []}]
        autopilot.act()
        assert [name for name, _ in desk.orders] == ["close"]

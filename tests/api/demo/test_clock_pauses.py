"""The Autopilot pauses promise clocks while every way is closed, and lets them go on once a crew can come."""

from api.demo.client import RefusedError
from api.demo.clock_pauses import ClockPauses

CUT_OFF = {"crew_id": "a", "fitting": False, "reasons": [{"code": "unreachable_roads_closed"}]}
UNSKILLED = {"crew_id": "b", "fitting": False, "reasons": [{"code": "missing_skill"}]}
FITTING = {"crew_id": "c", "fitting": True, "reasons": [{"code": "travel_by_road"}]}


class Desk:
    def __init__(self, refusal=None):
        self.orders = []
        self.refusal = refusal

    def post(self, path, body=None):
        self.orders.append((path.rpartition("/")[2], (body or {}).get("reason")))
        if self.refusal is not None:
            raise self.refusal


def test_clocks_stand_still_from_when_every_way_is_closed_until_a_crew_can_come():
    desk = Desk()
    pauses = ClockPauses(desk)
    for ranked in ([FITTING, CUT_OFF], [CUT_OFF, UNSKILLED], [CUT_OFF, UNSKILLED], [FITTING], [FITTING]):
        pauses.heed("O-1", ranked)
    assert desk.orders == [("pause", "road_blocked"), ("resume", None)]


def test_a_crew_that_somebody_sent_all_the_same_lets_them_go_on():
    desk = Desk()
    pauses = ClockPauses(desk)
    pauses.go_on("O-1")
    pauses.heed("O-1", [CUT_OFF])
    pauses.go_on("O-1")
    pauses.go_on("O-1")
    assert desk.orders == [("pause", "road_blocked"), ("resume", None)]


def test_a_missing_skill_is_no_reason():
    desk = Desk()
    ClockPauses(desk).heed("O-1", [UNSKILLED])
    assert desk.orders == []


def test_what_a_person_did_meanwhile_stands():
    desk = Desk(RefusedError(status=409, code="conflict", text="paused already"))
    pauses = ClockPauses(desk)
    pauses.heed("O-1", [CUT_OFF])
    pauses.heed("O-1", [CUT_OFF])
    assert len(desk.orders) == 1

"""The life of a planned outage: who may do what, whom it concerns, what conflicts, what is refused."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.call_tables import PlannedOutageRow
from dispatch.calls import known_reason
from dispatch.errors import (
    Because,
    Conflict,
    IllegalTransition,
    InvalidInput,
    PlannedConflicts,
    StaleVersion,
    UnknownThing,
)
from dispatch.planned_conflicts import planned_conflicts
from dispatch.planned_execution import begin_planned_outage, end_planned_outage
from dispatch.planned_extent import lost_by
from dispatch.planned_life import (
    amend_planned_outage,
    approve_planned_outage,
    cancel_planned_outage,
    close_planned_outage,
    publish_planned_outage,
    request_planned_outage,
    return_planned_outage,
    study_planned_outage,
)
from dispatch.planned_outages import list_planned_outages, move_planned_outage, planned_outage_now
from dispatch.planned_rules import default_planned_rules, planned_rules
from dispatch.planned_rules_store import put_planned_rules_in_force
from dispatch.planned_states import PlannedWork
from dispatch.planned_views import get_planned_outage, planned_changes, planned_versions
from dispatch.planned_watch import keep_planned_outages, planned_outages_due
from dispatch.states import SwitchingKind
from dispatch.switch_tags import place_tag
from dispatch.switching_orders import approve_order, cancel_order, draft_order, get_order
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from dispatch.transactions import read_transaction
from gis.network_versions import activate_network_version, import_network
from topology.switching_step import CloseDevice, OpenDevice

BERLIN = ZoneInfo("Europe/Berlin")

#   S ─B1─ N1 ─SW1─ N2 ─SW2─ N3 ─TIE─ M2 ─SW3─ M1 ─B2─ R        (the tie is normally open)
#          a        b         c       d        e
DEVICES = [
    ("B1", "breaker", "S", "N1"),
    ("SW1", "switch", "N1", "N2"),
    ("SW2", "switch", "N2", "N3"),
    ("TIE", "switch", "N3", "M2"),
    ("SW3", "switch", "M1", "M2"),
    ("B2", "breaker", "R", "M1"),
]
GROUPS = {"a": "N1", "b": "N2", "c": "N3", "d": "M2", "e": "M1"}


@dataclass
class Planner:
    """The town with a tie, and short ways to plan work in it: Wang requests, Zhao approves."""

    world: object

    def do(self, operation, planned, *, by="wang", version=None, **arguments):
        return self.world.do(operation, planned_outage_id=planned.id, version=version, actor=by, **arguments)

    def request(self, *, start_days=10.0, hours=4.0, device=None, points=(), **more):
        starts_at = self.world.now + timedelta(days=start_days)
        arguments = {
            "work": PlannedWork.PLANNED,
            "device": device,
            "service_points": points,
            "crew_id": None,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=hours),
            "text": "New cables 换电缆",
            "networks": self.world.networks,
        }
        return self.world.do(request_planned_outage, **{**arguments, **more})

    def order(self, planned, *steps):
        made = [Step(StepAction(action), device) for action, device in (step.split() for step in steps)]
        return self.world.do(
            draft_order,
            kind=SwitchingKind.PLANNED,
            steps=made,
            outage_id=None,
            planned_outage_id=planned.id,
            note=None,
            networks=self.world.networks,
        )

    def study(self, planned, **more):
        return self.do(
            study_planned_outage, planned, **{"basis": "normal", "networks": self.world.networks, **more}
        )

    def approve(self, planned, *, by="zhao", override_reason=None, **more):
        return self.do(
            approve_planned_outage,
            planned,
            by=by,
            override_reason=override_reason,
            networks=self.world.networks,
            zone=more.pop("zone", UTC),
            **more,
        )

    def approved(self, *steps, override_reason=None, **request):
        planned = self.request(**request)
        if steps:
            self.order(planned, *steps)
        self.study(planned)
        return self.approve(planned, override_reason=override_reason)

    def published(self, *steps, **request):
        return self.do(publish_planned_outage, self.approved(*steps, **request))

    def execute(self, order_id):
        """Approve an order and execute all that is left of it."""
        if get_order_status(self.world, order_id) == "draft":
            self.world.do(
                approve_order, order_id=order_id, version=None, networks=self.world.networks, actor="zhao"
            )
        for step in self.world.ask(get_order, order_id=order_id).steps:
            if step.status != "executed":
                self.step(order_id, step.number)

    def step(self, order_id, number):
        with read_transaction(self.world.engine) as session:
            shown = preview_order(session, order_id=order_id, networks=self.world.networks)
        effect = dict(shown.steps)[number]
        self.world.do(
            execute_step,
            order_id=order_id,
            number=number,
            seen=effect.digest,
            executed_at=None,
            reason="Seen.",
            networks=self.world.networks,
        )

    def keep(self):
        return self.world.do(
            lambda session, actor, now: keep_planned_outages(session, now=now) if actor else 0
        )

    def get(self, planned):
        return self.world.ask(get_planned_outage, planned_outage_id=planned.id)

    def versions(self, planned):
        return self.world.ask(planned_versions, planned_outage_id=planned.id)

    def concerned(self, planned):
        return set(self.versions(planned)[-1].service_points)

    def conflicts(self, planned, *, zone=UTC, rules=None):
        with read_transaction(self.world.engine) as session:
            found = planned_conflicts(
                session,
                row=session.get(PlannedOutageRow, planned.id),
                traced=self.world.networks.in_force(session),
                rules=rules or default_planned_rules(),
                zone=zone,
            )
        return {str(one.code): one for one in found}

    def ledger(self):
        query = (
            "SELECT service_point, kind, upper_inf(period) FROM interruption WHERE replaced_by IS NULL "
            "AND planned_outage_id IS NOT NULL ORDER BY 1"
        )
        with self.world.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


def get_order_status(world, order_id):
    return world.ask(get_order, order_id=order_id).status


def group(*letters):
    return {f"{letter}{number}" for letter in letters for number in range(1, 5)}


@pytest.fixture
def town(world, tables_of):
    tables = tables_of(DEVICES, GROUPS, sources=("S", "R"), normally_open=("TIE",))

    def put_in_force(session, actor, now):
        version = import_network(
            session, tables=tables, findings=(), source="drawn", format="text", now=now
        ).network_version
        activate_network_version(session, network_version=version, now=now)
        return version

    world.network_version = world.do(put_in_force)
    return Planner(world)


@pytest.fixture
def traced(town):
    with read_transaction(town.world.engine) as session:
        return town.world.networks.in_force(session)


class TestLife:
    def test_request_study_approve_publish_begin_end_close(self, town):
        planned = town.request(device="SW2")
        assert (planned.status, planned.service_points, planned.duration_minutes) == ("requested", 4, 240)
        assert town.study(planned).status == "studied"
        approved = town.approve(planned)
        assert (approved.status, approved.approved_by) == ("approved", "zhao")
        assert town.world.ask(planned_outage_now, service_point="c1", now=planned.starts_at) is None
        published = town.do(publish_planned_outage, planned)
        assert published.published_at == town.world.now
        found = town.world.ask(planned_outage_now, service_point="c1", now=planned.starts_at)
        assert found.id == planned.id
        town.world.now = planned.starts_at
        begun = town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        assert begun.status == "executing"
        assert town.ledger() == [(id, "planned", True) for id in sorted(group("c"))]
        town.world.later(60)
        town.do(end_planned_outage, planned, at=None)
        assert town.ledger() == [(id, "planned", False) for id in sorted(group("c"))]
        assert town.world.ask(planned_outage_now, service_point="c1", now=town.world.now) is None
        assert town.do(close_planned_outage, planned).status == "closed"
        names = [change.name for change in town.world.ask(planned_changes, planned_outage_id=planned.id)]
        assert names == [
            f"planned_outage.{name}"
            for name in ("requested", "studied", "approved", "published", "begun", "ended", "closed")
        ]

    def test_who_requested_does_not_approve(self, town):
        planned = town.request(device="SW2")
        town.study(planned)
        with pytest.raises(Conflict) as refused:
            town.approve(planned, by="wang")
        assert refused.value.because is Because.OWN_REQUEST
        assert town.get(planned).status == "studied"

    def test_the_later_of_two_is_shown_what_the_earlier_did(self, town):
        planned = town.request(device="SW2")
        town.study(planned, by="li")
        with pytest.raises(StaleVersion) as refused:
            town.study(planned, version=planned.version)
        assert [change.actor for change in refused.value.changes] == ["li"]

    def test_other_times_or_another_crew_are_approved_anew(self, town):
        planned = town.approved(device="SW2")
        moved = town.do(
            move_planned_outage,
            planned,
            starts_at=None,
            ends_at=planned.ends_at + timedelta(hours=1),
            networks=town.world.networks,
            zone=UTC,
        )
        assert (moved.status, moved.approved_by) == ("requested", None)
        amended = town.do(amend_planned_outage, planned, crew_id="north", text=None)
        assert (amended.crew_id, amended.text) == ("north", planned.text)
        with pytest.raises(UnknownThing):
            town.do(amend_planned_outage, planned, crew_id="nobody", text=None)

    def test_returned_with_a_reason_and_withdrawn(self, town):
        planned = town.approved(device="SW2")
        with pytest.raises(InvalidInput):
            town.do(return_planned_outage, planned, reason=" ")
        returned = town.do(return_planned_outage, planned, reason="Another day.")
        assert (returned.status, returned.approved_by, returned.reason) == ("requested", None, "Another day.")
        withdrawn = town.do(cancel_planned_outage, planned, reason="No material.")
        assert withdrawn.status == "withdrawn"
        with pytest.raises(IllegalTransition, match="withdrawn"):
            town.order(planned, "open SW2")
        assert town.world.messages() == []

    def test_a_call_taker_sees_what_was_published(self, town):
        town.request(device="SW2")
        known = town.published(device="SW3", start_days=20)
        listed = town.world.ask(list_planned_outages, now=town.world.now, known_only=True)
        assert [one.id for one in listed] == [known.id]
        assert len(town.world.ask(list_planned_outages, now=town.world.now)) == 2

    @pytest.mark.parametrize(
        ("wrong", "because"),
        [
            ({"hours": -1}, Because.PLANNED_ENDS_BEFORE_START),
            ({"hours": 0}, Because.PLANNED_ENDS_BEFORE_START),
            ({"start_days": -1}, Because.STARTS_IN_PAST),
            ({"hours": 32 * 24}, Because.PLANNED_TOO_LONG),
        ],
    )
    def test_times_that_cannot_be_are_refused_and_nothing_is_half_done(self, town, wrong, because):
        with pytest.raises(InvalidInput) as refused:
            town.request(device="SW2", **wrong)
        assert refused.value.because is because
        assert town.world.ask(list_planned_outages, now=town.world.now) == []


class TestExtent:
    def test_everybody_off_at_any_time_counts_also_who_is_fed_over_a_tie_in_the_end(self, town):
        planned = town.request()
        with pytest.raises(Conflict) as refused:
            town.study(planned)
        assert refused.value.because is Because.NOBODY_NAMED
        # c is off only between the two steps, b for the whole work.
        order = town.order(planned, "open SW2", "open SW1", "close TIE")
        town.study(planned)
        assert town.concerned(planned) == group("b", "c")
        town.world.do(cancel_order, order_id=order.id, version=None, reason="Better.")
        town.order(planned, "close TIE", "open SW2", "open SW1")
        assert town.get(planned).study_is_old
        town.study(planned)
        assert town.concerned(planned) == group("b")
        first, second = town.versions(planned)
        assert (first.added, second.added) == (sorted(group("b", "c")), [])
        assert second.removed == sorted(group("c"))
        assert set(first.service_points) == group("b", "c")

    def test_the_same_answer_is_no_new_version(self, town):
        planned = town.request(device="SW2")
        town.study(planned)
        town.study(planned)
        assert len(town.versions(planned)) == 1

    def test_steps_changed_after_the_study_are_studied_again_before_approval(self, town):
        planned = town.request()
        town.order(planned, "open SW2")
        town.study(planned)
        town.order(planned, "open SW3")
        with pytest.raises(Conflict) as refused:
            town.approve(planned)
        assert refused.value.because is Because.STUDY_IS_OLD
        town.study(planned)
        assert town.concerned(planned) == group("c", "d")
        assert town.approve(planned).status == "approved"

    def test_as_switched_now_others_may_be_concerned_and_a_conflict_says_so(self, town):
        moved = town.request()
        around = town.order(moved, "close TIE", "open SW2")
        town.execute(around.id)
        planned = town.request()
        town.order(planned, "open SW3")
        town.study(planned)
        assert town.concerned(planned) == group("d")
        told = town.conflicts(planned)["other_state"]
        assert (told.values["count"], told.is_hard) == (4, False)
        town.study(planned, basis="current")
        assert town.concerned(planned) == group("c", "d")

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        steps=st.lists(
            st.tuples(st.sampled_from([OpenDevice, CloseDevice]), st.sampled_from([d[0] for d in DEVICES])),
            max_size=6,
        )
    )
    def test_against_a_walk_of_each_state(self, traced, steps):
        lost, is_open = set(), {"TIE"}
        for kind, device in steps:
            is_open = is_open | {device} if kind is OpenDevice else is_open - {device}
            lost |= group(*GROUPS) - fed(is_open)
        assert lost_by(traced, [kind(device) for kind, device in steps]) == lost


def fed(is_open):
    """Walk from the two sources over what is closed, without anything of the product."""
    reached, waiting = {"S", "R"}, ["S", "R"]
    while waiting:
        here = waiting.pop()
        for device, _, one, other in DEVICES:
            if device not in is_open and here in (one, other):
                there = other if here == one else one
                if there not in reached:
                    reached.add(there)
                    waiting.append(there)
    return {id for letter, node in GROUPS.items() if node in reached for id in group(letter)}


class TestConflicts:
    def test_a_tie_that_feeds_one_section_is_dropped_by_the_work_on_the_other_side(self, town):
        first = town.approved("close TIE", "open SW2", "open SW1", start_days=10)
        planned = town.request(start_days=10.05)
        town.order(planned, "open B2")
        town.study(planned)
        told = town.conflicts(planned)["tie_dropped"]
        assert told.is_hard
        assert told.values["planned_outage"] == first.id
        assert set(told.values["service_points"]) <= group("c")
        assert told.values["count"] == 4
        with pytest.raises(PlannedConflicts) as refused:
            town.approve(planned, override_reason="I know better.")
        assert "tie_dropped" in {one["code"] for one in refused.value.conflicts}
        assert first.id in str(refused.value)
        assert town.get(planned).status == "studied"

    def test_two_isolations_that_do_not_touch_each_other_are_fine(self, town):
        town.approved("open SW2", start_days=10)
        planned = town.request(start_days=10)
        town.order(planned, "open SW3")
        town.study(planned)
        assert town.conflicts(planned) == {}

    def test_one_crew_at_two_places(self, town):
        first = town.approved(device="SW2", crew_id="north")
        planned = town.request(device="SW3", crew_id="north", start_days=10.1)
        town.study(planned)
        told = town.conflicts(planned)["crew_twice"]
        assert (told.values["crew"], told.values["planned_outage"], told.is_hard) == ("north", first.id, True)
        after = town.request(device="SW3", crew_id="north", start_days=11)
        town.study(after)
        assert "crew_twice" not in town.conflicts(after)

    def test_the_same_customer_again_needs_a_reason_which_is_kept(self, town):
        first = town.approved(device="SW2", start_days=10)
        planned = town.request(device="SW1", start_days=40)
        town.study(planned)
        with pytest.raises(PlannedConflicts) as refused:
            town.approve(planned)
        (told,) = refused.value.conflicts
        assert (told["code"], told["is_hard"]) == ("customer_again", False)
        assert told["values"] | {"starts_at": None} == {
            "planned_outage": first.id,
            "starts_at": None,
            "count": 4,
            "service_points": ["c1", "c2", "c3", "c4"],
            "months": 2,
        }
        approved = town.approve(planned, override_reason="The pole is rotten.")
        assert approved.overridden_because == "The pole is rotten."
        last = town.world.ask(planned_changes, planned_outage_id=planned.id)[-1]
        assert [one["code"] for one in last.data["overridden"]] == ["customer_again"]
        far = town.request(device="SW2", start_days=130)
        town.study(far)
        assert town.approve(far).overridden_because is None

    def test_a_tag_on_a_device_of_the_order(self, town):
        planned = town.request()
        order = town.order(planned, "open SW2")
        with read_transaction(town.world.engine) as session:
            traced = town.world.networks.in_force(session)
        tag = town.world.do(place_tag, device="SW2", kind="hold", note=None, traced=traced)
        town.study(planned)
        told = town.conflicts(planned)["tag_clash"].values
        assert told == {
            "tag": tag.id,
            "kind": "hold",
            "device": "SW2",
            "actor": "wang",
            "order": order.id,
            "number": 1,
        }

    def test_protected_days_and_a_change_of_clocks(self, town):
        rules = planned_rules(
            {
                **default_planned_rules().document,
                "protected": [{"name": "the fair", "from": "2026-12-03", "until": "2026-12-04"}],
            }
        )
        planned = town.request(device="SW2", start_days=10)
        told = town.conflicts(planned, rules=rules)["protected_date"]
        assert (told.values, told.is_hard) == ({"name": "the fair"}, False)
        until_spring = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
        town.do(
            move_planned_outage,
            planned,
            starts_at=until_spring,
            ends_at=until_spring + timedelta(hours=2),
            networks=town.world.networks,
            zone=BERLIN,
        )
        told = town.conflicts(planned, zone=BERLIN)["clock_change"]
        assert (told.values["minutes"], told.is_remark) == (120, True)
        town.study(planned)
        assert town.approve(planned, zone=BERLIN).status == "approved"


class TestWork:
    def test_its_orders_begin_and_end_it_and_the_steps_write_the_ledger(self, town):
        planned = town.published("open SW2", "close SW2")
        (order,) = planned.orders
        with pytest.raises(Conflict) as refused:
            town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        assert refused.value.because is Because.SWITCHED_BY_ORDER
        town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
        town.world.now = planned.starts_at + timedelta(minutes=3)
        town.step(order, 1)
        assert town.keep() == 1
        begun = town.get(planned)
        assert (begun.status, begun.begun_at) == ("executing", town.world.now)
        assert town.ledger() == [(id, "planned", True) for id in sorted(group("c"))]
        with pytest.raises(Conflict) as refused:
            town.do(end_planned_outage, planned, at=None)
        assert refused.value.because is Because.STILL_WITHOUT_SUPPLY
        town.world.later(30)
        town.step(order, 2)
        town.keep()
        ended = town.get(planned)
        assert (ended.status, ended.ended_at) == ("ended", town.world.now)
        assert not town.world.do(lambda session, actor, now: planned_outages_due(session, now=now) and actor)

    def test_work_at_short_notice_is_that_in_the_ledger_also_by_an_order(self, town):
        planned = town.published("open SW2", "close SW2", work=PlannedWork.TEMPORARY)
        (order,) = planned.orders
        town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
        town.world.now = planned.starts_at
        town.step(order, 1)
        assert {row[1] for row in town.ledger()} == {"temporary"}

    def test_a_fault_meanwhile_keeps_its_own(self, town):
        planned = town.published(points=["c1", "c2"], start_days=8, work=PlannedWork.TEMPORARY)
        town.world.now = planned.starts_at
        town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        assert town.ledger() == [("c1", "temporary", True), ("c2", "temporary", True)]
        town.world.later(5)
        with pytest.raises(InvalidInput):
            town.do(end_planned_outage, planned, at=planned.starts_at - timedelta(hours=1))
        with pytest.raises(InvalidInput):
            town.do(end_planned_outage, planned, at=town.world.now + timedelta(hours=1))
        town.do(end_planned_outage, planned, at=town.world.now - timedelta(minutes=1))
        assert [row[2] for row in town.ledger()] == [False, False]

    def test_past_its_end_it_overruns_and_calls_are_faults_again(self, town):
        planned = town.published(device="SW2", start_days=8)
        town.world.now = planned.starts_at
        town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        town.world.report(("trouble_call", "c1"))
        assert town.world.outages() == []
        town.world.now = planned.ends_at + timedelta(minutes=1)
        town.keep()
        assert town.get(planned).overrun_at == town.world.now
        town.world.report(("trouble_call", "c2"), ("trouble_call", "c3"))
        assert len(town.world.outages()) >= 1
        longer = town.do(
            move_planned_outage,
            planned,
            starts_at=None,
            ends_at=town.world.now + timedelta(hours=1),
            networks=town.world.networks,
            zone=UTC,
        )
        assert longer.overrun_at is None
        assert town.world.outages() == []

    def test_what_customers_were_told_for_later_does_not_begin_before_it_is_moved(self, town):
        planned = town.published(device="SW2", start_days=8)
        town.world.now = planned.starts_at - timedelta(hours=2)
        with pytest.raises(Conflict) as refused:
            town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        assert refused.value.because is Because.BEGINS_TOO_EARLY
        assert town.ledger() == []

    def test_once_begun_only_its_end_moves(self, town):
        planned = town.published(device="SW2", start_days=8)
        town.world.now = planned.starts_at
        town.do(begin_planned_outage, planned, at=None, networks=town.world.networks)
        with pytest.raises(InvalidInput) as refused:
            town.do(
                move_planned_outage,
                planned,
                starts_at=planned.starts_at + timedelta(minutes=10),
                ends_at=None,
                networks=town.world.networks,
                zone=UTC,
            )
        assert refused.value.because is Because.BEGUN_ALREADY


def test_rules_told_are_those_in_force(town):
    told = planned_rules({**default_planned_rules().document, "version": "own"})
    assert town.world.do(put_planned_rules_in_force, rules=told)
    assert not town.world.do(put_planned_rules_in_force, rules=told)


def test_past_its_end_switched_off_by_its_order_calls_are_taken_and_counted_with_the_alarm(town):
    planned = town.published("open SW2", "close SW2")
    (order,) = planned.orders
    town.world.do(approve_order, order_id=order, version=None, networks=town.world.networks, actor="zhao")
    town.world.now = planned.starts_at
    town.step(order, 1)
    town.keep()
    town.world.later(10)
    town.world.report(("trouble_call", "c1"))
    assert town.world.outages() == []
    town.world.now = planned.ends_at + timedelta(minutes=5)
    town.keep()
    town.world.report(("trouble_call", "c1"), ("trouble_call", "c2"))
    assert town.get(planned).calls_after_end == 2
    told = town.world.ask(known_reason, service_point="c3", now=town.world.now)
    assert (told.code, told.take_report) == ("planned_overrun", True)
    assert town.world.ask(known_reason, service_point="a1", now=town.world.now) is None

"""A town with a tie between two feeders, and short ways to plan work in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta

from sqlalchemy import text

from dispatch.call_tables import PlannedOutageRow
from dispatch.planned_conflicts import planned_conflicts
from dispatch.planned_life import (
    approve_planned_outage,
    publish_planned_outage,
    request_planned_outage,
    study_planned_outage,
)
from dispatch.planned_rules import default_planned_rules
from dispatch.planned_states import PlannedWork
from dispatch.planned_views import get_planned_outage, planned_versions
from dispatch.planned_watch import keep_planned_outages
from dispatch.states import SwitchingKind
from dispatch.switching_orders import approve_order, draft_order, get_order
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from dispatch.transactions import read_transaction
from gis.network_versions import activate_network_version, import_network

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
        if self.world.ask(get_order, order_id=order_id).status == "draft":
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


def group(*letters):
    return {f"{letter}{number}" for letter in letters for number in range(1, 5)}


def town_with_tie(world, tables_of):
    """Put the town in force in a world, and return who plans there."""
    tables = tables_of(DEVICES, GROUPS, sources=("S", "R"), normally_open=("TIE",))

    def put_in_force(session, actor, now):
        version = import_network(
            session, tables=tables, findings=(), source="drawn", format="text", now=now
        ).network_version
        activate_network_version(session, network_version=version, now=now)
        return version

    world.network_version = world.do(put_in_force)
    return Planner(world)

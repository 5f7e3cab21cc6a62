"""What the dispatch desk and a crew do to an outage, and customers who look at it, for the customer's pages.

Loaded by path from tests/api/conftest.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dispatch.assignments import assign_crew
from dispatch.crews import add_crew
from dispatch.jobs import Progress, report_progress
from dispatch.operations import confirm_outage, dismiss_outage, restore_outage, set_etr
from dispatch.outages import list_outages
from dispatch.transactions import write_transaction

# The phones of the drawn households end in 0000, 0001, … in this order.
HOUSEHOLDS = [f"{letter}{number}" for letter in "abc" for number in (1, 2, 3)]


def let_in(world, household=None, *, language="en"):
    """Return a client of nobody, or one that was let in to a household's page by its account and phone."""
    client = world.client()
    client.headers["Accept-Language"] = language
    if household is not None:
        digits = f"{HOUSEHOLDS.index(household):04d}"
        answer = client.post("/supply", data={"account": f"A-{household}", "digits": digits})
        assert (answer.status_code, answer.headers["location"]) == (303, "/supply/mine")
    return client


class Desk:
    """What the dispatch desk and a crew do to the one outage there is."""

    def __init__(self, world):
        self.world = world
        self.do(
            add_crew,
            id="C-1",
            name="Crew of Secret Name",
            skills=["line", "transformer", "low_voltage", "switching"],
            shift_start=datetime.now(UTC) - timedelta(hours=1),
            shift_end=datetime.now(UTC) + timedelta(hours=9),
            lon=11.43,
            lat=53.63,
        )

    def do(self, operation, **arguments):
        with write_transaction(self.world.engine) as session:
            return operation(session, actor="wang", now=datetime.now(UTC), **arguments)

    @property
    def outage(self):
        with write_transaction(self.world.engine) as session:
            return list_outages(session)[0]

    def lose(self, *service_points, minutes_ago=10.0):
        sender = self.world.client("meter_system")
        for service_point in service_points:
            gasp = {**self.world.call(service_point, minutes_ago=minutes_ago), "kind": "last_gasp"}
            assert sender.post("/api/evidence", json=gasp).status_code == 200
        self.world.analyse()

    def confirm(self):
        self.do(confirm_outage, outage_id=self.outage.id, version=None)

    def promise(self, etr_at):
        self.do(set_etr, outage_id=self.outage.id, version=None, etr_at=etr_at)

    def assign(self):
        self.do(assign_crew, outage_id=self.outage.id, version=None, crew_id="C-1")

    def crew(self, status):
        now = datetime.now(UTC)
        self.do(
            report_progress,
            job_id=self.outage.jobs[0].id,
            crew_id="C-1",
            progress=Progress(status=status, occurred_at=now, client_event_id=f"phone-{status}"),
        )

    def dismiss(self):
        self.do(dismiss_outage, outage_id=self.outage.id, version=None, reason="A false alarm.")

    def restore(self):
        self.do(restore_outage, outage_id=self.outage.id, version=None, restored_at=None)

"""The drawn network with three crews that can do everything in it, and short ways to plan there."""

from __future__ import annotations

from datetime import timedelta

from dispatch.crews import add_crew
from dispatch.jobs import Progress, report_progress
from dispatch.operations import confirm_outage
from dispatch.plan_assignments import WantedStop, take_stops
from dispatch.plan_orders import order_of_plan
from dispatch.planning.plan import make_plan
from dispatch.planning_input import running_problem
from dispatch.running_plan import plan_in_force, put_in_force
from dispatch.transactions import write_transaction
from dispatch.travel import Travel

SKILLS = ["switching", "transformer", "low_voltage"]


class House:
    def __init__(self, world):
        self.world = world
        for id, lon in (("east", 11.425), ("west", 11.375), ("far", 11.60)):
            self.crew(id, lon=lon)

    def crew(self, id, *, lon, skills=SKILLS, hours=9):
        self.world.do(
            add_crew,
            id=id,
            name=f"Crew {id}",
            skills=skills,
            shift_start=self.world.now - timedelta(hours=1),
            shift_end=self.world.now + timedelta(hours=hours),
            lon=lon,
            lat=53.63,
        )

    def problem(self):
        return self.world.ask(
            running_problem, networks=self.world.networks, travel=Travel(), now=self.world.now
        )

    def plan(self, *, keep=None, change_minutes=300.0):
        running = self.problem()
        plan = make_plan(running.problem, iterations=200, seed=1, keep=keep, change_minutes=change_minutes)
        with write_transaction(self.world.engine) as session:
            put_in_force(session, running=running, plan=plan, now=self.world.now)
        return self.in_force()

    def in_force(self):
        return self.world.ask(plan_in_force)

    def outage(self, *reports, confirm=True):
        before = {outage.id for outage in self.world.outages()}
        self.world.report(*reports)
        (found,) = (outage for outage in self.world.outages() if outage.id not in before)
        if confirm:
            return self.world.do(confirm_outage, outage_id=found.id, version=None)
        return found

    def transformer(self, letter, *, confirm=True):
        """A transformer's four households report: its fuse, so to speak."""
        return self.outage(*(("last_gasp", f"{letter}{n}") for n in range(1, 5)), confirm=confirm)

    def order(self, kind, outage, crew_id, reason="They know the place."):
        return self.world.do(order_of_plan, kind=kind, outage_id=outage.id, crew_id=crew_id, reason=reason)

    def take(self, *stops, version=None):
        version = self.in_force().version if version is None else version
        wanted = [stop if isinstance(stop, WantedStop) else WantedStop(stop[0].id, stop[1]) for stop in stops]
        return self.world.do(take_stops, version=version, stops=wanted)

    def report(self, job, status, **more):
        """Let the crew of a job report how far it is."""
        self.world.numbers += 1
        event = f"event-{self.world.numbers}"
        progress = Progress(status=status, occurred_at=self.world.now, client_event_id=event, **more)
        self.world.do(report_progress, job_id=job.id, crew_id=job.crew_id, progress=progress)

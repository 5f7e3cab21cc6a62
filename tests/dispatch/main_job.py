"""One outage behind transformer T1 of the drawn network, and its steps up to the closed paperwork."""

from __future__ import annotations

from dispatch.assignments import assign_crew
from dispatch.jobs import Progress, report_progress
from dispatch.operations import close_outage, confirm_outage, restore_outage

STEPS = ("accepted", "en_route", "on_site", "working", "finished")


def transformer_out(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    return outage


def confirmed(world):
    outage = transformer_out(world)
    return world.do(confirm_outage, outage_id=outage.id, version=outage.version)


def assigned(world, crew_id="north"):
    outage = confirmed(world)
    return world.do(assign_crew, outage_id=outage.id, version=outage.version, crew_id=crew_id)


def progress(world, job, status, **more):
    event = more.pop("client_event_id", f"{job.id}-{status}")
    report = Progress(status=status, occurred_at=world.now, client_event_id=event, **more)
    return world.do(
        report_progress, job_id=job.id, crew_id=job.crew_id, progress=report, actor=f"crew {job.crew_id}"
    )


def restored(world):
    outage = assigned(world)
    for status in STEPS:
        world.later(10)
        progress(world, outage.jobs[0], status)
    return world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)


def closed(world):
    outage = restored(world)
    world.later(5)
    return world.do(close_outage, outage_id=outage.id, version=outage.version, cause="tree", note="oak")

"""What a dispatcher does with an outage. Each action carries the version it was decided on."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.roles import Role, open_to
from api.schemas.outages import (
    Assignment,
    Closing,
    Confirmation,
    Dismissal,
    EtrOrder,
    Outage,
    Reassignment,
    Recall,
    Restoration,
)
from api.schemas.shape import Name
from api.work import Database, SignedIn, writing
from dispatch import assignments, operations
from dispatch.states import JobKind

router = APIRouter(tags=["outage actions"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.post("/api/outages/{outage_id}/confirm")
@_desk
def confirm(
    outage_id: Name, body: Confirmation, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Confirm that the device is open and its households are out."""
    with writing(engine) as work:
        view = operations.confirm_outage(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            networks=request.app.state.networks,
            occurred_at=body.occurred_at,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/dismiss")
@_desk
def dismiss(
    outage_id: Name, body: Dismissal, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Say that this is no outage, and why."""
    with writing(engine) as work:
        view = operations.dismiss_outage(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            reason=body.reason,
            occurred_at=body.occurred_at,
            networks=request.app.state.networks,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/assign")
@_desk
def assign(
    outage_id: Name, body: Assignment, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Send a crew."""
    with writing(engine) as work:
        view = assignments.assign_crew(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            crew_id=body.crew_id,
            kind=JobKind(body.kind),
            travel=request.app.state.travel,
            seen=body.seen,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/reassign")
@_desk
def reassign(
    outage_id: Name, body: Reassignment, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Give a job to another crew."""
    with writing(engine) as work:
        view = assignments.reassign_job(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            job_id=body.job_id,
            crew_id=body.crew_id,
            travel=request.app.state.travel,
            seen=body.seen,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/recall")
@_desk
def recall(outage_id: Name, body: Recall, identity: SignedIn, engine: Database) -> Outage:
    """Call a crew back."""
    with writing(engine) as work:
        view = assignments.recall_job(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            job_id=body.job_id,
            reason=body.reason,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/etr")
@_desk
def set_etr(outage_id: Name, body: EtrOrder, identity: SignedIn, engine: Database) -> Outage:
    """Say when supply is expected back."""
    with writing(engine) as work:
        view = operations.set_etr(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            etr_at=body.etr_at,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/restore")
@_desk
def restore(
    outage_id: Name, body: Restoration, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Say that supply is back: now, or since a time already past."""
    with writing(engine) as work:
        view = operations.restore_outage(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            restored_at=body.restored_at,
            networks=request.app.state.networks,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/close")
@_desk
def close(outage_id: Name, body: Closing, identity: SignedIn, engine: Database) -> Outage:
    """Finish the paperwork of a restored outage."""
    with writing(engine) as work:
        view = operations.close_outage(
            work.session,
            outage_id=outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
            cause=body.cause,
            note=body.note,
            failed_equipment=body.failed_equipment,
            failed_device=body.failed_device,
            occurred_at=body.occurred_at,
        )
        return Outage.model_validate(view)

"""What people change about an outage: its device, its parts, whether it is over, and who was asked."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.roles import Role, open_to
from api.schemas.outage_life import (
    CallBackOrder,
    DeviceChange,
    Merge,
    Reopening,
    Split,
    ToVerify,
    Verification,
)
from api.schemas.outages import Outage
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.outage_device import change_device
from dispatch.outage_merge import merge_outages
from dispatch.outage_reopening import reopen_outage
from dispatch.outage_split import split_outage
from dispatch.verification import record_call_back, who_to_verify

router = APIRouter(tags=["outage actions"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.post("/api/outages/{outage_id}/device")
@_desk
def say_device(
    outage_id: Name, body: DeviceChange, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Say which device it is. The engine moves the outage no more; a prediction is confirmed by it."""
    with writing(engine) as work:
        view = change_device(
            work.session,
            outage_id=outage_id,
            actor=identity.name,
            now=work.now,
            networks=request.app.state.networks,
            **body.model_dump(),
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/split")
@_desk
def split(outage_id: Name, body: Split, request: Request, identity: SignedIn, engine: Database) -> Outage:
    """Part from it those who are out by another device; answers the new outage."""
    with writing(engine) as work:
        view = split_outage(
            work.session,
            outage_id=outage_id,
            actor=identity.name,
            now=work.now,
            networks=request.app.state.networks,
            version=body.version,
            device=body.device,
            phases=body.phases,
            service_points=body.service_points,
            job_ids=body.jobs,
            occurred_at=body.occurred_at,
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/merge")
@_desk
def merge(outage_id: Name, body: Merge, request: Request, identity: SignedIn, engine: Database) -> Outage:
    """Merge it into another one, which stays and is answered."""
    with writing(engine) as work:
        view = merge_outages(
            work.session,
            outage_id=outage_id,
            actor=identity.name,
            now=work.now,
            networks=request.app.state.networks,
            **body.model_dump(),
        )
        return Outage.model_validate(view)


@router.post("/api/outages/{outage_id}/reopen")
@_desk
def reopen(
    outage_id: Name, body: Reopening, request: Request, identity: SignedIn, engine: Database
) -> Outage:
    """Say that it is out again, and why; for a set time after it was over."""
    with writing(engine) as work:
        view = reopen_outage(
            work.session,
            outage_id=outage_id,
            actor=identity.name,
            now=work.now,
            within=request.app.state.reopen_within,
            networks=request.app.state.networks,
            **body.model_dump(),
        )
        return Outage.model_validate(view)


@router.get("/api/outages/{outage_id}/verification")
@_desk
def read_verification(outage_id: Name, engine: Database) -> Verification:
    """List whom to ask whether supply is back, with what their meters and they themselves said."""
    with reading(engine) as work:
        found = who_to_verify(work.session, outage_id=outage_id)
        return Verification(outage_id=outage_id, to_verify=[ToVerify.model_validate(one) for one in found])


@router.post("/api/outages/{outage_id}/call-backs")
@_desk
def call_back(outage_id: Name, body: CallBackOrder, identity: SignedIn, engine: Database) -> Verification:
    """Record what somebody said who was called back; who is still out is evidence of a nested outage."""
    with writing(engine) as work:
        found = record_call_back(
            work.session,
            outage_id=outage_id,
            actor=identity.name,
            now=work.now,
            **body.model_dump(),
        )
        return Verification(outage_id=outage_id, to_verify=[ToVerify.model_validate(one) for one in found])

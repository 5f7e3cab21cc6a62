"""Restoration proposals: how to isolate the fault of an outage and feed others again. A person executes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.proposal_answers import proposals_answer
from api.roles import Role, open_to
from api.schemas.shape import Name
from api.schemas.switching import Proposals, SwitchingOrder, TakenProposal
from api.work import Database, SignedIn, reading, writing
from dispatch.restoration_proposals import propose_for_outage, take_proposal

router = APIRouter(tags=["switching"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/outages/{outage_id}/proposals")
@_desk
def read_proposals(
    outage_id: Name,
    request: Request,
    engine: Database,
    faulted: Annotated[list[Name] | None, Query()] = None,
) -> Proposals:
    """Propose how to isolate the fault of an outage and feed others again; a person executes."""
    with reading(engine) as work:
        networks = request.app.state.networks
        found = propose_for_outage(
            work.session, outage_id=outage_id, faulted=faulted or (), networks=networks
        )
        return proposals_answer(found)


@router.post("/api/outages/{outage_id}/proposals/take", status_code=201)
@_desk
def take(
    outage_id: Name, body: TakenProposal, request: Request, identity: SignedIn, engine: Database
) -> SwitchingOrder:
    """Make a draft of a proposal, as it was seen."""
    with writing(engine) as work:
        view = take_proposal(
            work.session,
            outage_id=outage_id,
            faulted=body.faulted,
            number=body.number,
            digest=body.digest,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return SwitchingOrder.model_validate(view)

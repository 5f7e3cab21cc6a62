"""The work list: what open outages are grouped by, and one action on several of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Request

from api.bulk_actions import Hands, act_on_several
from api.roles import Role, open_to
from api.schemas.worklist import ActionOnSeveral, ListedOutage, Outcome, Outcomes, Worklist
from api.work import Database, SignedIn, reading
from dispatch.worklist import worklist

router = APIRouter(tags=["work list"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/worklist")
@_desk
def read_worklist(request: Request, engine: Database) -> Worklist:
    """Say of each outage that is not over on which feeder and in which district it is; who is critical."""
    with reading(engine) as work:
        found = worklist(work.session, traced=request.app.state.networks.in_force(work.session))
        return Worklist(outages=[ListedOutage.model_validate(one) for one in found])


@router.post("/api/worklist/actions")
@_desk
def act(
    body: Annotated[ActionOnSeveral, Body()], request: Request, identity: SignedIn, engine: Database
) -> Outcomes:
    """Do one action on several outages; each is done whole or not at all, and a refusal stops no other."""
    hands = Hands(
        engine=engine,
        actor=identity.name,
        networks=request.app.state.networks,
        travel=request.app.state.travel,
    )
    found = act_on_several(body, hands=hands)
    return Outcomes(outcomes=[Outcome.model_validate(one) for one in found])

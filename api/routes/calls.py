"""A call: what is known about the caller's supply, before anyone is sent."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.call_words import call_words
from api.roles import Role, open_to
from api.schemas.calls import CallAnswer, CallAnswers, CallLookUp
from api.supply_face import SupplyFace
from api.work import Database, reading
from dispatch.calls import Caller, look_up_call

router = APIRouter(tags=["calls"])


@router.post("/api/calls/look-up")
@open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
def look_up(body: CallLookUp, request: Request, engine: Database) -> CallAnswers:
    """Say what explains that a caller has no supply, what to tell, and whether to take a report.

    Nothing is stored. Looked for in this order: disconnected on purpose, a known outage, planned work, a
    meter with supply, neighbours with supply.
    """
    face: SupplyFace = request.app.state.supply
    with reading(engine) as work:
        found = look_up_call(
            work.session,
            caller=Caller(**body.model_dump()),
            networks=request.app.state.networks,
            now=work.now,
        )
        now = work.now
    return CallAnswers(
        answers=[
            CallAnswer(
                service_point=answer.service_point,
                address=answer.address,
                code=answer.code.value,
                values=dict(answer.values),
                take_report=answer.take_report,
                texts={
                    words.language: call_words(answer, words=words, now=now) for words in face.languages()
                },
            )
            for answer in found
        ]
    )

"""A call: what is known about the caller's supply, before anyone is sent."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from sqlalchemy import Engine

from api.call_words import call_words
from api.roles import Role, open_to
from api.schemas.calls import CallAnswer, CallAnswers, CallLookUp
from api.supply_face import SupplyFace
from api.work import Database, reading, receiving
from dispatch.calls import CallAnswer as Found
from dispatch.calls import CallAnswerCode, Caller, look_up_call
from dispatch.meter_requests import PingRules, ask_house
from dispatch.pings import PingReason

router = APIRouter(tags=["calls"])


@router.post("/api/calls/look-up")
@open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
def look_up(body: CallLookUp, request: Request, engine: Database) -> CallAnswers:
    """Say what explains that a caller has no supply, what to tell, and whether to take a report.

    Looked for in this order: disconnected on purpose, a known outage, planned work, a meter with supply,
    neighbours with supply. Where nothing explains it, the meter and its neighbours are asked, if there is a
    meter system (`meter_asked`): look again shortly.
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
    asked = _ask_meters(request, engine, [one for one in found if one.code is CallAnswerCode.NOTHING_KNOWN])
    return CallAnswers(
        answers=[
            CallAnswer(
                service_point=answer.service_point,
                address=answer.address,
                code=answer.code.value,
                values=dict(answer.values),
                take_report=answer.take_report,
                meter_asked=answer.service_point in asked,
                texts={
                    words.language: call_words(answer, words=words, now=now) for words in face.languages()
                },
            )
            for answer in found
        ]
    )


def _ask_meters(request: Request, engine: Engine, unexplained: Sequence[Found]) -> set[str]:
    """Ask the meters of the few that nothing explains; return the service points whose own meter is asked."""
    rules: PingRules | None = request.app.state.pings
    if rules is None or not unexplained:
        return set()
    asked: set[str] = set()
    with receiving(engine) as work:
        for one in unexplained:
            asked.update(
                ask_house(
                    work.session,
                    service_point=one.service_point,
                    reason=PingReason.CALL,
                    networks=request.app.state.networks,
                    rules=rules,
                    now=work.now,
                )
            )
    return asked

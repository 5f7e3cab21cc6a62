"""A call: what is known about the caller's supply, before anyone is sent; and where calls came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Engine

from api.call_words import call_words
from api.roles import Role, open_to
from api.schemas.calls import CallAnswer, CallAnswers, CallLookUp, CallMarks
from api.schemas.shape import Name
from api.sight import SightNow
from api.supply_face import SupplyFace
from api.work import Database, reading, receiving
from dispatch.call_marks import call_marks
from dispatch.calls import CallAnswer as Found
from dispatch.calls import CallAnswerCode, Caller, look_up_call
from dispatch.errors import NoActiveNetwork
from dispatch.meter_requests import PingRules, ask_house
from dispatch.pings import PingReason
from gis.network_versions import active_network_version

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


@router.get("/api/calls/marks")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_marks(
    *,
    sight: SightNow,
    engine: Database,
    outage: Annotated[Name | None, Query(description="Whose calls to add to those that wait.")] = None,
    limit: Annotated[int, Query(ge=1, le=2_000)] = 500,
) -> CallMarks:
    """Say from which households in sight calls wait to be explained, and from which about one outage."""
    with reading(engine) as work:
        network_version = active_network_version(work.session)
        if network_version is None:
            raise NoActiveNetwork
        found = call_marks(
            work.session,
            network_version=network_version,
            sight=sight,
            outage_id=outage,
            most=limit,
        )
    return CallMarks.model_validate(found)


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

"""The caller's view: a household at one look, and taking the call. For whoever talks to customers."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.caller_words import caller_words
from api.errors import EvidenceRefusedError, EvidenceReusedError
from api.evidence_batch import raise_hazards_soon
from api.roles import Identity, Role, open_to
from api.schemas.callers import (
    CallerHousehold,
    CallTaken,
    CallToTake,
    ComingOutage,
    HouseholdHistory,
    PathDevice,
)
from api.schemas.calls import CallAnswer
from api.schemas.shape import Name
from api.supply_face import SupplyFace
from api.work import Database, SignedIn, reading, receiving
from dispatch.caller_view import Household, household_of_caller
from dispatch.errors import NoActiveNetwork
from dispatch.meter_requests import PingRules, ask_house
from dispatch.pings import PingReason
from dispatch.taken_calls import Call, TakenCall, take_call
from gis.network_versions import active_network_version

router = APIRouter(tags=["calls"])
_telephone = open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/calls/households/{service_point:path}")
@_telephone
def read_household(service_point: Name, request: Request, engine: Database) -> CallerHousehold:
    """Give everything for one call: whose it is, what feeds it, what is known, what to say, its history."""
    face: SupplyFace = request.app.state.supply
    with reading(engine) as work:
        found = household_of_caller(
            work.session, service_point=service_point, networks=request.app.state.networks, now=work.now
        )
        now = work.now
    texts = {words.language: caller_words(found, words=words, now=now) for words in face.languages()}
    return _answer(found, texts)


@router.post("/api/calls")
@_telephone
def take(body: CallToTake, request: Request, identity: SignedIn, engine: Database) -> CallTaken:
    """Take a call, durable before the answer; the same id twice is one call.

    Whoever says that neighbours are out too has their meters asked, where there is a meter system.
    """
    rules: PingRules | None = request.app.state.pings
    asked: list[str] = []
    with receiving(engine) as work:
        network_version = active_network_version(work.session)
        if network_version is None:
            raise NoActiveNetwork
        taken = take_call(
            work.session,
            call=Call(**body.model_dump()),
            network_version=network_version,
            source=_source(identity),
            now=work.now,
        )
        _refuse(taken)
        if rules is not None and taken.is_new and body.are_neighbours_out and taken.service_point:
            asked = ask_house(
                work.session,
                service_point=taken.service_point,
                reason=PingReason.CALL,
                networks=request.app.state.networks,
                rules=rules,
                now=work.now,
            )
    if taken.hazards:
        raise_hazards_soon(engine)
    return CallTaken(
        id=taken.id, service_point=taken.service_point, is_new=taken.is_new, meters_asked=len(asked)
    )


def _refuse(taken: TakenCall) -> None:
    if taken.rejection is not None:
        refused = EvidenceReusedError if taken.rejection.code == "id_reused" else EvidenceRefusedError
        raise refused(id=taken.id, reason=taken.rejection.reason)


def _source(identity: Identity) -> str:
    """Return what is kept as the source: a role, never a person's name."""
    order = (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
    return next(str(role) for role in order if role in identity.roles)


def _answer(found: Household, texts: dict[str, str]) -> CallerHousehold:
    outage = found.supply.outage
    is_out = outage is not None and not found.supply.supplied
    answer = found.answer
    return CallerHousehold(
        service_point=found.service_point,
        address=found.address,
        account=found.account,
        meter=found.meter,
        customers=found.customers,
        phases=found.phases,
        priority=found.priority,
        name=found.name,
        phone=found.phone,
        language=found.language,
        lon=found.lon,
        lat=found.lat,
        path=[PathDevice.model_validate(one) for one in found.path],
        is_path_normal=found.is_path_normal,
        answer=CallAnswer(
            service_point=answer.service_point,
            address=answer.address,
            code=answer.code.value,
            values=dict(answer.values),
            take_report=answer.take_report,
            texts=texts,
        ),
        is_supplied=found.supply.supplied,
        outage_id=outage.outage_id if outage is not None else None,
        etr_at=outage.etr_at if outage is not None and is_out else None,
        etr_earliest=outage.etr_earliest if outage is not None and is_out else None,
        etr_latest=outage.etr_latest if outage is not None and is_out else None,
        etr_source=outage.etr_source if outage is not None and is_out else None,
        history=HouseholdHistory.model_validate(found.history),
        coming=[ComingOutage.model_validate(one) for one in found.coming],
    )

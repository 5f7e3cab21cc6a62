"""What to tell somebody who says they have no supply, before anyone is sent.

RULE 1: disconnected on purpose: no fault, whatever else goes on.
RULE 2: else, out by an outage we know. Once that is confirmed, one more report adds nothing.
RULE 3: else, within planned work, or held by some that should have been over.
RULE 4: else, the own meter said lately that there is supply: the trouble is behind it, with the customer.
RULE 5: else, neighbours under the same transformer have supply and none of them is known to have lost it:
    only this house is out, most likely its service fuse.
RULE 6: else nothing is known that explains it.
A danger is always reported, whatever the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.disconnections import open_disconnection
from dispatch.errors import InvalidInput, UnknownThing
from dispatch.neighbours import MeterWord, last_words, neighbours_of
from dispatch.network_cache import NetworkCache
from dispatch.planned_outages import planned_outage_now, planned_overrun_now
from dispatch.states import OutageStatus
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from gis.addresses import find_address
from gis.places import resolve_service_points, service_point_details

# An account with hundreds of supplies: the caller has to say which one.
MOST_ANSWERS = 20


class CallAnswerCode(StrEnum):
    """What is known about a supply that is said to be out."""

    DISCONNECTED = "disconnected"
    KNOWN_OUTAGE = "known_outage"
    PLANNED_OUTAGE = "planned_outage"
    PLANNED_OVERRUN = "planned_overrun"
    METER_ON = "meter_on"
    ONLY_THIS_HOUSE = "only_this_house"
    NOTHING_KNOWN = "nothing_known"


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """The answer for one service point; `values` hold the codes, ids and times that the words need."""

    service_point: str
    code: CallAnswerCode
    values: Mapping[str, object]
    take_report: bool
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """How a caller names the own supply; the first that is given counts."""

    service_point: str | None = None
    account: str | None = None
    meter: str | None = None
    phone: str | None = None
    address: str | None = None


def look_up_call(
    session: Session, *, caller: Caller, networks: NetworkCache, now: datetime
) -> list[CallAnswer]:
    """Return the answer for each supply that a caller may mean, those that something explains first.

    Raises UnknownThing where nothing is found, InvalidInput where an address is not plain, NoActiveNetwork.
    """
    network_version = networks.in_force(session).network_version
    found = _service_points(session, caller, network_version)[:MOST_ANSWERS]
    details = service_point_details(session, network_version=network_version, ids=found)
    addresses = {detail.id: detail.address for detail in details}
    answers = [
        answer_call(session, service_point=id, address=addresses.get(id), networks=networks, now=now)
        for id in found
    ]
    return sorted(answers, key=lambda answer: answer.code == CallAnswerCode.NOTHING_KNOWN)


def answer_call(
    session: Session,
    *,
    service_point: str,
    networks: NetworkCache,
    now: datetime,
    address: str | None = None,
) -> CallAnswer:
    """Return what to tell about one service point of the network in force, by the rules above."""
    reason = known_reason(session, service_point=service_point, now=now) or _by_meters(
        session, service_point, networks=networks, now=now
    )
    return replace(reason, address=address)


def known_reason(session: Session, *, service_point: str, now: datetime) -> CallAnswer | None:
    """Return what the books say of a service point's supply (rules 1 to 3), None where they say nothing."""
    cut = open_disconnection(session, service_point=service_point, now=now)
    if cut is not None:
        values: dict[str, object] = {"reason": cut.reason, "since": cut.since}
        return CallAnswer(service_point, CallAnswerCode.DISCONNECTED, values, take_report=False)
    outage = _known_outage(session, service_point=service_point)
    if outage is not None:
        values = {
            "outage": outage.id,
            "status": outage.status,
            "since": outage.started_at,
            # A time that has passed is no promise any more.
            "etr_at": outage.etr_at if outage.etr_at is not None and outage.etr_at >= now else None,
        }
        is_sure = outage.status != OutageStatus.PREDICTED
        return CallAnswer(service_point, CallAnswerCode.KNOWN_OUTAGE, values, take_report=not is_sure)
    planned = planned_outage_now(session, service_point=service_point, now=now)
    if planned is not None:
        values = {
            "planned_outage": planned.id,
            "starts_at": planned.starts_at,
            "ends_at": planned.ends_at,
            "text": planned.text,
        }
        return CallAnswer(service_point, CallAnswerCode.PLANNED_OUTAGE, values, take_report=False)
    overrun = planned_overrun_now(session, service_point=service_point, now=now)
    if overrun is not None:
        values = {"planned_outage": overrun.id, "ends_at": overrun.ends_at}
        return CallAnswer(service_point, CallAnswerCode.PLANNED_OVERRUN, values, take_report=True)
    return None


def _by_meters(session: Session, service_point: str, *, networks: NetworkCache, now: datetime) -> CallAnswer:
    tree = networks.in_force(session).tree
    is_there = tree.network.has_service_point(service_point)
    neighbours = neighbours_of(tree, service_point=service_point) if is_there else []
    words = last_words(session, service_points=[service_point, *neighbours], now=now)
    own = words.pop(service_point, None)
    if own is not None and own[0] is MeterWord.ON:
        return CallAnswer(service_point, CallAnswerCode.METER_ON, {"at": own[1]}, take_report=False)
    off = any(word is MeterWord.OFF for word, _ in words.values())
    on = sum(word is MeterWord.ON for word, _ in words.values())
    if on and not off and not _report_open(session, neighbours):
        values = {"neighbours_on": on}
        return CallAnswer(service_point, CallAnswerCode.ONLY_THIS_HOUSE, values, take_report=True)
    return CallAnswer(service_point, CallAnswerCode.NOTHING_KNOWN, {}, take_report=True)


def _service_points(session: Session, caller: Caller, network_version: int) -> Sequence[str]:
    if caller.address is not None and not (
        caller.service_point or caller.account or caller.meter or caller.phone
    ):
        at_address = find_address(session, network_version=network_version, address=caller.address)
        if at_address.is_ambiguous:
            raise InvalidInput(field="address", text="means more than one place; ask for the house number")
        if at_address.service_point is None:
            raise UnknownThing(kind="service point", id="at this address")
        return [at_address.service_point]
    resolved = resolve_service_points(
        session,
        network_version=network_version,
        service_points=[caller.service_point] if caller.service_point else (),
        accounts=[caller.account] if caller.account else (),
        meters=[caller.meter] if caller.meter else (),
        phones=[caller.phone] if caller.phone else (),
    )
    if caller.service_point is not None:
        found, named = list(resolved.by_id), caller.service_point
    elif caller.account is not None:
        found, named = resolved.by_account.get(caller.account, []), f"of account {caller.account}"
    elif caller.meter is not None:
        found, named = list(resolved.by_meter.values()), f"of meter {caller.meter}"
    elif caller.phone is not None:
        # The number itself is personal and must not end up in an answer that is logged.
        found, named = resolved.by_phone.get(caller.phone, []), "of this phone number"
    else:
        raise InvalidInput(field="account", text="name the service point, account, meter, phone or address")
    if not found:
        raise UnknownThing(kind="service point", id=named)
    return found


def _known_outage(session: Session, *, service_point: str) -> OutageRow | None:
    return session.scalar(
        select(OutageRow)
        .join(AffectedRow, AffectedRow.outage_id == OutageRow.id)
        .where(AffectedRow.service_point == service_point, AffectedRow.ended_at.is_(None))
        .limit(1)
    )


def _report_open(session: Session, service_points: Sequence[str]) -> bool:
    """Return whether any of these has reported no supply, and nothing has settled that yet."""
    return (
        session.scalar(
            select(EvidenceRow.id)
            .where(
                EvidenceRow.service_point.in_(service_points),
                EvidenceRow.kind == "trouble_call",
                EvidenceRow.status.in_(("new", "analysed")),
            )
            .limit(1)
        )
        is not None
    )

"""Taking a call: the report as evidence, and beside it what else the caller said, in one transaction.

RULE 1: a call is evidence like any other; that neighbours are out too is no evidence of theirs. It is kept,
    and their meters are asked.
RULE 2: the same id twice is one call, with what was said first.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput
from dispatch.evidence_lines import Document, Rejection
from dispatch.intake import Receipt, receive_evidence
from dispatch.interruptions import among
from dispatch.tables import EvidenceRow
from dispatch.taken_call_tables import TakenCallRow


@dataclass(frozen=True, slots=True)
class Call:
    """What a caller said. `id` is made by the page, so that sending it again is the same call.

    Where is a service point, or a point on the map (`lon`, `lat`, WGS 84) where no household was found.
    """

    id: str
    at: datetime
    service_point: str | None = None
    lon: float | None = None
    lat: float | None = None
    hazard: str | None = None
    text: str | None = None
    are_neighbours_out: bool = False
    is_call_back_wanted: bool = False


@dataclass(frozen=True, slots=True)
class TakenCall:
    """A call that was taken; `rejection` says why one was not. `hazards` is how many dangers it told of."""

    id: str
    service_point: str | None
    is_new: bool
    hazards: int
    rejection: Rejection | None = None


def take_call(session: Session, *, call: Call, network_version: int, source: str, now: datetime) -> TakenCall:
    """Store a call; idempotent by its id. InvalidInput where it says no place; the caller commits."""
    receipt = receive_evidence(
        session,
        documents=[Document(line=1, fields=_fields(call))],
        network_version=network_version,
        source=source,
        now=now,
    )
    if receipt.rejected:
        return TakenCall(call.id, None, is_new=False, hazards=0, rejection=receipt.rejected[0])
    service_point = session.scalar(select(EvidenceRow.service_point).where(EvidenceRow.id == call.id))
    if service_point is not None:
        _keep(session, call, service_point, now)
    return TakenCall(call.id, service_point, is_new=_is_new(receipt), hazards=receipt.hazards)


def who_wants_a_call(session: Session, *, service_points: Collection[str], since: datetime) -> list[str]:
    """Return those who asked since then to be called back, in the order of their calls."""
    query = (
        select(TakenCallRow.service_point)
        .where(
            TakenCallRow.service_point == among(service_points),
            TakenCallRow.is_call_back_wanted,
            TakenCallRow.taken_at >= since,
        )
        .order_by(TakenCallRow.taken_at, TakenCallRow.evidence_id)
    )
    return list(dict.fromkeys(session.scalars(query)))


def _fields(call: Call) -> dict[str, object]:
    fields: dict[str, object] = {"id": call.id, "kind": "trouble_call", "at": call.at.isoformat()}
    if call.service_point is not None:
        fields["service_point"] = call.service_point
    elif call.lon is not None and call.lat is not None:
        fields["location"] = {"lon": call.lon, "lat": call.lat, "crs": "wgs84"}
    else:
        raise InvalidInput(field="service_point", text="name the household, or a point on the map")
    if call.hazard is not None:
        fields["hazard"] = call.hazard
    if call.text is not None:
        fields["text"] = call.text
    return fields


def _keep(session: Session, call: Call, service_point: str, now: datetime) -> None:
    session.execute(
        insert(TakenCallRow)
        .values(
            evidence_id=call.id,
            service_point=service_point,
            taken_at=now,
            are_neighbours_out=call.are_neighbours_out,
            is_call_back_wanted=call.is_call_back_wanted,
        )
        .on_conflict_do_nothing()
    )


def _is_new(receipt: Receipt) -> bool:
    return receipt.accepted > 0

"""The ledger of interruptions 停电台账: read by outage or service point, and corrected."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.roles import Role, open_to
from api.schemas.ledger import Corrected, Correction, LedgerRow, LedgerRows
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.ledger_corrections import correct_interruptions
from dispatch.ledger_views import LedgerPage, interruptions_of_outage, interruptions_of_service_point

router = APIRouter(tags=["ledger"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)

_All = Annotated[bool, Query(description="Also rows that were replaced.")]
_After = Annotated[int, Query(ge=0, description="Only rows with a greater number.")]
_Limit = Annotated[int, Query(ge=1, le=10_000)]


@router.get("/api/outages/{outage_id}/interruptions")
@_desk
def read_interruptions_of_outage(
    outage_id: Name, engine: Database, *, replaced: _All = False, after: _After = 0, limit: _Limit = 1000
) -> LedgerRows:
    """Read what the ledger says of an outage."""
    with reading(engine) as work:
        page = interruptions_of_outage(
            work.session, outage_id=outage_id, replaced=replaced, after=after, limit=limit
        )
        return _answer(page)


@router.get("/api/service-points/{service_point}/interruptions")
@_desk
def read_interruptions_of_service_point(
    service_point: Name,
    engine: Database,
    *,
    replaced: _All = False,
    after: _After = 0,
    limit: _Limit = 1000,
) -> LedgerRows:
    """Read every interruption of a service point."""
    with reading(engine) as work:
        page = interruptions_of_service_point(
            work.session, service_point=service_point, replaced=replaced, after=after, limit=limit
        )
        return _answer(page)


@router.post("/api/outages/{outage_id}/interruptions/correct")
@_desk
def correct(outage_id: Name, body: Correction, identity: SignedIn, engine: Database) -> Corrected:
    """Correct the beginning, end or cause of an outage, or of some of its service points."""
    with writing(engine) as work:
        done = correct_interruptions(
            work.session,
            outage_id=outage_id,
            version=body.version,
            service_points=body.service_points,
            started_at=body.started_at,
            ended_at=body.ended_at,
            cause=body.cause,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return Corrected.model_validate(done)


def _answer(page: LedgerPage) -> LedgerRows:
    rows = [LedgerRow.model_validate(one) for one in page.rows]
    return LedgerRows(interruptions=rows, next_after=page.next_after)

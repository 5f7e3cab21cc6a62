"""Evidence in: one piece, or a stream of lines."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from starlette.concurrency import run_in_threadpool

from api.errors import EvidenceRefusedError, EvidenceReusedError
from api.evidence_batch import EvidenceBatch, take_evidence
from api.roles import Identity, Role, open_to
from api.schemas.evidence import BatchTaken, EvidenceTaken
from api.work import Database, SignedIn
from dispatch.errors import NotYours
from dispatch.evidence_lines import Document

router = APIRouter(tags=["evidence"])

BATCH_PATH = "/api/evidence/batch"
# A storm's worth of meter events: 500,000 lines of some 250 bytes, twice.
LARGEST_BATCH_BYTES = 256 * 1024 * 1024
_SELF_REPORTED = {"id", "kind", "at", "account", "hazard", "text"}


@router.post("/api/evidence")
@open_to(Role.METER_SYSTEM, Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT, Role.CREW, Role.CUSTOMER)
def receive_one(
    document: Annotated[dict[str, Any], Body()], identity: SignedIn, engine: Database
) -> EvidenceTaken:
    """Take one piece of evidence (design §4.2), durable before the answer; the same id twice is one piece."""
    _check_own(document, identity)
    receipt = take_evidence(engine, documents=[Document(line=1, fields=document)], source=_source(identity))
    for rejection in receipt.rejected:
        refused = EvidenceReusedError if rejection.code == "id_reused" else EvidenceRefusedError
        raise refused(id=rejection.id, reason=rejection.reason)
    return EvidenceTaken(id=document["id"], status="accepted" if receipt.accepted else "duplicate")


@router.post(
    BATCH_PATH,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/x-ndjson": {"schema": {"type": "string"}}}}
    },
)
@open_to(Role.METER_SYSTEM, Role.DISPATCHER, Role.SUPERVISOR)
async def receive_batch(request: Request, identity: SignedIn, engine: Database) -> BatchTaken:
    """Take a stream of evidence, one JSON object a line; what cannot be taken is listed by line number.

    What is counted as accepted is durable before the answer. If the connection breaks, send all of it again.
    """
    batch = EvidenceBatch(engine, source=_source(identity))
    async for chunk in request.stream():
        await run_in_threadpool(batch.feed, chunk)
    await run_in_threadpool(batch.end)
    return BatchTaken.model_validate(batch)


def _check_own(document: dict[str, Any], identity: Identity) -> None:
    """Hold crews to their findings, agents to calls, and customers to calls about their own account."""
    if identity.is_desk or Role.METER_SYSTEM in identity.roles:
        return
    kind = document.get("kind")
    if Role.CREW in identity.roles and kind == "crew_finding":
        return
    if Role.AGENT in identity.roles:
        if kind == "trouble_call":
            return
        raise NotYours("An agent may send a `trouble_call`, and nothing else.")
    if Role.CUSTOMER in identity.roles:
        if (
            kind == "trouble_call"
            and document.get("account") == identity.account
            and set(document) <= _SELF_REPORTED
        ):
            return
        raise NotYours("A customer may send a `trouble_call` about their own `account`, and nothing else.")
    raise NotYours("A crew may send a `crew_finding`, and nothing else.")


def _source(identity: Identity) -> str:
    """Return what is kept as the source: a role, never a person's name."""
    order = (Role.METER_SYSTEM, Role.CUSTOMER, Role.CREW, Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
    return next(str(role) for role in order if role in identity.roles)

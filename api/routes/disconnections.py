"""Who is disconnected on purpose: the billing system's list in, the open ones out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from api.disconnection_list import take_disconnections
from api.roles import Role, open_to
from api.schemas.calls import Disconnection, Disconnections, DisconnectionsTaken
from api.work import Database, SignedIn, reading
from dispatch.disconnections import list_disconnections

router = APIRouter(tags=["calls"])

DISCONNECTIONS_PATH = "/api/disconnections"
# A million lines of some 60 bytes.
LARGEST_LIST_BYTES = 64 * 1024 * 1024


@router.post(
    DISCONNECTIONS_PATH,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            },
        }
    },
)
@open_to(Role.BILLING_SYSTEM, Role.SUPERVISOR)
async def take_list(
    request: Request,
    identity: SignedIn,
    engine: Database,
    complete: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> DisconnectionsTaken:
    """Take a list of disconnections and reconnections, as CSV with a header or as a JSON array of objects.

    Fields: one of `service_point`, `meter`, `account`; `since` and, if not for arrears, `reason`; or
    `reconnected_at`. Sent twice it changes nothing. With `complete=true`, whoever is missing is connected
    again; not so if a line could not be read.
    """
    body = await request.body()
    receipt = await run_in_threadpool(
        take_disconnections,
        engine,
        body=body,
        content_type=request.headers.get("content-type", ""),
        is_complete=complete,
        actor=identity.name,
    )
    return DisconnectionsTaken.model_validate(receipt)


@router.get(DISCONNECTIONS_PATH)
@open_to(Role.AGENT, Role.BILLING_SYSTEM, Role.SUPERVISOR)
def read_disconnections(
    engine: Database, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000
) -> Disconnections:
    """List who is disconnected, newest first."""
    with reading(engine) as work:
        found = list_disconnections(work.session, limit=limit)
        return Disconnections(disconnections=[Disconnection.model_validate(one) for one in found])

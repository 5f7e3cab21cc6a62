"""How one's supply is, as a few lines of JSON: for a phone with one bar of signal, and for programs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.errors import NoPassError
from api.roles import open_to_everybody
from api.secret_tokens import token_digest
from api.supply_cookie import COOKIE_NAME
from api.supply_memory import SupplyMemory
from api.supply_words import chosen_language

router = APIRouter(tags=["customers"])

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@router.get("/supply/status")
@open_to_everybody
async def read_status(request: Request) -> Response:
    """Return the supplies of the account whose pass the cookie holds, in its language.

    `checked_at` is when it was last known to be so. Answered from memory that the change log keeps fresh;
    while the database is away what is in memory is answered still.
    """
    token = request.cookies.get(COOKIE_NAME)
    if not token:
        raise NoPassError
    memory: SupplyMemory = request.app.state.supply_memory
    digest, language = token_digest(token), chosen_language(request)
    answer = memory.known(digest, language)
    if answer is None:
        answer = await memory.look_up(digest, language)
    if answer is None:
        raise NoPassError
    return Response(answer, media_type="application/json", headers=_HEADERS)

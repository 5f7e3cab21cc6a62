"""The cookie by which a phone keeps its pass to one account's pages."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.supply_face import is_secure
from api.supply_passes import PASS_LASTS, SupplyPass, find_pass

COOKIE_NAME = "relight_supply"


def keep_pass(answer: Response, request: Request, *, token: str) -> None:
    """Let the phone keep a pass.

    Lax, not strict: a link in a message is followed from a mail page, and must find its way in.
    """
    answer.set_cookie(
        COOKIE_NAME,
        token,
        max_age=round(PASS_LASTS.total_seconds()),
        path="/supply",
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )


def drop_pass(answer: Response, request: Request) -> Response:
    """Let the phone forget its pass."""
    answer.delete_cookie(
        COOKIE_NAME, path="/supply", httponly=True, samesite="lax", secure=is_secure(request)
    )
    return answer


def held_pass(request: Request, engine: Engine) -> SupplyPass | None:
    """Return the pass of the request's cookie; without one the database is not asked, be it away."""
    token = request.cookies.get(COOKIE_NAME)
    if not token:
        return None
    with Session(engine) as session:
        # Passes live by real time, whatever the clock of a storm.
        return find_pass(session, token=token, now=datetime.now(UTC))

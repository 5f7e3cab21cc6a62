"""What a customer reads when something goes wrong below /supply: a page, never JSON, never our own words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.errors import RETRY_AFTER_S, error_answer
from api.supply_face import SupplyFace
from dispatch.errors import NoActiveNetwork

_AWAY = 503
_TOO_LARGE = 413
_AGAIN_AFTER_S = 15


class ForeignFormError(Exception):
    """A form was sent by a page that is not ours."""


class UnreadableFormError(Exception):
    """What was sent is not one of our forms."""


def too_large_page(request: Request) -> Response:
    """Return the page for a form that is so large that nothing of it was read."""
    return _error_page(request, HTTPException(_TOO_LARGE))


class SupplyRoute(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return FastAPI's own handler with a page for each error."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001 - error_answer logs what nobody anticipated
                return _error_page(request, error)

        return answer


def _error_page(request: Request, error: Exception) -> Response:
    face: SupplyFace = request.app.state.supply
    status, kind = _kind(error)
    is_read = request.method == "GET"
    if kind == "away" and not is_read:
        kind = "away_report"
    again = _AGAIN_AFTER_S if kind == "away" else None
    answer = face.page(request, "message.html", status=status, kind=kind, again_after_s=again)
    if status == _AWAY:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _kind(error: Exception) -> tuple[int, str]:
    """Return the status, and which words say it."""
    if isinstance(error, NoActiveNetwork):
        return _AWAY, "no_network"
    if isinstance(error, ForeignFormError):
        return 403, "unreadable"
    if isinstance(error, RequestValidationError | UnreadableFormError):
        return 422, "unreadable"
    if isinstance(error, HTTPException):
        return error.status_code, "too_large" if error.status_code == _TOO_LARGE else "unreadable"
    status = error_answer(error).status_code
    return status, "away" if status == _AWAY else "trouble"

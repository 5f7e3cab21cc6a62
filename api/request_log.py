"""One line for each request: method, route, status and time. No query, no body, no name, no address.

The route's pattern is logged, not the path: an id in a path may be a meter or an account. What fails in a way
nobody anticipated is answered here too, before a library logs it with the row it failed on.
"""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_answer

logger = logging.getLogger("relight.requests")


class RequestLog:
    """ASGI middleware that logs what was asked and how it was answered."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log it when it is over."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            if status:
                raise  # half an answer is out: only breaking off tells the client
            await error_answer(error)(scope, receive, watch)
        finally:
            milliseconds = (time.monotonic() - started) * 1000
            logger.info("%s %s %s %.0f ms", scope["method"], _pattern(scope), status or "-", milliseconds)


def _pattern(scope: Scope) -> str:
    return str(scope.get("route_pattern", "(no route)"))

"""How much one request may send. A body that says it is too long, or turns out to be, is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware that counts what comes in; it stands behind the gate, which knows the route."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        usual_bytes: int,
        bytes_by_pattern: Mapping[str, int],
        refuse: Callable[[Scope], ASGIApp],
    ) -> None:
        """Limit bodies to the usual size, and those of some routes (by their pattern) to another.

        `refuse` gives the answer to what says itself that it is too long.
        """
        self._app = app
        self._usual_bytes = usual_bytes
        self._bytes_by_pattern = bytes_by_pattern
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and stop it when too much comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._bytes_by_pattern.get(scope.get("route_pattern", ""), self._usual_bytes)
        told = Headers(scope=scope).get("content-length", "")
        if told.isascii() and told.isdigit() and int(told) > limit:
            await self._refuse(scope)(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                # This class passes through FastAPI's reading of bodies as it is.
                raise HTTPException(_TOO_LARGE)
            return message

        await self._app(scope, count, send)

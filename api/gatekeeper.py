"""The gate before every route: who is asking, and may they? Nothing of the body is read before.

Owns the session cookies' reading, the header that keeps other sites out (cross-site request forgery), and the
refusal of whatever does not declare who may use it.

The header's value names the sign-in a request goes by: `1`, or `crew` for the crew's page. Each has a cookie
of its own, so that desk and crew page stand side by side in one browser; a request never acts by both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import HeaderMissingError, RoleRefusedError, SignInNeededError, error_answer
from api.roles import Access, Identity, declared_access
from api.sessions import find_session

HEADER_NAME = "X-Relight"
_USUAL = "1"
COOKIES = {_USUAL: "relight_session", "crew": "relight_crew_session"}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Gatekeeper:
    """ASGI middleware that lets a request through to the route it is for, or answers why not."""

    def __init__(self, app: ASGIApp, *, application: FastAPI) -> None:
        """Stand before `application`, whose routes say who may use them."""
        self._app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admit or refuse one request; the web has no other kind of connection here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        route = self._route_of(scope)
        if route is not None:
            scope["route_pattern"] = getattr(route, "path", "")
            try:
                await self._admit(scope, route)
            except Exception as error:  # noqa: BLE001 - error_answer logs what nobody anticipated
                await error_answer(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _route_of(self, scope: Scope) -> BaseRoute | None:
        """Return the route the request is for; None where the router will answer 404 or 405."""
        for context in iter_route_contexts(self._application.routes):
            match, _ = context.original_route.matches(dict(scope))
            if match is Match.FULL:
                return context.original_route
        return None

    async def _admit(self, scope: Scope, route: BaseRoute) -> None:
        access = declared_access(route)
        if access is None:
            raise RoleRefusedError(roles=())
        state = scope.setdefault("state", {})
        state["admitted"] = getattr(route, "endpoint", None)
        if access.public:
            return
        request = HTTPConnection(scope)
        token = request.cookies.get(cookie_of(request.headers))
        if token and scope["method"] not in _SAFE_METHODS and request.headers.get(HEADER_NAME) not in COOKIES:
            raise HeaderMissingError
        identity = await run_in_threadpool(_look_up, self._application.state.engine, token) if token else None
        if identity is None:
            raise SignInNeededError
        _check_role(access, identity)
        state["identity"] = identity


def cookie_of(headers: Mapping[str, str]) -> str:
    """Return the name of the cookie that a request with these headers goes by."""
    return COOKIES.get(headers.get(HEADER_NAME, _USUAL), COOKIES[_USUAL])


def require_admission(request: Request) -> None:
    """Refuse an endpoint the gate did not admit this request to: the second line, should the first err."""
    endpoint: Callable[..., object] | None = request.scope.get("endpoint")
    if endpoint is None or getattr(request.state, "admitted", None) is not endpoint:
        raise RoleRefusedError(roles=())


def _check_role(access: Access, identity: Identity) -> None:
    if not access.roles & identity.roles:
        raise RoleRefusedError(roles=tuple(sorted(access.roles)))


def _look_up(engine: Engine, token: str) -> Identity | None:
    with Session(engine) as session, session.begin():
        return find_session(session, token=token, now=datetime.now(UTC))

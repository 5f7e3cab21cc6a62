"""Who may use which route, and the one way to say it.

Owns the roles and the declaration each route must carry. A route that declares nothing makes the app refuse
to start (`check_declared`), and is refused when asked for all the same (`api.gatekeeper`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from starlette.routing import BaseRoute

_DECLARED = "__relight_access__"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Role(StrEnum):
    """What a signed-in person or system is here to do."""

    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    CREW = "crew"
    CUSTOMER = "customer"
    METER_SYSTEM = "meter_system"
    AGENT = "agent"  # answers the telephone: looks up, and enters calls
    BILLING_SYSTEM = "billing_system"  # tells who is disconnected
    VEHICLE_SYSTEM = "vehicle_system"  # tells where vehicles are
    GUEST_CREW = "guest_crew"  # a crew of another company, let in by a link: its own jobs, in its own area


class UndeclaredRouteError(Exception):
    """A route says nothing about who may use it; the app does not start with such a route."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route: everybody, or those with one of the roles."""

    public: bool
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking: the account and what it may do. `crew_id` and `account` bind it to its own things."""

    user_id: int
    name: str
    roles: frozenset[Role]
    crew_id: str | None
    account: str | None
    token_digest: bytes

    @property
    def is_desk(self) -> bool:
        """Whether this is someone at the dispatch desk, who may act for everyone."""
        return bool(self.roles & {Role.DISPATCHER, Role.SUPERVISOR})


def open_to(*roles: Role) -> Callable[[Endpoint], Endpoint]:
    """Declare that only those with one of these roles may use the endpoint."""
    return _declare(Access(public=False, roles=frozenset(roles)))


def open_to_anyone_signed_in(endpoint: Endpoint) -> Endpoint:
    """Declare that every signed-in account may use the endpoint."""
    return _declare(Access(public=False, roles=frozenset(Role)))(endpoint)


def open_to_everybody(endpoint: Endpoint) -> Endpoint:
    """Declare that the endpoint needs no sign-in."""
    return _declare(Access(public=True, roles=frozenset(Role)))(endpoint)


def _declare(access: Access) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _DECLARED, access)
        return endpoint

    return mark


def declared_access(route: BaseRoute) -> Access | None:
    """Return what the route's endpoint (or mounted application) declared, or None if it declared nothing."""
    endpoint = getattr(route, "endpoint", None) or getattr(route, "app", None)
    access = getattr(endpoint, _DECLARED, None)
    return access if isinstance(access, Access) else None


def check_declared(routes: Iterable[BaseRoute]) -> None:
    """Raise UndeclaredRouteError naming every route that does not say who may use it."""
    missing = [getattr(route, "path", repr(route)) for route in routes if declared_access(route) is None]
    if missing:
        raise UndeclaredRouteError(
            f"These routes do not declare who may use them: {', '.join(missing)}. "
            "Put @open_to(Role.…), @open_to_anyone_signed_in or @open_to_everybody under its decorator."
        )

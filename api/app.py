"""The application: routes, gate, errors and documentation put together by one factory.

Owns nothing else. Tests build it through the same factory as production, with other settings.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi_offline import FastAPIOffline
from sqlalchemy import Engine
from starlette.types import ASGIApp, Scope

from api import errors
from api.base_map_file import give_base_map
from api.body_limit import BodyLimit
from api.change_signal import ChangeSignal
from api.change_stream import StreamPlaces
from api.crew_stream import CrewWatch
from api.faces import mount_faces
from api.gatekeeper import Gatekeeper, require_admission
from api.passwords import PasswordHashes
from api.photo_files import LARGEST_PHOTO_BYTES, PhotoFiles
from api.public_folder import PublicFolder
from api.request_log import RequestLog
from api.roles import check_declared, declared_access, open_to_everybody
from api.routes import ROUTERS
from api.routes.disconnections import DISCONNECTIONS_PATH, LARGEST_LIST_BYTES
from api.routes.evidence import BATCH_PATH, LARGEST_BATCH_BYTES
from api.routes.photos import PHOTO_PATH
from api.routes.supply_errors import too_large_page
from api.routes.supply_pages import REPORT_PATH
from api.routes.supply_push import LARGEST_PUSH_BYTES, PUSH_PATH
from api.settings import (
    BaseMapSettings,
    DatabaseSettings,
    MessageSettings,
    MeterSettings,
    OutageSettings,
    PlanningSettings,
    SignInSettings,
    WebSettings,
)
from api.storm_watch import StormWatch
from api.supply_face import SupplyFace
from api.supply_memory import SupplyMemory
from api.supply_photos import LARGEST_REPORT_BYTES
from api.supply_stream import SupplyWatch
from api.vocabulary import read_vocabulary
from dispatch.network_cache import NetworkCache
from dispatch.reliability.served_places import ServedPlacesCache
from dispatch.travel import Travel
from gis.roads.road_cache import RoadCache
from gis.tile_cache import TileCache

# Far above any order of a dispatcher; evidence in bulk has a route of its own.
LARGEST_BODY_BYTES = 1024 * 1024

_OTHER_BODIES = {
    BATCH_PATH: LARGEST_BATCH_BYTES,
    DISCONNECTIONS_PATH: LARGEST_LIST_BYTES,
    PHOTO_PATH: LARGEST_PHOTO_BYTES,
    REPORT_PATH: LARGEST_REPORT_BYTES,
    PUSH_PATH: LARGEST_PUSH_BYTES,
}

# What FastAPI itself adds, open to everybody: the documentation and its local files.
_DOCUMENTATION = frozenset({"/openapi.json", "/docs", "/docs/oauth2-redirect", "/static-offline-docs"})
_DESCRIPTION = (
    "Outage management and repair dispatch. Sign in at /api/sign-in; with the session cookie, every request "
    "that changes something also carries the header `X-Relight: 1`. Ids are text, times ISO 8601 with zone. "
    'Errors are `{"error": {"code", "text", …}}`.'
)


class AppSettings(TypedDict, total=False):
    """What an application may be given; of what is not given the defaults."""

    web: WebSettings | None
    sign_in: SignInSettings | None
    messages: MessageSettings | None
    meters: MeterSettings | None
    planning: PlanningSettings | None
    passwords: PasswordHashes | None
    networks: NetworkCache | None
    travel: Travel | None
    tiles: TileCache | None
    photos: PhotoFiles | None
    outages: OutageSettings | None
    public_map: PublicFolder | None
    base_map: BaseMapSettings | None


def create_app(*, engine: Engine, **settings: Unpack[AppSettings]) -> FastAPI:
    """Build the application on a database; UndeclaredRouteError when a route does not say who may use it."""
    app = bare_app()
    connect_app(app, engine=engine, **settings)
    return app


def bare_app() -> FastAPI:
    """Build routes, gate, errors and documentation, for `connect_app`; UndeclaredRouteError as above.

    That takes most of the time: whoever needs an application many times connects one again.
    """
    app = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        title="Relight",
        version="0.1.0",
        description=_DESCRIPTION,
        dependencies=[Depends(require_admission)],
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    _add_routes(app)
    errors.install(app)
    # The last one added is the outermost: refused requests are logged too.
    app.add_middleware(
        BodyLimit, usual_bytes=LARGEST_BODY_BYTES, bytes_by_pattern=_OTHER_BODIES, refuse=_too_large
    )
    app.add_middleware(Gatekeeper, application=app)
    app.add_middleware(RequestLog)
    return app


def _too_large(scope: Scope) -> ASGIApp:
    """Answer people with a page, programs with JSON."""
    is_a_page = scope["path"].startswith("/supply")
    return too_large_page(Request(scope)) if is_a_page else errors.too_large_answer()


def connect_app(app: FastAPI, *, engine: Engine, **settings: Unpack[AppSettings]) -> None:
    """Give an application that is not at work its database, settings and memories, all of them anew."""
    planning = settings.get("planning")
    app.state.engine = engine
    app.state.sign_in = settings.get("sign_in") or SignInSettings()
    app.state.pings = (settings.get("meters") or MeterSettings()).rules()
    app.state.plans = planning is not None and planning.on
    app.state.passwords = settings.get("passwords") or PasswordHashes()
    app.state.networks = settings.get("networks") or NetworkCache()
    app.state.reopen_within = (settings.get("outages") or OutageSettings()).reopen_within
    app.state.served_places = ServedPlacesCache()
    app.state.travel = settings.get("travel") or Travel(RoadCache())
    app.state.tiles = settings.get("tiles") or TileCache()
    app.state.photos = settings.get("photos") or PhotoFiles()
    app.state.public_map = settings.get("public_map") or PublicFolder(DatabaseSettings().public_map_folder)
    app.state.base_map = give_base_map(settings.get("base_map") or BaseMapSettings())
    _prepare_live_pages(
        app,
        engine=engine,
        changes=ChangeSignal(engine),
        web=settings.get("web") or WebSettings(),
        messages=settings.get("messages") or MessageSettings(),
    )


def _add_routes(app: FastAPI) -> None:
    """Add all routes; each says who may use it."""
    for router in ROUTERS:
        _document_roles(router)
        app.include_router(router)
    mount_faces(app)
    _open_documentation(app)
    check_declared(context.original_route for context in iter_route_contexts(app.routes))


def _prepare_live_pages(
    app: FastAPI, *, engine: Engine, changes: ChangeSignal, web: WebSettings, messages: MessageSettings
) -> None:
    """Give desk, crews and customers each their stream, with places for so many pages."""
    app.state.messages = messages
    app.state.channels = messages.channels()
    app.state.zone = ZoneInfo(messages.time_zone)
    app.state.changes = changes
    app.state.streams = StreamPlaces(web.stream_connections)
    app.state.storm = StormWatch(engine)
    app.state.crews = CrewWatch(engine, signal=changes, places=StreamPlaces(web.crew_stream_connections))
    app.state.supply = SupplyFace(
        texts=read_vocabulary(),
        zone=ZoneInfo(messages.time_zone),
        watch=SupplyWatch(engine, signal=changes, places=StreamPlaces(web.customer_stream_connections)),
        notice=web.customer_notice,
    )
    app.state.supply_memory = SupplyMemory(engine, signal=changes, languages=app.state.supply.languages())


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    listening = asyncio.create_task(app.state.changes.run())
    try:
        yield
    finally:
        await app.state.supply_memory.stop()
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening


def _open_documentation(app: FastAPI) -> None:
    for route in app.routes:
        if getattr(route, "path", None) in _DOCUMENTATION:
            open_to_everybody(getattr(route, "endpoint", None) or getattr(route, "app"))  # noqa: B009


def _document_roles(router: APIRouter) -> None:
    """Let the documentation say who may use each route; it is fixed once the router is part of an app."""
    for route in router.routes:
        access = declared_access(route)
        if isinstance(route, APIRoute) and access is not None:
            roles = ["everybody"] if access.public else sorted(access.roles)
            route.openapi_extra = {**(route.openapi_extra or {}), "x-open-to": roles}

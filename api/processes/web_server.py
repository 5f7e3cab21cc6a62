"""The web process: the HTTP interface under uvicorn, on a socket that the supervisor opened or on its own."""

from __future__ import annotations

import os
import socket

import uvicorn

from api.app import create_app
from api.photo_files import PhotoFiles
from api.processes.child import SOCKET_NUMBER, collect_seldom, end_with_parent, start_logging
from api.processes.database import given_database_url
from api.processes.road_warmth import RoadWarmth
from api.public_folder import PublicFolder
from api.rule_settings import LoadSettings
from api.settings import (
    BaseMapSettings,
    DatabaseSettings,
    MessageSettings,
    MeterSettings,
    PlanningSettings,
    PublicMapSettings,
    SignInSettings,
    WebSettings,
)
from dispatch.network_cache import NetworkCache
from dispatch.travel import Travel
from gis.database import connect
from gis.roads.road_cache import RoadCache
from gis.tile_cache import TileCache

_LAST_ANSWERS_WITHIN_S = 5


def main() -> None:
    """Serve until told to stop."""
    web, database = WebSettings(), DatabaseSettings()
    start_logging(web.log_level)
    collect_seldom()
    engine = connect(
        given_database_url(database), application_name="relight web", pool_size=database.database_connections
    )
    travel = Travel(RoadCache(folder=database.networks_folder))
    app = create_app(
        engine=engine,
        web=web,
        sign_in=SignInSettings(),
        messages=MessageSettings(),
        meters=MeterSettings(),
        planning=PlanningSettings(),
        networks=NetworkCache(folder=database.networks_folder, load_rules=LoadSettings().rules()),
        photos=PhotoFiles(database.photos_folder),
        public_map=PublicFolder(PublicMapSettings().folder or database.public_map_folder),
        travel=travel,
        tiles=TileCache(database.tiles_folder),
        base_map=BaseMapSettings(),
    )
    config = uvicorn.Config(
        app,
        host=web.host,
        port=web.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws="none",
        proxy_headers=True,
        forwarded_allow_ips=web.trusted_proxies,
        timeout_graceful_shutdown=_LAST_ANSWERS_WITHIN_S,
    )
    number = os.environ.get(SOCKET_NUMBER)
    sockets = [socket.socket(fileno=int(number))] if number else None
    end_with_parent()
    warmth = RoadWarmth(engine, travel)
    warmth.start()
    uvicorn.Server(config).run(sockets=sockets)
    warmth.stop()
    engine.dispose()


if __name__ == "__main__":
    main()

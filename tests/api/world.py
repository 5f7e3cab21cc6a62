"""A drawn network in force, accounts of every role, and clients that speak HTTP to the real application.

Loaded by path from tests/api/conftest.py and tests/stories/conftest.py.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import count

import geopandas as gpd
import httpx
import pandas as pd
import uvicorn
from argon2 import PasswordHasher
from shapely import LineString, Point

from api.accounts import add_account
from api.app import bare_app, connect_app
from api.passwords import PasswordHashes
from api.processes.analysis_worker import AnalysisWorker
from api.roles import Role
from api.settings import MessageSettings, MeterSettings, SignInSettings, WebSettings
from dispatch.analysis import Analyst
from dispatch.network_cache import NetworkCache
from dispatch.transactions import read_transaction, write_transaction
from gis.network_tables import network_tables
from gis.network_versions import activate_network_version, active_network_version, import_network
from topology.rates import EvidenceRates

PASSWORD = "a long enough password"
# Tests sign in often: the same algorithm, at the lowest cost it takes.
FAST_HASHES = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

#   S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
#           └─L1─ N4 ─T2─ N5   b1 b2 b3
#   S ─B2─ M1 ─T3─ M2          c1 c2 c3
DRAWN = """
    breaker B1 S N1
    fuse F1 N1 N2
    distribution T1 N2 N3
    overhead L1 N1 N4
    distribution T2 N4 N5
    breaker B2 S M1
    distribution T3 M1 M2
    service_points a N3 3
    service_points b N5 3
    service_points c M2 3
"""
_PLACES = {
    "S": (11.400, 53.630),
    "N1": (11.410, 53.630),
    "N2": (11.415, 53.632),
    "N3": (11.420, 53.635),
    "N4": (11.415, 53.628),
    "N5": (11.420, 53.625),
    "M1": (11.390, 53.630),
    "M2": (11.380, 53.630),
}
_LAYER = {"overhead": "line_section", "distribution": "transformer"}


def drawn_tables(drawing=DRAWN, places=_PLACES, *, sources=("S",)):
    """Return a drawing as tables: household a1 has meter M-a1, account A-a1 and a phone.

    A switch with `open` as its last word is normally open.
    """
    normally_open = [line.split()[1] for line in drawing.splitlines() if line.split()[4:] == ["open"]]
    rows = {"line_section": [], "switch": [], "transformer": [], "service_point": []}
    for words in (line.split() for line in drawing.splitlines() if line.strip()):
        if words[0] == "service_points":
            rows["service_point"] += [(f"{words[1]}{n}", words[2]) for n in range(1, int(words[3]) + 1)]
        else:
            rows[_LAYER.get(words[0], "switch")].append((words[1], words[2], words[3], "ABC", words[0]))
    nodes = dict.fromkeys(
        node for kind in ("line_section", "switch", "transformer") for row in rows[kind] for node in row[1:3]
    )
    where = {node: places.get(node, (11.4 + 0.0001 * number, 53.6)) for number, node in enumerate(nodes)}

    def frame(rows, columns, geometry):
        return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=list(geometry), crs="EPSG:4326")

    def devices(layer, shape):
        columns = ["id", "from_node", "to_node", "phases", "kind"]
        return frame(rows[layer], columns, (shape(where[row[1]], where[row[2]]) for row in rows[layer]))

    points = rows["service_point"]
    layers = {
        "substation": frame([("SUB", "North")], ["id", "name"], [Point(where["S"])]),
        "node": frame([(id, id in sources) for id in where], ["id", "is_source"], map(Point, where.values())),
        "line_section": devices("line_section", lambda a, b: LineString([a, b])),
        "switch": devices("switch", lambda _, b: Point(b)).assign(
            normally_open=[row[0] in normally_open for row in rows["switch"]]
        ),
        "transformer": devices("transformer", lambda a, _: Point(a)),
        "service_point": frame(
            [(id, node, 1, "ABC", f"M-{id}", f"A-{id}", f"{id} Street 1") for id, node in points],
            ["id", "node", "customers", "phases", "meter", "account", "address"],
            (Point(where[node]) for _, node in points),
        ),
        "customer": pd.DataFrame(
            [
                (
                    f"A-{id}",
                    f"Household {id} 住户",
                    f"+1 555 010 {n:05d}",
                    ("en", "zh")[n % 2],
                    f"{id}@example.org",
                )
                for n, (id, _) in enumerate(points)
            ],
            columns=["account", "name", "phone", "language", "email"],
        ),
    }
    tables, _ = network_tables(name="drawn", layers=layers)
    return tables


# Applications without a world: connected again, which takes a tenth of building one.
_IDLE_APPS = []


class Served:
    """An application under a real server, in a thread of the test."""

    def __init__(self, app):
        """Serve on a free port, and wait until it answers."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]})
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def stop(self):
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


def furnish(engine, *, tables=None):
    """Put a network in force, the usual drawing or `tables`, and add the accounts."""
    now = datetime.now(UTC)
    tables = drawn_tables() if tables is None else tables
    passwords = PasswordHashes(FAST_HASHES)
    with write_transaction(engine) as session:
        imported = import_network(session, tables=tables, findings=(), source="drawn", format="gpkg", now=now)
        activate_network_version(session, network_version=imported.network_version, now=now)
        for name, (role, bound) in World.ACCOUNTS.items():
            add_account(
                session, passwords=passwords, name=name, password=PASSWORD, roles=[role], now=now, **bound
            )


class World:
    """One database with everything in it that a test needs to begin."""

    ACCOUNTS = {  # noqa: RUF012 - never changed
        "dispatcher": (Role.DISPATCHER, {}),
        "second_dispatcher": (Role.DISPATCHER, {}),
        "supervisor": (Role.SUPERVISOR, {}),
        "crew": (Role.CREW, {"crew_id": "C-1"}),
        "second_crew": (Role.CREW, {"crew_id": "C-2"}),
        "guest_crew": (Role.GUEST_CREW, {"crew_id": "C-0"}),
        "customer": (Role.CUSTOMER, {"account": "A-a1"}),
        "meter_system": (Role.METER_SYSTEM, {}),
        "agent": (Role.AGENT, {}),
        "billing_system": (Role.BILLING_SYSTEM, {}),
        "vehicle_system": (Role.VEHICLE_SYSTEM, {}),
    }

    def __init__(self, engine, *, tables=None):
        """Serve a furnished database, or furnish it with `tables` first."""
        if tables is not None:
            furnish(engine, tables=tables)
        self.engine = engine
        self.passwords = PasswordHashes(FAST_HASHES)
        self.clients = []
        self._numbers = count(1)
        with read_transaction(engine) as session:
            self.network_version = active_network_version(session)
        self.analyst = town_analyst()
        self.worker = AnalysisWorker(engine, stopping=threading.Event(), analyst=self.analyst)
        self.app = self.new_app()
        self._route_count = len(self.app.router.routes)
        self.served = Served(self.app)

    def new_app(self, *, meters=None, **settings):
        """Build the application as production does."""
        app = _IDLE_APPS.pop() if _IDLE_APPS else bare_app()
        connect_app(
            app,
            engine=self.engine,
            web=WebSettings(),
            sign_in=SignInSettings(**settings),
            messages=MessageSettings(),
            meters=meters or MeterSettings(),
            passwords=self.passwords,
        )
        return app

    def client(self, name=None):
        """Return a client: of the account, or of nobody."""
        client = httpx.Client(
            base_url=self.served.address, headers={"X-Relight": "1"}, trust_env=False, timeout=30.0
        )
        self.clients.append(client)
        if name is not None:
            answer = client.post("/api/sign-in", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
        return client

    def close(self):
        """Close the clients and stop the server."""
        for client in self.clients:
            client.close()
        self.served.stop()
        # What is left behind by its memory of photos is told as a leak.
        self.app.state.photos._temporary.cleanup()
        # A test may have added routes of its own.
        if len(self.app.router.routes) == self._route_count:
            _IDLE_APPS.append(self.app)

    def id(self, prefix="e"):
        """Return an id that was not used before."""
        return f"{prefix}-{next(self._numbers)}"

    def call(self, service_point, *, minutes_ago=1.0, **fields):
        """Return a trouble call as a document."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        return {
            "id": self.id(),
            "kind": "trouble_call",
            "at": at.isoformat(),
            "service_point": service_point,
            **fields,
        }

    def analyse(self):
        """Let the analysis worker take what waits, as it does itself."""
        self.worker._work_off()


def town_analyst():
    """Return an analyst for a town this small, of which else half would be expected to be out.

    Without hold-down, a last gasp counts at once.
    """
    rates = EvidenceRates(priors={"breaker": 0.002, "fuse": 0.003, "distribution": 0.004, "service": 0.01})
    return Analyst(networks=NetworkCache(), rates=rates, hold_down={})


def lines(documents):
    """Return documents as NDJSON."""
    return "".join(json.dumps(document) + "\n" for document in documents).encode()

"""A house of its own for the scale benchmark: a private database, commands run as a user does, a served web.

Owns only how things are started and watched; what is measured stands in `benchmarks/scale.py`.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine

from api.accounts import add_account
from api.app import create_app
from api.migrations import upgrade
from api.passwords import PasswordHashes
from api.roles import Role
from dispatch.transactions import write_transaction
from gis.cluster import PrivateCluster
from gis.database import connect
from gis.tile_cache import TileCache

_DATABASE = "scale"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command printed, how long it took, and the most memory it held."""

    printed: dict[str, Any]
    seconds: float
    memory_gb: float


@dataclass(frozen=True, slots=True)
class House:
    """A folder, a migrated database with nothing in it, and its address."""

    folder: Path
    url: str
    engine: Engine

    def relight(self, *words: str) -> Ran:
        """Run a command of Relight in a process of its own and watch it."""
        environment = {
            **os.environ,
            "RELIGHT_DATABASE_URL": self.url,
            "RELIGHT_HOME": str(self.folder / "home"),
        }
        begun = time.perf_counter()
        code = "from api.cli import main; main()"
        with subprocess.Popen(
            [sys.executable, "-c", code, *words, "--json"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            printed = process.stdout.read() if process.stdout else b""
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode > 1:
            raise RuntimeError(f"`relight {' '.join(words)}` ended with {process.returncode}")
        return Ran(json.loads(printed), time.perf_counter() - begun, used.ru_maxrss / 1e6)

    def put_city_in_force(self, customers: int) -> None:
        """Make the network of a city with so many customers, import it and put it in force."""
        package = self.folder / "city.gpkg"
        self.relight("storm", "city", str(package), "--customers", str(customers), "--seed", "1")
        imported = self.relight("network", "import", str(package))
        self.relight("network", "activate", str(imported.printed["network_version"]))

    @contextmanager
    def dispatcher(self, tiles: TileCache) -> Iterator[httpx.Client]:
        """Serve the interface on a port of this machine, and give a dispatcher's client."""
        passwords, password = PasswordHashes(), secrets.token_hex(12)
        name = f"scale-{secrets.token_hex(4)}"
        with write_transaction(self.engine) as session:
            add_account(
                session,
                passwords=passwords,
                name=name,
                password=password,
                roles=[Role.DISPATCHER],
                now=datetime.now(UTC),
            )
        app = create_app(engine=self.engine, passwords=passwords, tiles=tiles)
        with socket.socket(proto=socket.IPPROTO_TCP) as listening:
            # Told, or asyncio would not know it for TCP and let answers wait for acknowledgements.
            listening.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
            serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            serving.start()
            try:
                address = f"http://127.0.0.1:{listening.getsockname()[1]}"
                with httpx.Client(base_url=address, headers={"X-Relight": "1"}, trust_env=False) as client:
                    client.post("/api/sign-in", json={"name": name, "password": password}).raise_for_status()
                    yield client
            finally:
                server.should_exit = True
                serving.join()


@contextmanager
def house() -> Iterator[House]:
    """Give a house that is gone afterwards."""
    with TemporaryDirectory(prefix="relight-scale-") as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another account, which must get in
        cluster = PrivateCluster(Path(folder) / "home")
        cluster.start()
        try:
            cluster.create_database(_DATABASE)
            url = cluster.url(_DATABASE)
            upgrade(url)
            engine = connect(url, application_name="relight benchmark")
            yield House(folder=Path(folder), url=url, engine=engine)
            engine.dispose()
        finally:
            cluster.stop()

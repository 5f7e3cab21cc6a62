"""One web process for the status benchmark: the application as it is, and beside it an empty route."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import uvicorn
from fastapi.responses import Response
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from api.app import create_app
from api.roles import open_to_everybody
from api.routes import supply_status
from api.secret_tokens import new_token
from api.tables import SupplyPassRow
from gis.database import connect

STATUS_PATH = "/supply/status"
EMPTY_PATH = "/supply/empty"
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class ServedStatus:
    """Where it is served, and passes of customers."""

    port: int
    tokens: tuple[str, ...]


@contextmanager
def serving(engine: Engine, *, passes: int) -> Iterator[ServedStatus]:
    """Serve in one process of its own; every pass has been asked for once when this is given."""
    tokens = _passes(engine, passes)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.status_server", str(port)],
        env={**os.environ, "RELIGHT_DATABASE_URL": url},
    ) as process:
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                _wait_for(client)
                for token in tokens:
                    client.get(STATUS_PATH, headers={"Cookie": f"relight_supply={token}"}).raise_for_status()
            yield ServedStatus(port=port, tokens=tuple(tokens))
        finally:
            process.terminate()


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            client.get(EMPTY_PATH).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the web process did not come up")


def _passes(engine: Engine, count: int) -> list[str]:
    """Give so many customers a pass."""
    tokens = []
    now = datetime.now(UTC)
    with Session(engine) as session, session.begin():
        accounts = session.scalars(
            text(
                "SELECT account FROM service_point WHERE network_version = 1 AND account IS NOT NULL "
                "ORDER BY id LIMIT :count"
            ),
            {"count": count},
        ).all()
        for account in accounts:
            token, digest = new_token()
            tokens.append(token)
            row = SupplyPassRow(
                token_digest=digest, account=account, created_at=now, expires_at=now + timedelta(hours=12)
            )
            session.add(row)
    return tokens


def add_empty_route() -> None:
    """Put an empty route into the router of the status, so that both are found after the same search."""
    empty = Response(b"{}", media_type="application/json")

    @supply_status.router.get(EMPTY_PATH)
    @open_to_everybody
    async def read_nothing() -> Response:
        return empty


def main() -> None:
    """Serve on the port given until told to stop."""
    engine = connect(os.environ["RELIGHT_DATABASE_URL"], application_name="relight status", pool_size=4)
    add_empty_route()
    app = create_app(engine=engine)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False, ws="none")


if __name__ == "__main__":
    main()

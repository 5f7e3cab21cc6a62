"""Connections to a PostGIS database, whichever server keeps it.

It owns how Relight connects (driver, time zone, how long it waits for a server that has gone away); it does
not own transactions, and it does not start a server (`gis.cluster` does).
"""

from __future__ import annotations

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gis.errors import DatabaseUrlError

_DRIVER = "postgresql+psycopg"
_PLAIN_DRIVERS = {"postgres", "postgresql", _DRIVER}

# A server that went away must show within seconds, not after the two hours of the kernel's own keepalive:
# the dispatcher is told "database away", and evidence is kept by its sender until it answers again.
_CONNECT_TIMEOUT_S = 5
_KEEPALIVE = {
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

# Every session speaks UTC. A transaction left idle would hold its locks for ever: ten minutes are more than
# the slowest import ever pauses between two blocks of rows.
_SESSION_OPTIONS = "-c timezone=UTC -c idle_in_transaction_session_timeout=600000"


def sqlalchemy_url(url: str) -> URL:
    """Return the address for SQLAlchemy with psycopg 3; DatabaseUrlError when it names another database."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseUrlError(
            "The database address cannot be read. Write it as postgresql://user:password@host:5432/database"
        ) from error
    if parsed.drivername not in _PLAIN_DRIVERS:
        raise DatabaseUrlError(
            f"The database address begins with {parsed.drivername}://, but Relight keeps its rows in "
            "PostGIS. Write it as postgresql://user:password@host:5432/database"
        )
    return parsed.set(drivername=_DRIVER)


def connect(url: str, *, application_name: str = "relight", pool_size: int = 10) -> Engine:
    """Return an engine for the address; nothing is opened until the first query."""
    return create_engine(
        sqlalchemy_url(url),
        pool_pre_ping=True,
        pool_size=pool_size,
        connect_args={
            "application_name": application_name,
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "options": _SESSION_OPTIONS,
            **_KEEPALIVE,
        },
    )

"""The database a process works on: the one that was named, or the private cluster, started when needed.

Whoever uses the private cluster holds a shared lock on `users.lock` in its home; the last one out stops it.
So a short command never stops the database under a running system, and a system stops what it started.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from api.migrations import upgrade
from api.settings import DatabaseSettings
from gis.cluster import PrivateCluster
from gis.database import connect
from gis.errors import ClusterError

DATABASE_NAME = "relight"


class NoDatabaseNamedError(Exception):
    """A process that needs RELIGHT_DATABASE_URL was started without it."""


def given_database_url(settings: DatabaseSettings) -> str:
    """Return the address in the settings; NoDatabaseNamedError without one."""
    if settings.database_url is None:
        raise NoDatabaseNamedError(
            "RELIGHT_DATABASE_URL is not set; `relight up` sets it for what it starts."
        )
    return settings.database_url.get_secret_value()


@contextmanager
def open_database(settings: DatabaseSettings) -> Iterator[str]:
    """Give the address of a migrated database; the private cluster runs for as long as someone uses it."""
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        upgrade(url)
        yield url
        return
    with open_cluster(settings.home) as cluster:
        cluster.create_database(DATABASE_NAME)
        url = cluster.url(DATABASE_NAME)
        upgrade(url)
        yield url


@contextmanager
def open_engine(settings: DatabaseSettings, *, application_name: str) -> Iterator[Engine]:
    """Give an engine on the migrated database, for a short command."""
    with open_database(settings) as url:
        engine = connect(url, application_name=application_name, pool_size=1)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def open_cluster(home: Path) -> Iterator[PrivateCluster]:
    """Give the running private cluster of a home folder; the last one to leave stops it."""
    cluster = PrivateCluster(home)
    users = _open_users_file(cluster.home)
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        cluster.start()
        yield cluster
    finally:
        try:
            # Only the last user gets the lock for itself, and only that one stops the server.
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            cluster.stop()
        finally:
            os.close(users)


def _open_users_file(home: Path) -> int:
    try:
        # As root the server runs as another account, which must be able to reach its data in here.
        home.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
        return os.open(home / "users.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ClusterError(
            f"The folder {home} cannot be used: {error.strerror}. Name another in RELIGHT_HOME."
        ) from error

"""Starting and stopping the private cluster, and the databases in it.

It owns one data folder and the server on it. It is safe to start it from several processes at once, and after
the server, or whoever started it, was killed at any moment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from gis.cluster import processes
from gis.cluster.account import Account, server_account
from gis.cluster.file_lock import exclusive_lock
from gis.cluster.home import make_home, make_private_folder, short_run_folder, socket_folder
from gis.cluster.installation import Installation, choose_installation, find_installations
from gis.cluster.settings import ADMIN_ROLE, APPLICATION_ROLE, write_settings
from gis.errors import ClusterError

EXTENSIONS = ("postgis", "btree_gist", "pg_trgm")

# Recovery after a crash replays at most max_wal_size of log; five minutes cover that on a slow disk.
_START_TIMEOUT_S = 300
_STOP_TIMEOUT_S = 60
_POLL_S = 0.05
_LOG_LIMIT_BYTES = 10_000_000
_SHOWN_LOG_LINES = 15


class PrivateCluster:
    """A PostgreSQL server of Relight's own, with its data in `home/database`."""

    def __init__(self, home: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """Describe the cluster in `home`; `settings` are added to the server's. Nothing is started yet."""
        self.home = home.absolute()
        self.data_folder = self.home / "database"
        self.log_path = self.home / "log" / "database.log"
        self._settings = dict(settings or {})
        digest = hashlib.sha256(os.fsencode(self.data_folder)).hexdigest()[:16]
        self._title = f"relight-{digest}"

    @property
    def socket_folder(self) -> Path:
        """Return the folder of the server's socket, the only door to it."""
        user_id = os.geteuid()
        return socket_folder(self.home, run_folder=short_run_folder(user_id=user_id), user_id=user_id)

    def url(self, database: str) -> str:
        """Return the address of a database for Relight's own role, which owns what is in it and no more."""
        return self._address(database, role=APPLICATION_ROLE)

    def admin_url(self, database: str) -> str:
        """Return the address of a database for the server's administrator."""
        return self._address(database, role=ADMIN_ROLE)

    def is_running(self) -> bool:
        """Say whether a server serves this data folder, whoever started it."""
        return processes.running_postmaster(self.data_folder) is not None

    def start(self) -> None:
        """Start the server, or find the one that runs; make its data folder the first time. ClusterError."""
        account = server_account(self.data_folder)
        make_home(self.home, account=account)
        with exclusive_lock(self.home / "cluster.lock") as lock:
            if self.is_running():
                if self._answers():
                    self._make_role()  # who started it may have been killed before it came to that
                    return
                self._stop(account)  # its socket is gone: cleaners of /tmp do that
            installation = self._installation()
            if not (self.data_folder / "PG_VERSION").exists():
                self._initialise(installation, account=account, lock=lock)
            self._start(installation, account=account)

    def stop(self) -> None:
        """Stop the server in order and wait until it has ended; nothing happens when none runs."""
        if not self.data_folder.exists():
            return
        account = server_account(self.data_folder)
        with exclusive_lock(self.home / "cluster.lock"):
            self._stop(account)

    def create_database(self, name: str) -> None:
        """Create a database that Relight's role owns, with the extensions; one that exists keeps its rows."""
        with self._connect("postgres") as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not found:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                        sql.Identifier(name), sql.Identifier(APPLICATION_ROLE)
                    )
                )
        with self._connect(name) as connection:
            for extension in EXTENSIONS:
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                )

    def drop_database(self, name: str) -> None:
        """Drop a database, closing what is connected to it; nothing happens when there is none."""
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _address(self, database: str, *, role: str) -> str:
        host = quote(str(self.socket_folder), safe="/")
        return f"postgresql://{role}@/{quote(database, safe='')}?host={host}&port=5432"

    def _connect(self, database: str) -> psycopg.Connection:
        try:
            return psycopg.connect(self.admin_url(database), autocommit=True, connect_timeout=10)
        except psycopg.OperationalError as error:
            raise ClusterError(
                f"The private database in {self.home} does not answer: {str(error).strip()}. "
                f"Its log is {self.log_path}."
            ) from error

    def _installation(self) -> Installation:
        version_file = self.data_folder / "PG_VERSION"
        data_version = int(version_file.read_text(encoding="utf-8")) if version_file.exists() else None
        return choose_installation(find_installations(), data_version=data_version)

    def _answers(self, process_id: int | None = None) -> bool:
        """Wait until the server answers; False when it ended, or cannot be reached though it lives."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            starting = process_id is not None and processes.is_alive(process_id)
            if not starting and not self.is_running():
                return False
            try:
                self._connect("postgres").close()
            except ClusterError as error:
                is_recovering = "starting up" in str(error) or "recovery" in str(error)
                if not starting and not is_recovering:
                    return False
                time.sleep(_POLL_S)
            else:
                return True
        return False

    def _start(self, installation: Installation, *, account: Account) -> None:
        make_private_folder(self.socket_folder, account=account)
        make_private_folder(self.log_path.parent, account=account)
        self._clear_remains(account)
        self._keep_log_small()
        write_settings(
            self.data_folder,
            sockets=self.socket_folder,
            title=self._title,
            account=account,
            extra=self._settings,
        )
        # The shell only puts the server into the background, so that it is nobody's child and outlives us.
        # pg_ctl would do as much, but breaks on quotes in a path.
        answer = account.run(
            ["/bin/sh", "-c", 'log="$1"; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!', "sh"]
            + [str(self.log_path), installation.program("postgres"), "-D", str(self.data_folder)]
        )
        if not answer.stdout.strip().isdecimal() or not self._answers(int(answer.stdout)):
            raise ClusterError(
                f"The private database in {self.home} did not start. {answer.stdout.strip()}\n"
                f"The end of its log, {self.log_path}:\n{self._end_of_log()}"
            )
        self._make_role()

    def _stop(self, account: Account) -> None:
        process_id = processes.running_postmaster(self.data_folder)
        if process_id is None:
            return
        pg_ctl = self._installation().program("pg_ctl")
        for mode in ("fast", "immediate"):
            account.run(
                [pg_ctl, "stop", "--wait", f"--timeout={_STOP_TIMEOUT_S}", "--silent", f"--mode={mode}"]
                + ["-D", str(self.data_folder)]
            )
            if processes.wait_until_ended([process_id], patience_s=2.0):
                self._remove_socket_folder()
                return
        raise ClusterError(
            f"The private database in {self.home} did not stop (process {process_id}).\n"
            f"The end of its log, {self.log_path}:\n{self._end_of_log()}"
        )

    def _initialise(self, installation: Installation, *, account: Account, lock: int) -> None:
        """Make the data folder beside its place, so that one cut short is never taken for a whole one.

        initdb holds the lock itself: when we are killed, it still writes for a moment.
        """
        beside = self.home / "database.new"
        if beside.exists():
            shutil.rmtree(beside)
        make_private_folder(beside, account=account)
        answer = account.run(
            [installation.program("initdb"), "-D", str(beside), f"--username={ADMIN_ROLE}"]
            + ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject", "--data-checksums"],
            keep_open=[lock],
        )
        if answer.returncode != 0:
            raise ClusterError(f"The private database in {self.home} could not be made.\n{answer.stdout}")
        beside.rename(self.data_folder)

    def _clear_remains(self, account: Account) -> None:
        """Make way for a start after kill -9: children still running, and misleading lock files."""
        processes.end_orphans(title=self._title, user_id=account.user_id)
        process_id = processes.postmaster_process_id(self.data_folder)
        # PostgreSQL itself removes the file of a process that is gone, but not one whose number was given to
        # another process of the same account since, or waits to be reaped, nor an empty one.
        if process_id is None or processes.number_is_taken(process_id):
            (self.data_folder / "postmaster.pid").unlink(missing_ok=True)
            for remains in self.socket_folder.glob(".s.PGSQL.*"):
                remains.unlink(missing_ok=True)

    def _remove_socket_folder(self) -> None:
        """Leave nothing behind in /run or /tmp; inside the home the folder may stay."""
        if self.socket_folder.parent == self.home:
            return
        for remains in self.socket_folder.glob(".s.PGSQL.*"):
            remains.unlink(missing_ok=True)
        self.socket_folder.rmdir()

    def _make_role(self) -> None:
        with self._connect("postgres") as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", [APPLICATION_ROLE]
            ).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APPLICATION_ROLE)))

    def _keep_log_small(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))

    def _end_of_log(self) -> str:
        if not self.log_path.exists():
            return "(there is none)"
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_SHOWN_LOG_LINES:])

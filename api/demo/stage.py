"""The demo's stage: a database of its own, made anew, with a network in force, a clock at speed and accounts.

Owns the database `relight_demo` in the private cluster. It never touches the one that `relight up` uses, nor
the one that RELIGHT_DATABASE_URL names.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from api.accounts import add_account
from api.demo.cast import CastAccount
from api.demo.errors import DemoError
from api.demo.network_choice import ChosenNetwork
from api.migrations import upgrade
from api.passwords import PasswordHashes
from dispatch.clock import Clock, set_clock
from dispatch.transactions import write_transaction
from gis.check import check_tables
from gis.cluster import PrivateCluster
from gis.database import connect
from gis.network_tables import NetworkTables
from gis.network_versions import activate_network_version, import_network
from topology.findings import Finding

DEMO_DATABASE = "relight_demo"


@contextmanager
def only_demo(home: Path) -> Iterator[None]:
    """Hold the place of the one demo of a home folder; DemoError while another runs."""
    home.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take_place(descriptor, home)
        yield
    finally:
        os.close(descriptor)


def _take_place(descriptor: int, home: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DemoError(
            f"Another demo runs with the data in {home}. Stop it first (Ctrl-C in its terminal), "
            "or name another folder in RELIGHT_HOME."
        ) from error


@contextmanager
def running_cluster(home: Path) -> Iterator[PrivateCluster]:
    """Start the private cluster, and stop it at the end unless it ran before."""
    cluster = PrivateCluster(home)
    ran_before = cluster.is_running()
    cluster.start()
    try:
        yield cluster
    finally:
        if not ran_before:
            cluster.stop()


def make_database(cluster: PrivateCluster) -> str:
    """Make the demo's database anew, with the tables of today, and return its address."""
    cluster.drop_database(DEMO_DATABASE)
    cluster.create_database(DEMO_DATABASE)
    url = cluster.url(DEMO_DATABASE)
    upgrade(url)
    return url


def set_stage(
    *,
    url: str,
    chosen: ChosenNetwork,
    tables: NetworkTables,
    findings: Sequence[Finding],
    accounts: Sequence[CastAccount],
    clock: Clock,
    report: Callable[[str], None],
) -> None:
    """Put network, clock and accounts into the demo's database."""
    engine = connect(url, application_name="relight demo")
    try:
        report(f"Importing {len(tables.service_point):,} service points …")
        _bring_in(engine, chosen, tables, findings, now=clock.origin_simulated)
        _open_accounts(engine, accounts, now=datetime.now(UTC))
        with write_transaction(engine) as session:
            set_clock(session, clock=clock)
    finally:
        engine.dispose()


def _bring_in(
    engine: Engine, chosen: ChosenNetwork, tables: NetworkTables, findings: Sequence[Finding], now: datetime
) -> None:
    with write_transaction(engine) as session:
        imported = import_network(
            session,
            tables=tables,
            findings=[*findings, *check_tables(tables)],
            source=chosen.name,
            format=chosen.format,
            now=now,
        )
        activate_network_version(session, network_version=imported.network_version, now=now)


def _open_accounts(engine: Engine, accounts: Sequence[CastAccount], now: datetime) -> None:
    passwords = PasswordHashes()
    with write_transaction(engine) as session:
        for one in accounts:
            add_account(
                session,
                passwords=passwords,
                name=one.credentials.name,
                password=one.credentials.password,
                roles=[one.role],
                now=now,
                crew_id=one.crew_id,
                account=one.account,
            )

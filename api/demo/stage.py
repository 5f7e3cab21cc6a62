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

from sqlalchemy.orm import Session

from api.accounts import add_account
from api.autopilot_switch import install_autopilot
from api.demo.cast import CastAccount
from api.demo.errors import DemoError
from api.demo.production import Production
from api.migrations import upgrade
from api.passwords import PasswordHashes
from dispatch.clock import Clock, set_clock
from dispatch.transactions import write_transaction
from gis.cluster import PrivateCluster
from gis.database import connect
from gis.network_versions import activate_network_version, import_network
from gis.roads.road_versions import import_roads

DEMO_DATABASE = "relight_demo"


@contextmanager
def only_demo(home: Path) -> Iterator[None]:
    """Hold the place of the one demo of a home folder; DemoError while another runs."""
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


def make_database(cluster: PrivateCluster) -> str:
    """Make the demo's database anew, with the tables of today, and return its address."""
    cluster.drop_database(DEMO_DATABASE)
    cluster.create_database(DEMO_DATABASE)
    url = cluster.url(DEMO_DATABASE)
    upgrade(url)
    return url


def set_stage(*, url: str, production: Production) -> None:
    """Put the network into force and open the accounts in the demo's database."""
    now = datetime.now(UTC)
    engine = connect(url, application_name="relight demo")
    try:
        with write_transaction(engine) as session:
            imported = import_network(
                session,
                tables=production.tables,
                findings=production.findings,
                source=production.chosen.name,
                format=production.chosen.format,
                now=now,
            )
            activate_network_version(session, network_version=imported.network_version, now=now)
            if production.roads is not None and production.chosen.roads is not None:
                import_roads(session, read=production.roads, source=production.chosen.roads.name, now=now)
            _open_accounts(session, production.accounts, now=now)
            install_autopilot(session)
    finally:
        engine.dispose()


def start_clock(*, url: str, speed: float) -> Callable[[], datetime]:
    """Let simulated time run from now on at the given speed, and return what tells it."""
    now = datetime.now(UTC)
    clock = Clock(origin_real=now, origin_simulated=now, speed=speed)
    engine = connect(url, application_name="relight demo")
    try:
        with write_transaction(engine) as session:
            set_clock(session, clock=clock)
    finally:
        engine.dispose()
    return lambda: clock.now(datetime.now(UTC))


def _open_accounts(session: Session, accounts: Sequence[CastAccount], *, now: datetime) -> None:
    passwords = PasswordHashes()
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

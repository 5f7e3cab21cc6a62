"""The database that tests run on: a real PostGIS, migrated as in production; and the command line.

One server for the whole run, shared by the workers of pytest-xdist: a private cluster in a temporary home, or
the one that RELIGHT_TEST_DATABASE_URL names (its role must be allowed to create databases and extensions).
One template database is migrated once, and others from it that hold what many tests begin with; what a test
gets is a copy, or a transaction that is rolled back.

- `session`: rolled back after the test; the usual choice.
- `database_url`, `engine`: a fresh database of one's own, for what commits or uses several connections.
- `database_server`: for what creates databases itself.
- `relight`: runs a command of the command line, in this process.
- `relight_home`: an empty home for a private cluster of one's own, stopped and removed after the test.
"""

from __future__ import annotations

import fcntl
import importlib.util
import io
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from api.cli import main
from api.migrations import upgrade
from gis.cluster import PrivateCluster
from gis.cluster.file_lock import exclusive_lock
from gis.cluster.private_cluster import EXTENSIONS
from gis.database import connect

RUN_FOLDER = pytest.StashKey[Path]()
RUN_LOCK = pytest.StashKey[int]()
FOLDER_PREFIX = "relight-tests-"

# What a test database loses in a power cut is nothing; waiting for the disk would double the run. Its log is
# kept short, since it may lie in memory.
FAST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
}
# Each test writes a database of 20 MB and deletes it again: on a disk that is most of what a run costs.
IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it have names nobody can guess
ROOM_NEEDED_BYTES = 4 * 1024**3


@contextmanager
def _engine_on(url: str) -> Iterator[Engine]:
    engine = connect(url, application_name="relight tests")
    try:
        yield engine
    finally:
        engine.dispose()


class DatabaseServer:
    """The server of this run, and the databases that tests make on it.

    Beside the tests it makes the next database, and drops the last one: half of a test's time otherwise.
    """

    def __init__(
        self, *, run_folder: Path, worker: str, url: Callable[[str], str], admin_url: Callable[[str], str]
    ) -> None:
        """Describe a server by the addresses of its databases."""
        self.url = url
        self.admin_url = admin_url
        self.template = f"{run_folder.name.replace('-', '_')}_template"
        self._run_folder = run_folder
        self._worker = worker
        self._numbers = itertools.count(1)
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="test databases")
        self._next: dict[str, Future[str]] = {}

    def make_template(self) -> None:
        """Migrate the template database, once for all workers."""
        with self._once(self.template) as is_first:
            if is_first:
                self._create(self.template, template="template0")
                with psycopg.connect(self.admin_url(self.template), autocommit=True) as connection:
                    for extension in EXTENSIONS:
                        connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
                upgrade(self.url(self.template))

    def furnished(self, name: str, furnish: Callable[[Engine], None]) -> str:
        """Return a template that holds what `furnish` puts into a migrated one, once for all workers."""
        template = f"{self.template}_{name}"
        with self._once(template) as is_first:
            if is_first:
                self._create(template, template=self.template)
                with _engine_on(self.url(template)) as engine:
                    furnish(engine)
        return template

    @contextmanager
    def fresh_database(self, template: str | None = None) -> Iterator[str]:
        """Give the name of a new copy of a template (of the one without rows), dropped at the end."""
        template = template or self.template
        waiting = self._next.get(template)
        name = (waiting or self._beside.submit(self._copy, template)).result()
        self._next[template] = self._beside.submit(self._copy, template)
        try:
            yield name
        finally:
            self._beside.submit(self.drop, name)

    @contextmanager
    def fresh_engine(self, template: str | None = None) -> Iterator[Engine]:
        """Give an engine on a new copy of a template."""
        with self.fresh_database(template) as name, _engine_on(self.url(name)) as engine:
            yield engine

    def close(self) -> None:
        """Drop what was made and not taken, and wait until all is dropped."""
        for waiting in self._next.values():
            self._beside.submit(self.drop, waiting.result())
        self._beside.shutdown()

    def drop_templates(self) -> None:
        """Drop the templates, when no worker takes copies of them any more."""
        for done in self._run_folder.glob(f"{self.template}*.done"):
            self.drop(done.stem)

    @contextmanager
    def _once(self, template: str) -> Iterator[bool]:
        done = self._run_folder / f"{template}.done"
        with exclusive_lock(self._run_folder / f"{template}.lock"):
            yield not done.exists()
            done.touch()

    def _copy(self, template: str) -> str:
        name = f"{self.template}_{self._worker}_{next(self._numbers)}"
        self._create(name, template=template)
        return name

    def drop(self, name: str) -> None:
        """Drop a database, closing what is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _create(self, name: str, *, template: str) -> None:
        self._execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name),
                sql.Identifier(make_url(self.url(name)).username or ""),
                sql.Identifier(template),
            )
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def _fast_place() -> Path:
    """Return where a run has its files: in memory where that has room (a container has not), or on disk."""
    is_usable = os.access(IN_MEMORY, os.W_OK | os.X_OK)
    if is_usable and shutil.disk_usage(IN_MEMORY).free >= ROOM_NEEDED_BYTES:
        return IN_MEMORY
    return Path(tempfile.gettempdir())


def _hold(folder: Path) -> int:
    """Lock the folder of a run for as long as its first process lives; BlockingIOError when another does."""
    descriptor = os.open(folder / "run.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_what_killed_runs_left() -> None:
    left = [place.glob(f"{FOLDER_PREFIX}*") for place in (IN_MEMORY, Path(tempfile.gettempdir()))]
    for folder in itertools.chain(*left):
        try:
            if folder.stat().st_uid != os.geteuid() or not (folder / "run.lock").exists():
                continue
            descriptor = _hold(folder)
        except (BlockingIOError, FileNotFoundError):  # it is at work, or has just ended
            continue
        PrivateCluster(folder / "home").stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of this run: the first process makes it, workers are told."""
    if _is_worker(config):
        config.stash[RUN_FOLDER] = Path(config.workerinput["run_folder"])
        _stay_within(config.stash[RUN_FOLDER])
        return
    _remove_what_killed_runs_left()
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=_fast_place()))
    folder.chmod(0o711)  # as root the server runs as another account, which must get in
    config.stash[RUN_LOCK] = _hold(folder)
    config.stash[RUN_FOLDER] = folder
    _stay_within(folder)


def _stay_within(folder: Path) -> None:
    """Let tests and what they start write only below the folder of the run.

    What a test starts without naming a home writes its tiles to one. Files of a moment, a browser's too, lie
    in memory like the databases: a small network package is written three times as fast as on a disk.
    """
    os.environ["RELIGHT_HOME"] = str(folder / "unnamed")
    of_a_moment = folder / "temporary"
    of_a_moment.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(of_a_moment)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell a worker of pytest-xdist the folder of this run."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the private cluster, if any test started it, and remove the folder."""
    if _is_worker(config) or RUN_FOLDER not in config.stash:
        return
    folder = config.stash[RUN_FOLDER]
    if given := os.environ.get("RELIGHT_TEST_DATABASE_URL"):
        _given_server(given, run_folder=folder, worker="main").drop_templates()
    else:
        PrivateCluster(folder / "home").stop()
    # A test may leave what its own account cannot delete; the next run tries again.
    shutil.rmtree(folder, ignore_errors=True)
    os.close(config.stash[RUN_LOCK])


def _measured(terminalreporter, name):
    return [
        value
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
        for found, value in report.user_properties
        if found == name
    ]


def pytest_terminal_summary(terminalreporter) -> None:
    """List what tests measured: pairs of words and a figure under `measured_seconds` and `measured_bytes`."""
    weights = _measured(terminalreporter, "measured_bytes")
    if weights:
        terminalreporter.section("bytes that a page sent over the line, with all that belongs to it")
        for what, size in sorted(set(weights)):
            terminalreporter.line(f"{size:7d}  {what}")
    measured = _measured(terminalreporter, "measured_seconds")
    if measured:
        terminalreporter.section("seconds until a page showed what was done elsewhere")
        for what, seconds in measured:
            terminalreporter.line(f"{seconds:7.2f}  {what}")


def _given_server(given: str, *, run_folder: Path, worker: str) -> DatabaseServer:
    def url(database: str) -> str:
        return make_url(given).set(drivername="postgresql", database=database).render_as_string(False)

    return DatabaseServer(run_folder=run_folder, worker=worker, url=url, admin_url=url)


@pytest.fixture(scope="session")
def database_server(pytestconfig: pytest.Config) -> Iterator[DatabaseServer]:
    """The server of this run, started when the first test asks for it, with its template migrated."""
    folder = pytestconfig.stash[RUN_FOLDER]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    if given := os.environ.get("RELIGHT_TEST_DATABASE_URL"):
        server = _given_server(given, run_folder=folder, worker=worker)
    else:
        cluster = PrivateCluster(folder / "home", settings=FAST_SETTINGS)
        cluster.start()
        server = DatabaseServer(
            run_folder=folder, worker=worker, url=cluster.url, admin_url=cluster.admin_url
        )
    server.make_template()
    yield server
    server.close()


@pytest.fixture
def database_template() -> str | None:
    """The template of a test's own database: one without rows, unless a folder of tests says another."""
    return None


@pytest.fixture
def database_url(database_server: DatabaseServer, database_template: str | None) -> Iterator[str]:
    """The address of a fresh, migrated database of one's own."""
    with database_server.fresh_database(database_template) as name:
        yield database_server.url(name)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database of one's own."""
    with _engine_on(database_url) as engine:
        yield engine


@pytest.fixture(scope="session")
def _shared_engine(database_server: DatabaseServer) -> Iterator[Engine]:
    with database_server.fresh_engine() as engine:
        yield engine


@pytest.fixture
def session(_shared_engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back after the test; its commits are but savepoints."""
    with _shared_engine.connect() as connection:
        transaction = connection.begin()
        with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def relight_home() -> Iterator[Path]:
    """An empty home that the server's account may enter, with a short path (pytest's own is closed to it)."""
    folder = Path(tempfile.mkdtemp(prefix="relight-home-"))
    folder.chmod(0o711)
    home = folder / "home"
    yield home
    PrivateCluster(home).stop()
    shutil.rmtree(folder)


@pytest.fixture
def relight(monkeypatch, capsys):
    """Run a command as typed; return its exit code and what it said on both outputs."""

    def run(*words, typed=""):
        monkeypatch.setattr(sys, "argv", ["relight", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return int(ended.value.code or 0), said.out, said.err

    return run


@pytest.fixture(scope="session")
def push_service_module():
    """Return tests/push_service.py, which several rooms' tests share."""
    path = Path(__file__).parent / "push_service.py"
    spec = importlib.util.spec_from_file_location("relight_tests_push_service", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def push_service(push_service_module):
    """Return a push service that takes everything, until its mood is another one."""
    service = push_service_module.PushService()
    yield service
    service.close()

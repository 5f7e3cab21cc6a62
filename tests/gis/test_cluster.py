"""The private cluster as a newcomer meets it: it starts, keeps to itself, and stops."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from gis.cluster import PrivateCluster, default_home
from gis.cluster.account import Account, server_account
from gis.cluster.home import SOCKET_PATH_LIMIT_BYTES
from gis.cluster.processes import postmaster_process_id
from gis.errors import ClusterError

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another account")


def _ask(cluster: PrivateCluster, question: str, database: str = "postgres"):
    with psycopg.connect(cluster.admin_url(database), autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def _tcp_ports_listened_on_by(process_id: int) -> set[str]:
    """Read from the kernel which listening TCP sockets a process holds."""
    held = {str(each.readlink()) for each in Path(f"/proc/{process_id}/fd").iterdir()}
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process_id}/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in held:
                ports.add(words[1])
    return ports


def test_starts_answers_and_stops(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    assert not cluster.is_running()

    cluster.start()
    assert cluster.is_running()
    assert int(_ask(cluster, "SHOW server_version_num")) >= 150_000

    cluster.stop()
    assert not cluster.is_running()
    cluster.stop()


def test_second_start_finds_the_running_server(relight_home: Path):
    PrivateCluster(relight_home).start()
    first = postmaster_process_id(relight_home / "database")

    PrivateCluster(relight_home).start()

    assert postmaster_process_id(relight_home / "database") == first


def test_listens_on_no_tcp_port(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()

    assert _ask(cluster, "SHOW listen_addresses") == ""
    assert _tcp_ports_listened_on_by(postmaster_process_id(cluster.data_folder)) == set()


def test_keeps_commits_through_a_power_cut(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()

    assert {
        _ask(cluster, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")
    } == {"on"}


def test_lets_nobody_else_in(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()

    for folder in (cluster.data_folder, cluster.socket_folder, cluster.log_path.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for role in ("postgres", "somebody"):
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(cluster.url("postgres").replace("relight@", f"{role}@"))


@as_root
def test_refuses_another_account_even_at_an_open_door(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()
    stranger = Account(name="games", user_id=5, group_id=60, is_other=True)
    psql = ["psql", cluster.url("postgres"), "--command", "SELECT 1"]

    assert "Permission denied" in stranger.run(psql).stdout
    cluster.socket_folder.chmod(0o755)
    for socket in cluster.socket_folder.glob(".s.PGSQL.5432"):
        socket.chmod(0o777)
    assert "Peer authentication failed" in stranger.run(psql).stdout


@as_root
def test_runs_as_an_unprivileged_account_under_root(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()

    owner = Path(f"/proc/{postmaster_process_id(cluster.data_folder)}").stat().st_uid
    assert owner == server_account(cluster.data_folder).user_id == cluster.data_folder.stat().st_uid
    assert owner != 0


@as_root
def test_says_when_the_account_cannot_enter_the_home(relight_home: Path):
    closed = relight_home.parent / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(ClusterError, match=r"may not enter .*/closed/home.* RELIGHT_HOME"):
        PrivateCluster(closed / "home").start()


def test_starts_from_a_checkout_that_the_account_cannot_read(relight_home: Path):
    checkout = relight_home.parent / "checkout"
    checkout.mkdir(mode=0o700)
    start = (
        "from pathlib import Path; from gis.cluster import PrivateCluster; "
        f"PrivateCluster(Path({str(relight_home)!r})).start()"
    )

    subprocess.run([sys.executable, "-c", start], cwd=checkout, check=True)

    process_id = postmaster_process_id(relight_home / "database")
    assert PrivateCluster(relight_home).is_running()
    assert os.getsid(process_id) != os.getsid(0)


@pytest.mark.parametrize("depth", [1, 4])
def test_works_in_a_home_whose_path_is_long_or_odd(relight_home: Path, depth: int):
    home = relight_home.joinpath(*(['停电管理 o\'clock, "quoted" 100%'] * depth))
    cluster = PrivateCluster(home)
    cluster.start()

    assert _ask(cluster, "SELECT 1") == 1
    socket = cluster.socket_folder / ".s.PGSQL.5432"
    assert socket.is_socket()
    assert len(os.fsencode(socket)) < SOCKET_PATH_LIMIT_BYTES
    cluster.stop()


def test_refuses_a_socket_folder_that_somebody_else_put_there(relight_home: Path):
    relight_home.mkdir()
    (relight_home / "socket").symlink_to("/etc")

    with pytest.raises(ClusterError, match=r"socket belongs to somebody else|socket is no folder"):
        PrivateCluster(relight_home).start()


def test_creates_databases_with_the_extensions_and_an_owner_without_power(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()
    cluster.create_database("outages 停电")
    with psycopg.connect(cluster.url("outages 停电"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (place geometry(Point, 4326), account text)")
        connection.execute("CREATE INDEX ON kept USING gin (account gin_trgm_ops)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("COPY kept TO PROGRAM 'cat'")

    cluster.create_database("outages 停电")

    assert _ask(cluster, "SELECT count(*) FROM kept", "outages 停电") == 0
    cluster.drop_database("outages 停电")
    cluster.drop_database("outages 停电")
    assert _ask(cluster, "SELECT count(*) FROM pg_database WHERE datname LIKE 'outages%'") == 0


def test_a_stopped_cluster_says_so_instead_of_a_driver_error(relight_home: Path):
    with pytest.raises(ClusterError, match=r"(?s)does not answer.* log is"):
        PrivateCluster(relight_home).create_database("relight")


def test_reads_a_site_s_own_settings_last(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()
    cluster.stop()
    (cluster.data_folder / "custom.conf").write_text("work_mem = '9MB'\n")
    (cluster.data_folder / "custom.conf").chmod(0o644)

    cluster.start()

    assert _ask(cluster, "SHOW work_mem") == "9MB"


def test_a_broken_setting_is_shown_with_the_end_of_the_log(relight_home: Path):
    with pytest.raises(ClusterError, match=r"(?s)did not start.*unrecognized configuration parameter"):
        PrivateCluster(relight_home, settings={"no_such_setting": "1"}).start()


@pytest.mark.parametrize(
    ("environment", "is_root", "expected"),
    [
        ({}, True, "/var/lib/relight"),
        ({"XDG_DATA_HOME": "/data"}, True, "/var/lib/relight"),
        ({"XDG_DATA_HOME": "/data"}, False, "/data/relight"),
        ({"XDG_DATA_HOME": "not/absolute"}, False, "~/.local/share/relight"),
        ({}, False, "~/.local/share/relight"),
        ({"RELIGHT_HOME": "/srv/relight", "XDG_DATA_HOME": "/data"}, False, "/srv/relight"),
        ({"RELIGHT_HOME": "~/mine"}, True, "~/mine"),
        ({"RELIGHT_HOME": ""}, True, "/var/lib/relight"),
    ],
)
def test_home_follows_the_environment(environment, is_root, expected):
    assert default_home(environment=environment, is_root=is_root) == Path(expected).expanduser()

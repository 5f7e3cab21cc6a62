"""The private cluster after kill -9: of the server, of whoever started it, and of a first start half done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from gis.cluster import PrivateCluster
from gis.cluster.account import server_account
from gis.cluster.processes import is_alive, postmaster_process_id, wait_until_ended

START = """
import sys, time
from pathlib import Path
from gis.cluster import PrivateCluster
cluster = PrivateCluster(Path(sys.argv[1]))
cluster.start()
print("started", flush=True)
if "wait" in sys.argv:
    time.sleep(600)
"""


@pytest.fixture
def cluster(relight_home: Path) -> PrivateCluster:
    """A running cluster with one row in it."""
    cluster = PrivateCluster(relight_home)
    cluster.start()
    with psycopg.connect(cluster.admin_url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE evidence (id text)")
        connection.execute("INSERT INTO evidence VALUES ('call-1')")
    return cluster


def _kept(cluster: PrivateCluster) -> list[str]:
    with psycopg.connect(cluster.admin_url("postgres")) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM evidence")]


def _kill(cluster: PrivateCluster) -> int:
    process_id = postmaster_process_id(cluster.data_folder)
    os.kill(process_id, signal.SIGKILL)
    assert wait_until_ended([process_id], patience_s=30)
    return process_id


def _wait_until_busy(cluster: PrivateCluster, child: int) -> None:
    with psycopg.connect(cluster.admin_url("postgres"), autocommit=True) as connection:
        question = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s"
        while not connection.execute(question, [child]).fetchone()[0]:
            time.sleep(0.01)


def test_keeps_its_rows_when_the_server_is_killed(cluster: PrivateCluster):
    for _ in range(3):
        _kill(cluster)
        assert not cluster.is_running()
        cluster.start()

    assert _kept(cluster) == ["call-1"]


def test_starts_again_though_a_child_of_the_killed_server_is_still_busy(cluster: PrivateCluster):
    connection = psycopg.connect(cluster.admin_url("postgres"), autocommit=True)
    child = connection.info.backend_pid

    def work() -> None:
        with pytest.raises(psycopg.OperationalError):
            connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")

    thread = threading.Thread(target=work)
    thread.start()
    _wait_until_busy(cluster, child)
    _kill(cluster)
    assert is_alive(child)

    cluster.start()

    assert _kept(cluster) == ["call-1"]
    assert not is_alive(child)
    thread.join()
    connection.close()


def test_starts_again_though_its_old_process_number_now_belongs_to_another(cluster: PrivateCluster):
    account = server_account(cluster.data_folder)
    old = _kill(cluster)
    other = subprocess.Popen(["sleep", "600"], user=account.user_id if account.is_other else None, cwd="/")
    lock_files = [cluster.data_folder / "postmaster.pid", cluster.socket_folder / ".s.PGSQL.5432.lock"]
    for path in lock_files:
        text = path.read_text()
        path.write_text(text.replace(str(old), str(other.pid), 1))

    cluster.start()

    assert other.poll() is None
    assert _kept(cluster) == ["call-1"]
    other.kill()
    other.wait()


def test_starts_again_after_a_lock_file_was_left_empty(cluster: PrivateCluster):
    _kill(cluster)
    (cluster.data_folder / "postmaster.pid").write_text("")

    cluster.start()

    assert _kept(cluster) == ["call-1"]


def test_starts_again_when_its_socket_was_cleaned_away(cluster: PrivateCluster):
    for path in cluster.socket_folder.iterdir():
        path.unlink()

    cluster.start()

    assert _kept(cluster) == ["call-1"]


def test_outlives_the_process_that_started_it(relight_home: Path):
    starter = subprocess.Popen(
        [sys.executable, "-c", START, str(relight_home), "wait"], stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "started\n"
        first = postmaster_process_id(relight_home / "database")
        starter.kill()

    cluster = PrivateCluster(relight_home)
    cluster.start()

    assert postmaster_process_id(cluster.data_folder) == first
    cluster.stop()
    assert not cluster.is_running()


def test_two_starts_at_once_make_one_server(relight_home: Path):
    starters = [
        subprocess.Popen([sys.executable, "-c", START, str(relight_home)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    answers = [starter.communicate()[0] for starter in starters]

    assert answers == ["started\n"] * 3
    assert PrivateCluster(relight_home).is_running()


def test_a_start_killed_before_it_made_the_role_is_completed(relight_home: Path):
    cluster = PrivateCluster(relight_home)
    cluster.start()
    with psycopg.connect(cluster.admin_url("postgres"), autocommit=True) as connection:
        connection.execute("DROP ROLE relight")

    PrivateCluster(relight_home).start()

    cluster.create_database("relight")
    with psycopg.connect(cluster.url("relight")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("relight",)


@pytest.mark.parametrize("delay_s", [0.0, 0.25, 0.5, 0.75])
def test_a_first_start_killed_half_way_is_begun_anew(relight_home: Path, delay_s: float):
    starter = subprocess.Popen(
        [sys.executable, "-c", START, str(relight_home)], stdout=subprocess.PIPE, text=True
    )
    with starter:
        try:
            starter.wait(timeout=0.3 + delay_s)
        except subprocess.TimeoutExpired:
            starter.kill()

    cluster = PrivateCluster(relight_home)
    cluster.start()
    cluster.create_database("relight")

    assert cluster.is_running()
    assert not (relight_home / "database.new").exists()

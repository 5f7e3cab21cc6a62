"""Health knows a worker that runs, one that hangs while it holds its place, and none at all."""

import psycopg
import pytest

from api import worker_locks
from api.change_signal import plain_address
from api.worker_locks import WorkerLock, beat, try_to_hold


@pytest.fixture
def holder(world):
    with psycopg.connect(plain_address(world.engine), autocommit=True) as connection:
        assert try_to_hold(connection, WorkerLock.ANALYSIS)
        yield connection


def health(world):
    return world.client().get("/api/health").json()


def test_without_a_worker_it_is_silent(world):
    assert health(world)["worker"] == "silent"


@pytest.mark.usefixtures("holder")
def test_one_that_goes_round_is_running(world):
    assert health(world)["worker"] == "running"


def test_one_that_goes_round_no_more_is_stuck_and_not_running(world, holder, monkeypatch):
    beat(holder)
    # As if the last beat were longer ago than any honest step takes.
    monkeypatch.setattr(worker_locks, "STUCK_AFTER_S", -1.0)
    found = health(world)
    assert (found["worker"], found["status"]) == ("stuck", "degraded")
    assert "hangs" in found["text"]
    monkeypatch.setattr(worker_locks, "STUCK_AFTER_S", 3600.0)
    assert health(world)["worker"] == "running"


def test_a_beat_is_what_the_server_keeps(world, holder):
    def last_beat():
        with world.engine.connect() as connection:
            return connection.exec_driver_sql(
                "SELECT state_change FROM pg_stat_activity WHERE pid = %(pid)s",
                {"pid": holder.info.backend_pid},
            ).scalar()

    before = last_beat()
    beat(holder)
    assert last_beat() > before

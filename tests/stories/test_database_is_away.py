"""The database goes away for a while: clear words, no evidence lost or doubled, recovery by itself."""

import shutil
import tempfile
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api.migrations import upgrade
from api.processes.analysis_worker import AnalysisWorker
from gis.cluster import PrivateCluster
from gis.database import connect


@pytest.fixture
def cluster():
    """A private cluster that this test alone may stop."""
    folder = Path(tempfile.mkdtemp(prefix="relight-away-"))
    folder.chmod(0o711)  # as root the server runs as another account, which must get in
    cluster = PrivateCluster(folder / "home", settings={"fsync": "off"})
    cluster.start()
    cluster.create_database("relight")
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


@pytest.fixture
def world(cluster, world_module):
    upgrade(cluster.url("relight"))
    engine = connect(cluster.url("relight"), application_name="relight tests")
    world = world_module.World(engine, tables=world_module.drawn_tables())
    yield world
    world.close()
    engine.dispose()


@pytest.fixture
def worker(world):
    """The analysis worker, running all the while."""
    stopping = threading.Event()
    worker = AnalysisWorker(world.engine, stopping=stopping, analyst=world.analyst)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield thread
    stopping.set()
    thread.join()


def _until(condition):
    gives_up_at = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < gives_up_at, "it did not recover"
        time.sleep(0.05)


def test_the_database_is_away_and_comes_back(world, worker, cluster, lines):
    meters, dispatcher = world.client("meter_system"), world.client("dispatcher")
    before = world.call("a1")
    assert meters.post("/api/evidence", json=before).status_code == 200
    _until(lambda: dispatcher.get("/api/outages").json()["outages"])

    cluster.stop()
    # Everyone is told in plain words what is the matter and when to ask again; nothing is acknowledged.
    during = [world.call("c1"), world.call("c2"), world.call("c3")]
    refused = [
        dispatcher.get("/api/outages"),
        meters.post("/api/evidence", json=during[0]),
        meters.post("/api/evidence/batch", content=lines(during)),
        httpx.post(
            f"{world.served.address}/api/sign-in", json={"name": "crew", "password": "x"}, trust_env=False
        ),
    ]
    for answer in refused:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "database_away"), answer.text
        assert "database" in answer.json()["error"]["text"]
        assert int(answer.headers["retry-after"]) > 0
    health = dispatcher.get("/api/health")
    assert (health.status_code, health.json()["status"], health.json()["database"]) == (
        503,
        "degraded",
        "away",
    )
    assert worker.is_alive()

    cluster.start()
    # Nobody is started again: the same application, the same sign-ins and the same worker go on.
    _until(lambda: dispatcher.get("/api/health").json()["worker"] == "running")
    assert meters.post("/api/evidence", json=before).json()["status"] == "duplicate"
    answer = meters.post("/api/evidence/batch", content=lines([*during, *during])).json()
    assert (answer["accepted"], answer["duplicates"]) == (3, 3)
    _until(lambda: len(dispatcher.get("/api/outages").json()["outages"]) == 2)
    with world.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM evidence")) == 4

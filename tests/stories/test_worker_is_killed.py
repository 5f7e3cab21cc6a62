"""The analysis worker is killed at twenty random moments of a storm; the outcome is that of a quiet run."""

import multiprocessing
import random
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.evidence_batch import take_evidence
from api.processes import analysis_worker
from dispatch.change_log import changes_after
from dispatch.evidence_lines import Document
from dispatch.outages import affected_service_points, list_outages
from dispatch.replay import empty_snapshot, replay
from dispatch.snapshot import snapshot
from dispatch.transactions import read_transaction
from gis.database import connect

FEEDERS, LATERALS, HOUSEHOLDS = 4, 3, 4
KILLS = 20

#   S ─B1─ N1 ─F1-1─ M1-1 ─T1-1─ L1-1   1-1-1 … 1-1-4      and so on for four feeders of three laterals
FEEDER = """
    breaker B{f} S N{f}
"""
LATERAL = """
    fuse F{f}-{l} N{f} M{f}-{l}
    distribution T{f}-{l} M{f}-{l} L{f}-{l}
    service_points {f}-{l}- L{f}-{l} 4
"""


def _drawing():
    return "".join(
        FEEDER.format(f=f) + "".join(LATERAL.format(f=f, l=lateral) for lateral in range(1, LATERALS + 1))
        for f in range(1, FEEDERS + 1)
    )


def _storm(rng, began_at):
    """Feeder 1 is out as a whole, one lateral of each other feeder, and one household, as it arrives."""
    out = [f"1-{lateral}-{n}" for lateral in range(1, LATERALS + 1) for n in range(1, HOUSEHOLDS + 1)]
    out += [f"{f}-{f - 1}-{n}" for f in range(2, FEEDERS + 1) for n in range(1, HOUSEHOLDS + 1)]
    out.append("4-1-2")
    documents = [
        {
            "id": f"e-{number}",
            "kind": "last_gasp" if number % 2 else "trouble_call",
            "at": (began_at + timedelta(seconds=rng.randrange(600))).isoformat(),
            "service_point": service_point,
        }
        for number, service_point in enumerate(out)
    ]
    documents += [
        {
            "id": f"on-{f}-{lateral}",
            "kind": "ping",
            "result": "on",
            "at": (began_at + timedelta(seconds=900)).isoformat(),
            "service_point": f"{f}-{lateral}-1",
        }
        for f in range(2, FEEDERS + 1)
        for lateral in range(1, LATERALS + 1)
        if lateral != f - 1
    ]
    rng.shuffle(documents)
    return documents


def _send(engine, documents):
    pieces = [Document(line=number, fields=fields) for number, fields in enumerate(documents, start=1)]
    receipt = take_evidence(engine, documents=pieces, source="meter_system")
    assert receipt.accepted == len(documents), receipt.rejected


def _waits(engine):
    with engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM evidence WHERE status = 'new'"))


def _outcome(engine):
    """Return what stands at the end: device, households and start of each outage that was not merged."""
    with read_transaction(engine) as session:
        return sorted(
            (
                outage.device,
                outage.status,
                outage.started_at,
                tuple(one.id for one in affected_service_points(session, outage_id=outage.id)),
            )
            for outage in list_outages(session)
            if outage.status not in {"merged", "dismissed"}
        )


def _check_books(engine, documents):
    """Nothing is lost and nothing doubled: each piece was taken once, and the log replays to the state."""
    with read_transaction(engine) as session:
        taken = session.execute(
            text("SELECT count(*), count(DISTINCT id) FROM evidence WHERE status <> 'new'")
        )
        assert tuple(taken.one()) == (len(documents), len(documents))
        held = session.execute(
            text("SELECT count(*), count(DISTINCT service_point) FROM affected_service_point")
        ).one()
        assert held[0] == held[1]
        assert replay(empty_snapshot(), changes_after(session, position=0, limit=100_000)) == snapshot(
            session, now=datetime.now(UTC)
        )


@pytest.fixture
def forks():
    """Start workers as real processes, quickly: forked from one that has read its modules already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["api.processes.analysis_worker"])
    return context


def _play(url, documents, forks, *, kills, rng):
    """Send the evidence bit by bit, with a worker at it that is killed so many times."""
    engine = connect(url, application_name="relight tests")
    bits = [documents[start :: kills + 1] for start in range(kills + 1)]
    for bit in bits[:-1]:
        worker = forks.Process(target=analysis_worker.work, args=(url,))
        worker.start()
        _send(engine, bit)
        time.sleep(rng.uniform(0.0, 0.4))
        worker.kill()
        worker.join()
    worker = forks.Process(target=analysis_worker.work, args=(url,))
    worker.start()
    _send(engine, bits[-1])
    gives_up_at = time.monotonic() + 120
    while _waits(engine):
        assert time.monotonic() < gives_up_at, "the worker does not take what waits"
        time.sleep(0.05)
    worker.terminate()
    worker.join()
    assert worker.exitcode == 0
    _check_books(engine, documents)
    outcome = _outcome(engine)
    engine.dispose()
    return outcome


def test_killed_at_twenty_random_moments_the_outcome_is_the_same(database_server, world_module, forks):
    rng = random.Random(20261123)
    documents = _storm(rng, datetime.now(UTC) - timedelta(minutes=30))
    outcomes = []
    for kills in (0, KILLS):
        with database_server.fresh_database() as name:
            url = database_server.url(name)
            engine = connect(url, application_name="relight tests")
            world = world_module.World(engine, tables=world_module.drawn_tables(_drawing(), {}))
            world.close()
            engine.dispose()
            outcomes.append(_play(url, documents, forks, kills=kills, rng=rng))
    assert outcomes[0] == outcomes[1]
    devices = {device for device, *_ in outcomes[0]}
    assert "B1" in devices
    assert len(devices) == 1 + (FEEDERS - 1) + 1

"""`relight benchmark flow`: a storm of last gasps through HTTP, until each shows in the outages.

Rule 1: everything is real and on this machine: PostGIS, the web server, the analysis worker, each a process
of its own; the sender is one more, signed in as a meter system, and sends batches of what has come up.
Rule 2: gasps come as fast as 500,000 in 15 minutes, from faults all over the city that start one after the
other; a size of fewer customers takes a shorter time at the same pace, half of its customers gasping.
Rule 3: a gasp has arrived when its batch is sent, and is visible when a step of analysis that took it has
committed: seen from outside, by asking the database. Nothing may be lost.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
from pydantic import SecretStr
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from api.accounts import add_account
from api.passwords import PasswordHashes
from api.processes.system import running_system
from api.roles import Role
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from benchmarks.report import Report, Row
from benchmarks.scale_house import house
from dispatch.tables import EvidenceRow, OutageRow
from dispatch.transactions import write_transaction
from gis.network_versions import load_network
from topology.arrays import LongArray
from topology.kinds import BLAMEABLE_KINDS, CODE_OF_KIND
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

SIZES = (1_000_000,)
GASPS_A_SECOND = 500_000 / (15 * 60)
LIMIT_S = 3.0
SEED = 20261123
# Meters hold on for 45 to 60 seconds before they gasp; this long is the hold-down too.
HELD_S = 61.0
_TICK_S = 0.5
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 300.0
# A recloser's part of a feeder or less: a storm, not a blackout.
_FEWEST_A_FAULT, _MOST_A_FAULT = 2, 1500

WORDS = """Made by `relight benchmark flow --save docs/benchmarks`: last gasps through HTTP at the pace of
500,000 in 15 minutes, with the database, the web server, the analysis worker and the sender on this
machine. A gasp has arrived when its batch is sent; it is visible when the step of analysis that took it has
committed."""


@dataclass(slots=True)
class Watch:
    """What was sent when, and when it was seen: by batch, the last sequence number that it got."""

    sent: list[tuple[float, int, int]] = field(default_factory=list)
    seen: list[tuple[float, int]] = field(default_factory=list)
    is_over: bool = False

    def latencies(self) -> list[float]:
        """Return for each gasp the seconds from its arrival until it was visible."""
        found = []
        looks = iter(self.seen)
        at, upto = next(looks, (np.inf, 2**62))
        for sent_at, last, count in self.sent:
            while upto < last:
                at, upto = next(looks, (np.inf, 2**62))
            found += [at - sent_at] * count
        return found


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of every size."""
    return Report("flow", tuple(row for size in sizes for row in _rows(size, progress)))


def write(report: Report, folder: Path) -> None:
    """Write the page into a folder, as `docs/benchmarks/` has it."""
    (folder / "flow.md").write_text(report.as_page(WORDS), encoding="utf-8")


def _rows(customers: int, progress: Callable[[str], None]) -> Iterator[Row]:
    case = f"{customers:,} customers, city"
    with house() as home:
        progress(f"{case}: making and importing it")
        home.put_city_in_force(customers)
        gasps = _gasps(home.engine, customers // 2)
        name, password = _meter_system(home.engine)
        settings = DatabaseSettings(home=home.folder / "home", database_url=SecretStr(home.url))
        progress(f"{case}: {len(gasps):,} last gasps, {len(gasps) / GASPS_A_SECOND / 60:.1f} minutes")
        with running_system(database=settings, web=WebSettings(port=0), messages=MessageSettings()) as system:
            watch = _send(system.address, name, password, gasps, home.engine)
        latencies = np.array(watch.latencies())
        target = LIMIT_S if customers == SIZES[0] else None
        yield Row(case, "last gasps sent", float(len(gasps)), "gasps")
        p95 = float(np.percentile(latencies, 95))
        yield Row(case, "until visible, p95", p95, "s", target=target, at_most=True)
        yield Row(case, "until visible, median", float(np.median(latencies)), "s")
        yield Row(case, "until visible, slowest", float(latencies.max()), "s")
        kept, waiting, outages = _left(home.engine)
        yield Row(case, "lost", float(len(gasps) - kept + waiting), "gasps", target=0.0, at_most=True)
        yield Row(case, "open outages at the end", float(outages), "outages")


def _gasps(engine: Engine, wanted: int) -> list[str]:
    """Return service points in the order they gasp: fault after fault, no one twice."""
    with Session(engine) as session:
        network = load_network(session, network_version=1)
    tree = SupplyTree(network, SwitchState.normal(network))
    codes = [CODE_OF_KIND[kind] for kind in BLAMEABLE_KINDS]
    random = np.random.default_rng(SEED)
    devices = random.permutation(np.flatnonzero(np.isin(network.device_kind_codes, codes)))
    is_dark = np.zeros(network.service_point_count, dtype=np.bool_)
    chosen: list[LongArray] = []
    count = 0
    for device in devices.tolist():
        points = tree.service_points_behind(device)
        if not _FEWEST_A_FAULT <= len(points) <= _MOST_A_FAULT or is_dark[points].any():
            continue
        is_dark[points] = True
        chosen.append(random.permutation(points).astype(np.int64))
        count += len(points)
        if count >= wanted:
            break
    return network.service_point_ids(np.concatenate(chosen))[:wanted]


def _meter_system(engine: Engine) -> tuple[str, str]:
    name, password = f"flow-{secrets.token_hex(4)}", secrets.token_hex(12)
    with write_transaction(engine) as session:
        add_account(
            session,
            passwords=PasswordHashes(),
            name=name,
            password=password,
            roles=[Role.METER_SYSTEM],
            now=datetime.now(UTC),
        )
    return name, password


def _send(address: str, name: str, password: str, gasps: Sequence[str], engine: Engine) -> Watch:
    watch = Watch()
    looking = threading.Thread(target=_look, args=(engine, watch))
    looking.start()
    try:
        with httpx.Client(
            base_url=address, headers={"X-Relight": "1"}, trust_env=False, timeout=60
        ) as client:
            client.post("/api/sign-in", json={"name": name, "password": password}).raise_for_status()
            _send_at_pace(client, gasps, engine, watch)
    finally:
        watch.is_over = True
        looking.join()
    return watch


def _send_at_pace(client: httpx.Client, gasps: Sequence[str], engine: Engine, watch: Watch) -> None:
    begun, done = time.monotonic(), 0
    while done < len(gasps):
        due = min(len(gasps), int((time.monotonic() - begun) * GASPS_A_SECOND) + 1)
        batch = range(done, due)
        at = (datetime.now(UTC) - timedelta(seconds=HELD_S)).isoformat()
        lines = [
            json.dumps({"id": f"flow-{n}", "kind": "last_gasp", "at": at, "service_point": gasps[n]})
            for n in batch
        ]
        sent_at = time.monotonic()
        answer = client.post(
            "/api/evidence/batch",
            content="\n".join(lines).encode() + b"\n",
            headers={"Content-Type": "application/x-ndjson"},
        )
        answer.raise_for_status()
        with engine.connect() as connection:
            last = connection.scalar(select(EvidenceRow.sequence).where(EvidenceRow.id == f"flow-{due - 1}"))
        watch.sent.append((sent_at, int(last or 2**62), len(batch)))
        done = due
        time.sleep(max(0.0, _TICK_S - (time.monotonic() - sent_at)))


def _look(engine: Engine, watch: Watch) -> None:
    """Note up to which sequence number all evidence is taken, until all is or patience ends."""
    ended: float | None = None
    while True:
        with engine.connect() as connection:
            first_new, last = connection.execute(
                text(
                    "SELECT (SELECT min(sequence) FROM evidence WHERE status = 'new'),"
                    " (SELECT max(sequence) FROM evidence)"
                )
            ).one()
        watch.seen.append((time.monotonic(), (first_new - 1) if first_new else (last or 0)))
        if watch.is_over:
            ended = ended or time.monotonic()
            if first_new is None or time.monotonic() > ended + _PATIENCE_S:
                return
        time.sleep(_LOOK_EVERY_S)


def _left(engine: Engine) -> tuple[int, int, int]:
    """Return how much evidence there is, how much of it waits still, and the open outages."""
    with engine.connect() as connection:
        kept = connection.scalar(select(func.count()).select_from(EvidenceRow)) or 0
        waiting = (
            connection.scalar(
                select(func.count()).select_from(EvidenceRow).where(EvidenceRow.status == "new")
            )
            or 0
        )
        outages = (
            connection.scalar(
                select(func.count()).select_from(OutageRow).where(OutageRow.status == "predicted")
            )
            or 0
        )
    return kept, waiting, outages

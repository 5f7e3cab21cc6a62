"""The storm that the desk's benchmark is looked at with: thousands of open outages, crews, and what changes.

RULE 1: outages and their households are written as rows, as analysis writes predictions: each behind a
    device of the network that is really above its 7 to 18 households, no household in two. Inference is not
    asked.
RULE 2: all else goes through the operations that people use: a fifth of the outages is confirmed (the
    largest, which stand first in the list), crews are put on the roster, and most are sent to an outage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from dispatch.assignments import assign_crew
from dispatch.crews import add_crew
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.operations import confirm_outage
from dispatch.outages import list_outages
from dispatch.states import OutageStatus
from dispatch.transactions import read_transaction, write_transaction
from gis.place import Place
from gis.places import device_places
from topology.phases import format_phases

FEWEST_HOUSEHOLDS, MOST_HOUSEHOLDS = 7, 18
ACTOR = "benchmark"
_CONFIRMED_SHARE = 0.2
_SENT_SHARE = 0.7
_SKILLS = ("line", "low_voltage", "switching", "transformer")
_ROWS_AT_ONCE = 500

_OUTAGE = text("""
    INSERT INTO outage (id, version, network_version, status, device, device_kind, phases, probability,
        candidates, reasons, service_points_out, customers_out, started_at, predicted_at)
    VALUES (:id, 0, :network_version, 'predicted', :device, :device_kind, :phases, 0.9,
        CAST(:candidates AS jsonb), CAST(:reasons AS jsonb), :service_points, :customers, :started_at,
        :started_at)
""")
_HOUSEHOLDS = text("""
    INSERT INTO affected_service_point (outage_id, service_point, phases, started_at, customers)
    SELECT :id, one, :phases, :started_at, 1 FROM unnest(CAST(:service_points AS text[])) AS one
""")


@dataclass(frozen=True, slots=True)
class Storm:
    """How much there is: open outages, their households, and the crews."""

    outages: int
    households: int
    crews: int


def make_storm(
    engine: Engine, *, folder: Path, outages: int, crews: int, seed: int, progress: Callable[[str], None]
) -> Storm:
    """Write outages on the network in force, and let people do the rest; `folder` keeps walked networks."""
    now = datetime.now(UTC)
    chance = np.random.default_rng(seed)
    networks = NetworkCache(folder=folder)
    with read_transaction(engine) as session:
        traced = networks.in_force(session)
    progress("outages")
    parts = _parts(traced, chance, outages)
    with write_transaction(engine) as session:
        _write_outages(session, traced, parts, now)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    progress("confirming, and crews")
    _confirm(engine, round(_CONFIRMED_SHARE * len(parts)))
    _send_crews(engine, traced, chance, crews)
    return Storm(outages=len(parts), households=sum(len(points) for _, points in parts), crews=crews)


def _parts(traced: TracedNetwork, chance: np.random.Generator, wanted: int) -> list[tuple[int, list[str]]]:
    """Choose devices with few households behind, anywhere, none of them behind another."""
    network, tree = traced.network, traced.normal
    is_taken = np.zeros(network.service_point_count, dtype=bool)
    found: list[tuple[int, list[str]]] = []
    for device in chance.permutation(network.device_count):
        points = tree.service_points_behind(int(device))
        is_small = FEWEST_HOUSEHOLDS <= len(points) <= MOST_HOUSEHOLDS
        if not is_small or is_taken[points].any():
            continue
        is_taken[points] = True
        found.append((int(device), network.service_point_ids(points)))
        if len(found) == wanted:
            break
    return found


def _write_outages(
    session: Session, traced: TracedNetwork, parts: Sequence[tuple[int, list[str]]], now: datetime
) -> None:
    network = traced.network
    rows = []
    for number, (device, points) in enumerate(parts, 1):
        (name,) = network.device_ids([device])
        phases = format_phases(int(network.device_phases[device]))
        candidate = {"device": name, "phases": phases, "probability": 0.9, "equivalent": []}
        values = {"device": name, "out": 3, "service_points": len(points), "last_gasps": 3}
        reason = {
            "code": "reports_below",
            "values": values,
            "text": f"3 service points under {name} are out.",
        }
        rows.append(
            {
                "id": f"O-{number}",
                "network_version": traced.network_version,
                "device": name,
                "device_kind": str(network.device_kind(device)),
                "phases": phases,
                "candidates": json.dumps([candidate]),
                "reasons": json.dumps([reason]),
                "service_points": points,
                "customers": len(points),
                "started_at": now - timedelta(minutes=20 + number % 60),
            }
        )
    for first in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[first : first + _ROWS_AT_ONCE]
        session.execute(_OUTAGE, [{**row, "service_points": row["customers"]} for row in part])
        session.execute(_HOUSEHOLDS, part)
    session.execute(text("SELECT setval('outage_number', :last)"), {"last": max(len(rows), 1)})


def _confirm(engine: Engine, count: int) -> None:
    """Confirm the largest, twenty in a transaction."""
    with read_transaction(engine) as session:
        query = text("SELECT id FROM outage ORDER BY customers_out DESC, id LIMIT :count")
        ids = list(session.scalars(query, {"count": count}))
    for first in range(0, len(ids), 20):
        with write_transaction(engine) as session:
            for id in ids[first : first + 20]:
                confirm_outage(session, outage_id=id, version=None, actor=ACTOR, now=datetime.now(UTC))


def _send_crews(engine: Engine, traced: TracedNetwork, chance: np.random.Generator, crews: int) -> None:
    """Put crews on the roster near outages, and send most of them to the smaller ones of those confirmed."""
    with read_transaction(engine) as session:
        confirmed = list_outages(session, statuses=[OutageStatus.CONFIRMED], limit=10_000)
        confirmed.sort(key=lambda outage: outage.customers_out)
        devices = {outage.device for outage in confirmed}
        places = device_places(session, network_version=traced.network_version, ids=devices)
    around = list(places.values()) or [Place(lon=0.0, lat=0.0)]
    sent = round(_SENT_SHARE * crews)
    for number in range(crews):
        now = datetime.now(UTC)
        place = around[int(chance.integers(len(around)))]
        with write_transaction(engine) as session:
            add_crew(
                session,
                id=f"C{number:03d}",
                name=f"Crew {number}",
                skills=_SKILLS,
                lon=place.lon + float(chance.normal(scale=0.003)),
                lat=place.lat + float(chance.normal(scale=0.002)),
                actor=ACTOR,
                now=now,
                shift_start=now - timedelta(hours=1),
                shift_end=now + timedelta(hours=9),
            )
            if number < sent and number < len(confirmed):
                outage_id = confirmed[number].id
                assign_crew(
                    session, outage_id=outage_id, version=None, crew_id=f"C{number:03d}", actor=ACTOR, now=now
                )

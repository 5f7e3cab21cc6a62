"""What goes on while the desk is watched: a process that makes so many changes a second.

Half are positions of crews, half restoration times of outages. Each changes its row and appends its line to
the log, in one transaction with nineteen others, as the operations write them; by statements of its own,
since how fast operations are is not what is measured, and they share the processors with the page.

It prints, as JSON, how many it made, and those that the page must show: the restoration times of outages
whose rows are in sight, and positions of crews, each with the moment of its commit (Unix time).
The ids of the outages in sight come on standard input, one a line.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, bindparam, select, text

from dispatch.crew_view import crew_place
from dispatch.tables import CrewRow, Instant
from dispatch.transactions import read_transaction, write_transaction
from gis.database import connect

_TIMES_A_SECOND = 10
_STEP_DEGREES = 0.0002  # about twenty metres, at walking pace of a truck between two positions
_DRIFT_DEGREES = 5e-6
# A row in sight is changed again only when what was said before has surely been drawn.
_REST_S = 3.0


_MOVE_CREWS = text("""
    WITH told AS (
        SELECT * FROM json_to_recordset(CAST(:told AS json))
            AS (id text, lon double precision, lat double precision)
    ), moved AS (
        UPDATE crew SET position_at = :now, position_source = 'vehicle',
            location = ST_SetSRID(ST_MakePoint(told.lon, told.lat), 4326)
        FROM told WHERE crew.id = told.id RETURNING crew.id, told.lon, told.lat
    )
    INSERT INTO change_log (position, recorded_at, occurred_at, name, actor, subject, data)
    SELECT nextval('change_position'), :now, :now, 'crew.moved', 'benchmark', 'crew:' || id,
        jsonb_build_object('values', jsonb_build_object(
            'lon', jsonb_build_object('old', NULL, 'new', lon),
            'lat', jsonb_build_object('old', NULL, 'new', lat),
            'position_at', jsonb_build_object('old', NULL, 'new', CAST(:now_text AS text))))
    FROM moved
""").bindparams(bindparam("now", type_=Instant))
_SAY_TIMES = text("""
    WITH told AS (
        SELECT id, etr_at, nextval('change_position') AS position
        FROM json_to_recordset(CAST(:told AS json)) AS (id text, etr_at text)
    ), said AS (
        UPDATE outage SET etr_at = CAST(told.etr_at AS timestamptz), etr_source = 'dispatcher',
            version = told.position
        FROM told WHERE outage.id = told.id RETURNING outage.id, told.etr_at, told.position
    )
    INSERT INTO change_log (position, recorded_at, occurred_at, name, actor, subject, outage_id, data)
    SELECT position, :now, :now, 'outage.etr_changed', 'benchmark', 'outage:' || id, id,
        jsonb_build_object('values', jsonb_build_object(
            'etr_at', jsonb_build_object('old', NULL, 'new', etr_at),
            'etr_source', jsonb_build_object('old', NULL, 'new', 'dispatcher')))
    FROM said
""").bindparams(bindparam("now", type_=Instant))


@dataclass(slots=True)
class Flood:
    """Outages and crews that change in turn, and what was made so far."""

    engine: Engine
    in_sight: Sequence[str]
    others: Sequence[str]
    places: dict[str, tuple[float, float]]
    made: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    _last: dict[str, float] = field(default_factory=dict)

    def tick(self, number: int, count: int, chance: np.random.Generator) -> None:
        """Make so many changes in one transaction: half positions, half restoration times."""
        now = datetime.now(UTC)
        crews = self._next_crews(number, count // 2)
        outages = self._next_outages(number, count - count // 2, chance, now)
        values = {"now": now, "now_text": now.isoformat()}
        with write_transaction(self.engine) as session:
            session.execute(_MOVE_CREWS, {**values, "told": json.dumps(crews)})
            session.execute(_SAY_TIMES, {**values, "told": json.dumps(outages)})
        committed = time.time()
        self.made += len(crews) + len(outages)
        self.told += [{"kind": "crew", **one, "at": committed} for one in crews]
        watched = [one for one in outages if one["id"] in self.in_sight]
        self.told += [{"kind": "outage", **one, "at": committed} for one in watched]

    def _next_crews(self, number: int, count: int) -> list[dict[str, Any]]:
        ids = sorted(self.places)
        angle = 2 * math.pi * ((number * 7) % 36) / 36
        told = []
        for id in sorted({ids[(number * count + step) % len(ids)] for step in range(count)}):
            lon, lat = self.places[id]
            # Round and round, and a little on, so that no place comes twice.
            lon += _STEP_DEGREES * math.cos(angle) + _DRIFT_DEGREES
            lat += _STEP_DEGREES * math.sin(angle)
            self.places[id] = (lon, lat)
            told.append({"id": id, "lon": lon, "lat": lat})
        return told

    def _next_outages(
        self, number: int, count: int, chance: np.random.Generator, now: datetime
    ) -> list[dict[str, Any]]:
        rested = [id for id in self.in_sight if time.time() - self._last.get(id, 0.0) > _REST_S]
        watched = rested[: 1 if number % 3 == 0 else 0]
        self._last.update(dict.fromkeys(watched, time.time()))
        first = (number * count) % max(1, len(self.others))
        told = []
        for id in [*watched, *self.others[first : first + count - len(watched)]]:
            later = timedelta(minutes=5 * int(chance.integers(12, 130)))
            etr_at = (now + later).replace(second=0, microsecond=0)
            told.append({"id": id, "etr_at": etr_at.isoformat(), "says": f"{etr_at:%H:%M}"})
        return told


def flood(engine: Engine, *, in_sight: Sequence[str], per_second: int, seconds: float) -> Flood:
    """Make changes for some seconds, at an even pace; what could not be made in time is not made up for."""
    with read_transaction(engine) as session:
        query = text("SELECT id FROM outage WHERE status IN ('predicted', 'confirmed') ORDER BY id")
        others = [id for id in session.scalars(query) if id not in set(in_sight)]
        crews = {row.id: crew_place(row) for row in session.scalars(select(CrewRow))}
    places = {id: (place.lon, place.lat) for id, place in crews.items()}
    made = Flood(engine=engine, in_sight=in_sight, others=others, places=places)
    chance = np.random.default_rng(1)
    begun = time.monotonic()
    for number in range(int(seconds * _TIMES_A_SECOND)):
        time.sleep(max(0.0, begun + number / _TIMES_A_SECOND - time.monotonic()))
        made.tick(number, per_second // _TIMES_A_SECOND, chance)
        if time.monotonic() - begun > seconds:
            break
    return made


def main() -> None:
    """Make changes as the arguments say, and print what was made."""
    asked = argparse.ArgumentParser()
    asked.add_argument("url")
    asked.add_argument("per_second", type=int)
    asked.add_argument("seconds", type=float)
    given = asked.parse_args()
    engine = connect(given.url, application_name="relight benchmark", pool_size=1)
    begun = time.monotonic()
    made = flood(
        engine, in_sight=sys.stdin.read().split(), per_second=given.per_second, seconds=given.seconds
    )
    took = time.monotonic() - begun
    engine.dispose()
    sys.stdout.write(json.dumps({"made": made.made, "seconds": took, "told": made.told}))


if __name__ == "__main__":
    main()

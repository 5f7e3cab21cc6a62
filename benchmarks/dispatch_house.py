"""A control room on 300,000 corners of road: a network of single transformers, all out, and crews half busy.

Owns how that world comes into a private database; what is measured stands in `benchmarks/dispatch_travel.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy import Engine

from benchmarks.scale_house import House
from dispatch.analysis import Analyst
from dispatch.assignments import assign_crew
from dispatch.crews import add_crew
from dispatch.evidence_lines import Document
from dispatch.intake import receive_evidence
from dispatch.network_cache import NetworkCache
from dispatch.operations import confirm_outage
from dispatch.outages import list_outages
from dispatch.skills import Skill
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from dispatch.travel import Travel
from gis.network_tables import NetworkTables, network_tables
from gis.network_versions import activate_network_version, import_network
from gis.place import Place
from gis.roads.reading import ReadRoads
from gis.roads.road_versions import import_roads
from gis.roads.roads import Roads, degrees
from topology.rates import EvidenceRates

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
CREWS, BUSY_CREWS, JOBS_OF_A_BUSY_CREW = 120, 60, 2
OUTAGES = 140
_POINTS_EACH = 4
_SHIFT_HOURS = 10

_Points = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ControlRoom:
    """Roads, a network and crews in one database; `open_outages` have nobody sent to them yet."""

    engine: Engine
    open_outages: tuple[str, ...]


def places_along(roads: Roads, count: int, *, seed: int) -> list[Place]:
    """Return places at random corners."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(roads.point_lon), count, replace=False)
    lon, lat = degrees(roads.point_lon[chosen]), degrees(roads.point_lat[chosen])
    return [Place(lon=one, lat=other) for one, other in zip(lon.tolist(), lat.tolist(), strict=True)]


def make_control_room(
    home: House, *, roads: Roads, travel: Travel, progress: Callable[[str], None]
) -> ControlRoom:
    """Import roads and a network, put it all out, and send the busy crews."""
    engine = home.engine
    progress("importing the roads")
    with intake_transaction(engine) as session:
        import_roads(session, read=ReadRoads(roads=roads, counts={}, findings=()), source="lattice", now=NOW)
    progress("making a network, its outages and crews")
    _import_network(engine, places_along(roads, OUTAGES, seed=3))
    _put_out(engine)
    crews = _add_crews(engine, places_along(roads, CREWS, seed=4))
    outages = _confirmed(engine)
    count = BUSY_CREWS * JOBS_OF_A_BUSY_CREW
    for number, outage_id in enumerate(outages[:count]):
        with write_transaction(engine) as session:
            assign_crew(
                session,
                outage_id=outage_id,
                version=None,
                crew_id=crews[number % BUSY_CREWS],
                actor="benchmark",
                now=NOW,
                travel=travel,
            )
    return ControlRoom(engine=engine, open_outages=tuple(outages[count:]))


def _import_network(engine: Engine, places: list[Place]) -> None:
    with intake_transaction(engine) as session:
        imported = import_network(
            session, tables=_tables(places), findings=(), source="benchmark", format="text", now=NOW
        )
        activate_network_version(session, network_version=imported.network_version, now=NOW)


def _tables(places: list[Place]) -> NetworkTables:
    """Return a source with a feeder to each place: breaker, transformer, households."""
    points = shapely.points([(place.lon, place.lat) for place in places])
    numbers = range(len(places))

    def frame(columns: dict[str, list[object]], geometry: npt.NDArray[np.object_]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(pd.DataFrame(columns), geometry=geometry, crs="EPSG:4326")

    households = np.repeat(points, _POINTS_EACH)
    layers = {
        "substation": frame({"id": ["SUB"], "name": ["Main"]}, points[:1]),
        "node": frame(
            {
                "id": ["S", *(f"N{n}" for n in numbers), *(f"M{n}" for n in numbers)],
                "is_source": [True, *(False for _ in range(2 * len(places)))],
            },
            np.concatenate([points[:1], points, points]),
        ),
        "switch": frame(
            {
                "id": [f"B{n}" for n in numbers],
                "from_node": ["S" for _ in numbers],
                "to_node": [f"N{n}" for n in numbers],
                "phases": ["ABC" for _ in numbers],
                "kind": ["breaker" for _ in numbers],
                "normally_open": [False for _ in numbers],
            },
            points,
        ),
        "transformer": frame(
            {
                "id": [f"T{n}" for n in numbers],
                "from_node": [f"N{n}" for n in numbers],
                "to_node": [f"M{n}" for n in numbers],
                "phases": ["ABC" for _ in numbers],
                "kind": ["distribution" for _ in numbers],
            },
            points,
        ),
        "service_point": frame(
            {
                "id": [f"p{n}-{k}" for n in numbers for k in range(_POINTS_EACH)],
                "node": [f"M{n}" for n in numbers for _ in range(_POINTS_EACH)],
                "phases": ["ABC" for _ in households],
                "customers": [10 for _ in households],
            },
            households,
        ),
    }
    return network_tables(name="benchmark", layers=layers)[0]


def _put_out(engine: Engine) -> None:
    """Let every household gasp, and have the outages predicted."""
    documents = [
        Document(
            line=number,
            fields={
                "id": f"e{number}",
                "kind": "last_gasp",
                "at": NOW.isoformat(),
                "service_point": f"p{number // _POINTS_EACH}-{number % _POINTS_EACH}",
            },
        )
        for number in range(OUTAGES * _POINTS_EACH)
    ]
    with intake_transaction(engine) as session:
        receive_evidence(session, documents=documents, network_version=1, source="benchmark", now=NOW)
    rates = EvidenceRates(priors={"breaker": 0.002, "distribution": 0.004, "service": 0.01})
    analyst = Analyst(networks=NetworkCache(), rates=rates, hold_down={})
    with write_transaction(engine) as session:
        analyst.analyse(session, now=NOW)


def _confirmed(engine: Engine) -> list[str]:
    with read_transaction(engine) as session:
        outages = [one.id for one in list_outages(session, limit=10 * OUTAGES)]
    with write_transaction(engine) as session:
        for outage_id in outages:
            confirm_outage(session, outage_id=outage_id, version=None, actor="benchmark", now=NOW)
    return outages


def _add_crews(engine: Engine, places: list[Place]) -> list[str]:
    ids = [f"crew-{number:03d}" for number in range(len(places))]
    with write_transaction(engine) as session:
        for id, place in zip(ids, places, strict=True):
            add_crew(
                session,
                id=id,
                name=id,
                skills=[Skill.SWITCHING, Skill.TRANSFORMER],
                lon=place.lon,
                lat=place.lat,
                shift_start=NOW,
                shift_end=NOW.replace(hour=NOW.hour + _SHIFT_HOURS),
                actor="benchmark",
                now=NOW,
            )
    return ids

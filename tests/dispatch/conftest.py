"""A small drawn network in force, its customers and crews, and short ways to make things happen to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point
from sqlalchemy import Engine, select

from dispatch.analysis import Analyst
from dispatch.crews import add_crew
from dispatch.evidence_lines import Document
from dispatch.intake import receive_evidence
from dispatch.network_cache import NetworkCache
from dispatch.outages import list_outages
from dispatch.tables import NotificationRow
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from gis.network_tables import network_tables
from gis.network_versions import activate_network_version, active_network_version, import_network
from topology.rates import EvidenceRates

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

# Two feeders of one source. Each transformer has four households; T1 and T2 hang behind breaker B1.
#
#   S ─B1─ N1 ─┬─L1─ N2 ─T1─ N3  a1 a2 a3 a4
#              └─L2─ N4 ─T2─ N5  b1 b2 b3 b4
#   S ─B2─ M1 ─────────T3─── M2  c1 c2 c3 c4
DEVICES = [
    ("B1", "breaker", "S", "N1"),
    ("L1", "overhead", "N1", "N2"),
    ("T1", "distribution", "N2", "N3"),
    ("L2", "overhead", "N1", "N4"),
    ("T2", "distribution", "N4", "N5"),
    ("B2", "breaker", "S", "M1"),
    ("T3", "distribution", "M1", "M2"),
]
PLACES = {
    "S": (11.400, 53.630),
    "N1": (11.410, 53.630),
    "N2": (11.420, 53.635),
    "N3": (11.421, 53.636),
    "N4": (11.420, 53.625),
    "N5": (11.421, 53.624),
    "M1": (11.390, 53.630),
    "M2": (11.380, 53.630),
}
HOUSEHOLDS = {"a": "N3", "b": "N5", "c": "M2"}


def drawn_tables(devices=DEVICES, households=HOUSEHOLDS, *, sources=("S",), normally_open=(), phases=None):
    """Return the network above as tables: account A-a1, meter M-a1, phone of a1 ends in its number.

    `phases`: letter of a group of households → the phases they take, where that is not all three.
    """
    lines = [device for device in devices if device[1] == "overhead"]
    switches = [device for device in devices if device[1] in {"breaker", "switch", "fuse"}]
    transformers = [device for device in devices if device[1] == "distribution"]
    points = [(f"{letter}{n}", node) for letter, node in households.items() for n in range(1, 5)]
    nodes = list(dict.fromkeys(node for device in devices for node in device[2:4]))
    where = {id: PLACES.get(id, (11.3 + 0.001 * number, 53.6)) for number, id in enumerate(nodes)}
    if devices is DEVICES:
        where = PLACES

    def frame(rows, columns, geometry):
        return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry=geometry, crs="EPSG:4326")

    def between(device):
        (x1, y1), (x2, y2) = where[device[2]], where[device[3]]
        return Point((x1 + x2) / 2, (y1 + y2) / 2)

    layers = {
        "substation": frame([("SUB", "North")], ["id", "name"], [Point(PLACES["S"])]),
        "node": frame(
            [(id, id in sources) for id in where],
            ["id", "is_source"],
            [Point(place) for place in where.values()],
        ),
        "line_section": frame(
            [(id, a, b, "ABC", kind) for id, kind, a, b in lines],
            ["id", "from_node", "to_node", "phases", "kind"],
            [LineString([where[a], where[b]]) for _, _, a, b in lines],
        ),
        "switch": frame(
            [(id, a, b, "ABC", kind, id in normally_open) for id, kind, a, b in switches],
            ["id", "from_node", "to_node", "phases", "kind", "normally_open"],
            [between(device) for device in switches],
        ),
        "transformer": frame(
            [(id, a, b, "ABC", kind) for id, kind, a, b in transformers],
            ["id", "from_node", "to_node", "phases", "kind"],
            [between(device) for device in transformers],
        ),
        "service_point": frame(
            [(id, node, (phases or {}).get(id[0], "ABC"), 1, f"M-{id}", f"A-{id}") for id, node in points],
            ["id", "node", "phases", "customers", "meter", "account"],
            [Point(where[node]) for _, node in points],
        ),
        "customer": pd.DataFrame(
            [
                (f"A-{id}", f"Household {id} 住户", f"+1 555 010 {number:04d}", language, f"{id}@example.org")
                for number, ((id, _), language) in enumerate(
                    zip(points, ["en", "zh"] * len(points), strict=False)
                )
            ],
            columns=["account", "name", "phone", "language", "email"],
        ),
    }
    tables, _ = network_tables(name="drawn", layers=layers)
    return tables


@dataclass
class World:
    """A database with the drawn network in force, and short ways to make things happen in it."""

    engine: Engine
    network_version: int
    now: datetime = START
    networks: NetworkCache = field(default_factory=NetworkCache)
    numbers: int = 0

    def __post_init__(self):
        # Without hold-down: a last gasp counts at once. Momentary interruptions have tests of their own.
        # One fault in a hundred of the few houses: a town this small would else be expected to be half out.
        self.rates = EvidenceRates(priors={"breaker": 0.002, "distribution": 0.004, "service": 0.01})
        self.analyst = Analyst(networks=self.networks, rates=self.rates, hold_down={})

    def later(self, minutes):
        """Let time pass."""
        self.now += timedelta(minutes=minutes)
        return self.now

    def send(self, *documents):
        """Send evidence: (kind, place[, result]) with ids and times made up, or whole objects."""
        made = [self._document(one) for one in documents]
        with intake_transaction(self.engine) as session:
            return receive_evidence(
                session,
                documents=[Document(line=n, fields=fields) for n, fields in enumerate(made, start=1)],
                network_version=self.network_version,
                source="tests",
                now=self.now,
            )

    def _document(self, one):
        if isinstance(one, dict):
            return one
        kind, place, *result = one
        self.numbers += 1
        where = "device" if kind in {"switch_open", "switch_closed", "crew_finding"} else "service_point"
        document = {"id": f"e{self.numbers}", "kind": kind, "at": self.now.isoformat(), where: place}
        return {**document, "result": result[0]} if result else document

    def analyse(self, **limits):
        """Run one analysis step."""
        with write_transaction(self.engine) as session:
            return self.analyst.analyse(session, now=self.now, **limits)

    def report(self, *documents):
        """Send evidence and analyse it."""
        receipt = self.send(*documents)
        assert not receipt.rejected
        return self.analyse()

    def do(self, operation, **arguments):
        """Run an operation in a write transaction of its own, as the dispatcher Wang."""
        with write_transaction(self.engine) as session:
            return operation(session, **{"actor": "wang", "now": self.now, **arguments})

    def ask(self, query, **arguments):
        """Run a query on a still picture."""
        with read_transaction(self.engine) as session:
            return query(session, **arguments)

    def outages(self, *statuses):
        """Return outages, oldest first, without those that were merged or taken back."""
        with read_transaction(self.engine) as session:
            found = list_outages(session, statuses=statuses)
        gone = () if statuses else ("merged", "dismissed")
        return [outage for outage in reversed(found) if outage.status not in gone]

    def messages(self):
        """Return (kind, account) of every message queued, in the order it was queued."""
        with read_transaction(self.engine) as session:
            rows = session.scalars(select(NotificationRow).order_by(NotificationRow.id))
            return [(row.kind, row.account) for row in rows]


def _furnish(engine):
    """Put the drawn network in force, and two crews on the roster."""
    with write_transaction(engine) as session:
        version = import_network(
            session, tables=drawn_tables(), findings=(), source="drawn", format="text", now=START
        ).network_version
        activate_network_version(session, network_version=version, now=START)
        for id, lon, skills in (
            ("north", 11.43, ["transformer", "low_voltage"]),
            ("south", 11.30, ["switching"]),
        ):
            add_crew(
                session,
                id=id,
                name=f"Crew {id}",
                skills=skills,
                shift_start=START - timedelta(hours=1),
                shift_end=START + timedelta(hours=9),
                lon=lon,
                lat=53.63,
                actor="wang",
                now=START,
            )


@pytest.fixture(scope="session")
def _drawn_template(database_server):
    return database_server.furnished("drawn", _furnish)


@pytest.fixture
def database_template(request):
    return request.getfixturevalue("_drawn_template") if "world" in request.fixturenames else None


@pytest.fixture
def world(engine):
    """The drawn network in force, two crews, no outage."""
    with read_transaction(engine) as session:
        version = active_network_version(session)
    return World(engine=engine, network_version=version)


@pytest.fixture
def drawn():
    """The drawn network as tables, to make a newer version of."""
    return drawn_tables()


@pytest.fixture
def tables_of():
    """Draw another network as tables."""
    return drawn_tables

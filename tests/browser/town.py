"""A town of equal streets on a running system: each browser test has a street and a crew to itself.

The system is `relight up` without its command line: PostGIS, analysis worker and web server as processes of
their own. Loaded by path from tests/browser/conftest.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx

from api.accounts import add_account
from api.passwords import PasswordHashes
from api.processes.system import running_system
from api.roles import Role
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from dispatch.network_activation import activate_network
from dispatch.network_cache import NetworkCache
from dispatch.transactions import write_transaction
from gis.database import connect
from gis.network_versions import activate_network_version, import_network

# One for each browser test, should one process run them all; from 100 on, that all numbers are as long.
STREETS = range(100, 240)
HOUSEHOLDS = 5

# S ─B107─ N107 ─F107─ M107 ─┬─T107─ L107   h107-1 h107-2   street 107; j107-1 has no fuse above it
#           │                └─U107─ K107   i107-1 i107-2
#           └─V107─ H107   j107-1
# Two lines lead on from N107 to nobody: the map has streets to show.
STREET = """
    breaker B{n} S N{n}
    fuse F{n} N{n} M{n}
    distribution T{n} M{n} L{n}
    distribution U{n} M{n} K{n}
    distribution V{n} N{n} H{n}
    overhead E{n} N{n} X{n}
    overhead O{n} N{n} Y{n}
    service_points h{n}- L{n} 2
    service_points i{n}- K{n} 2
    service_points j{n}- H{n} 1
"""
# One street more, that a tie can feed from the last one; tests of switching have it.
# S ─B99─ N99 ─X99─ O99 ─W99─ P99 ─T99─ Q99   k-1 k-2 k-3      (behind W99)
#                   O99 ─U99─ R99             l-1 l-2          (on the line that fails)
#                             P99 ─Y99─ N239                   (the tie is normally open)
TIED_STREET = f"""
    breaker B99 S N99
    overhead X99 N99 O99
    switch W99 O99 P99
    distribution T99 P99 Q99
    distribution U99 O99 R99
    switch Y99 P99 N{STREETS[-1]} open
    service_points k- Q99 3
    service_points l- R99 2
"""
_OFFSETS = {
    "N": (0.0, 0.004),
    "M": (0.0, 0.006),
    "L": (-0.0008, 0.007),
    "K": (0.0008, 0.007),
    "H": (0.001, 0.004),
    "X": (0.0055, 0.004),
    "Y": (0.0, 0.0068),
}
_MIDDLE = (11.40, 53.63)


@dataclass(frozen=True, slots=True)
class Household:
    """One supply of the town, and what lets its customer in."""

    service_point: str
    account: str
    digits: str
    address: str


@dataclass(frozen=True, slots=True)
class Street:
    """One street: behind its fuse stand four households, beside it a fifth that stays on."""

    number: str
    place: tuple[float, float]
    households: tuple[Household, ...]

    @property
    def fuse(self) -> str:
        """Return the device behind which the first four households are."""
        return f"F{self.number}"

    @property
    def crew(self) -> str:
        """Return the crew that waits in this street, which is also the name it signs in with."""
        return f"C{self.number}"

    @property
    def crew_name(self) -> str:
        """Return what the desk calls that crew."""
        return f"Squad {self.number}"


def _place(number: int, node: str) -> tuple[float, float]:
    west, south = _OFFSETS[node]
    row, column = divmod(STREETS.index(number), 8)
    return _MIDDLE[0] + 0.006 * column + west, _MIDDLE[1] + 0.009 * row + south


def _places() -> dict[str, tuple[float, float]]:
    places = {f"{node}{n}": _place(n, node) for n in STREETS for node in _OFFSETS}
    west, south = _MIDDLE[0] + 0.05, _MIDDLE[1] + 0.1
    tied = {node: (west, south + 0.002 * at) for at, node in enumerate(("N99", "O99", "P99", "Q99"))}
    return {"S": _MIDDLE, **places, **tied, "R99": (west + 0.001, south + 0.002)}


def _drawing(*, without_lateral: str | None = None) -> str:
    lines = "".join(STREET.format(n=n) for n in STREETS).splitlines()
    lines += TIED_STREET.splitlines()
    ends = {"F": "", "T": "", "U": "", "h": "-", "i": "-"}
    gone = {f"{letter}{without_lateral}{end}" for letter, end in ends.items()}
    return "\n".join(line for line in lines if not gone & set(line.split()))


def _street(number: int) -> Street:
    n, first = str(number), HOUSEHOLDS * STREETS.index(number)
    ids = (f"h{n}-1", f"h{n}-2", f"i{n}-1", f"i{n}-2", f"j{n}-1")
    # The phones of all households are numbered through (drawn_tables in tests/api/world.py).
    return Street(
        number=n,
        place=_place(number, "M"),
        households=tuple(
            Household(id, f"A-{id}", f"{first + at:04d}", f"{id} Street 1") for at, id in enumerate(ids)
        ),
    )


class Town:
    """A running system with the town's network in force, and an account for everybody."""

    def __init__(self, url, world_module, *, messages=None) -> None:
        """Import the network, then start everything; `messages` are settings by which messages leave."""
        self.database_url = url
        self.password = world_module.PASSWORD
        self._passwords = PasswordHashes(world_module.FAST_HASHES)
        self._numbers = iter(STREETS)
        self._gasps = count()
        self._clients: list[httpx.Client] = []
        self._closing = ExitStack()
        self.engine = connect(url, application_name="relight tests")
        self._closing.callback(self.engine.dispose)
        self._drawn_tables = world_module.drawn_tables
        self.network_version = self._import(_drawing())
        with write_transaction(self.engine) as session:
            activate_network_version(session, network_version=self.network_version, now=datetime.now(UTC))
        self._add_people()
        system = self._closing.enter_context(
            running_system(
                database=DatabaseSettings(database_url=url),
                web=WebSettings(port=0, log_level="warning"),
                messages=messages or MessageSettings(time_zone="UTC"),
            )
        )
        self.address = system.address.replace("localhost", "127.0.0.1")
        self.port = int(self.address.rpartition(":")[2])

    def _import(self, drawing) -> int:
        with write_transaction(self.engine) as session:
            return import_network(
                session,
                tables=self._drawn_tables(drawing, _places()),
                findings=(),
                source="drawn",
                format="gpkg",
                now=datetime.now(UTC),
            ).network_version

    def _put_in_force(self, network_version) -> None:
        with write_transaction(self.engine) as session:
            activate_network(
                session,
                network_version=network_version,
                networks=NetworkCache(),
                actor="night job",
                now=datetime.now(UTC),
            )

    @contextmanager
    def network_without(self, street) -> Iterator[int]:
        """Put a version in force in which the lateral of a street is gone, and step back at the end."""
        newer = self._import(_drawing(without_lateral=street.number))
        self._put_in_force(newer)
        try:
            yield newer
        finally:
            self._put_in_force(self.network_version)

    def _add_people(self) -> None:
        self._add_account("wang", Role.DISPATCHER)
        self._add_account("li", Role.DISPATCHER)
        self._add_account("chief", Role.SUPERVISOR)
        self._add_account("meters", Role.METER_SYSTEM)
        self._add_account("ann", Role.AGENT)

    def _add_account(self, name, role, **bound) -> None:
        with write_transaction(self.engine) as session:
            add_account(
                session,
                passwords=self._passwords,
                name=name,
                password=self.password,
                roles=[role],
                now=datetime.now(UTC),
                **bound,
            )

    def next_street(self) -> Street:
        """Return a street that nobody has used, with a crew that waits in it."""
        street = _street(next(self._numbers))
        self.add_crew(street.crew, street.crew_name, place=street.place)
        return street

    def add_crew(self, id, name, *, place) -> None:
        """Put a crew on the roster, with an account of its own."""
        now = datetime.now(UTC)
        crew = {
            "id": id,
            "name": name,
            "skills": ["line", "low_voltage", "switching", "transformer"],
            "shift_start": (now - timedelta(hours=1)).isoformat(),
            "shift_end": (now + timedelta(hours=9)).isoformat(),
            "lon": place[0],
            "lat": place[1],
        }
        answer = self.client("chief").post("/api/crews", json=crew)
        assert answer.status_code == 201, answer.text
        self._add_account(id, Role.CREW, crew_id=id)

    def client(self, name) -> httpx.Client:
        """Return an HTTP client of an account, for what no page is needed for."""
        client = httpx.Client(
            base_url=self.address, headers={"X-Relight": "1"}, trust_env=False, timeout=30.0
        )
        self._clients.append(client)
        answer = client.post("/api/sign-in", json={"name": name, "password": self.password})
        assert answer.status_code == 200, answer.text
        return client

    def lose(self, *households, hazard=None, minutes_ago=3) -> None:
        """Let the meters of households send their last gasp; of a hazard, the first one calls."""
        meters = self.client("meters")
        for household in households:
            gasp = {
                "id": f"gasp-{household.service_point}-{next(self._gasps)}",
                "kind": "last_gasp",
                "at": (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat(),
                "service_point": household.service_point,
            }
            if hazard is not None and household is households[0]:
                gasp |= {"kind": "trouble_call", "hazard": hazard}
            answer = meters.post("/api/evidence", json=gasp)
            assert answer.json()["status"] == "accepted", answer.text

    def clear(self, *streets) -> None:
        """Let what is open in streets be over, crews called back: a list that grows long hides its end."""
        wang = self.client("wang")
        fuses = {street.fuse for street in streets}
        listed = wang.get("/api/outages", params={"active": True, "limit": 10_000}).json()["outages"]
        for outage in (one for one in listed if one["device"] in fuses):
            path = f"/api/outages/{outage['id']}"
            for job in outage["jobs"]:
                if job["ended_at"] is None:
                    wang.post(f"{path}/recall", json={"version": None, "job_id": job["id"]})
            if outage["status"] == "restored":
                answer = wang.post(f"{path}/close", json={"version": None, "cause": "wind"})
            else:
                answer = wang.post(f"{path}/dismiss", json={"version": None, "reason": "over"})
            assert answer.status_code == 200, answer.text

    def trip(self, device) -> None:
        """Let telemetry report a device open."""
        told = {"id": f"trip-{device}-{next(self._gasps)}", "kind": "switch_open", "device": device}
        at = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
        answer = self.client("meters").post("/api/evidence", json={**told, "at": at})
        assert answer.json()["status"] == "accepted", answer.text

    def close(self) -> None:
        """Stop everything."""
        for client in self._clients:
            client.close()
        self._closing.close()

"""The world outside the control room: the storm goes on, and the crews tell their phones what they do.

Owns the one thread that touches the simulated world. Order within a turn: crews first, so that what they
mended is supplied before anyone is asked whether he calls; then the reports that have arrived.
"""

import logging
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from api.demo.client import ApiClient, RefusedError
from api.demo.evidence_senders import MeterSystem, TroubleDesk
from storm.crews import CrewStep, SimulatedCrew
from storm.evidence import as_text
from storm.faults import Fault, StormShape
from storm.storm import Storm

logger = logging.getLogger("relight.demo")


class CrewPhone:
    """One crew with its phone: reads its jobs, tells each step, and where it is."""

    def __init__(self, *, client: ApiClient, crew: SimulatedCrew, storm: Storm) -> None:
        """Play a crew through a client signed in as that crew."""
        self.has_set_out = 0
        self._client = client
        self._crew = crew
        self._storm = storm
        self._events = 0

    def act(self, *, now: datetime) -> None:
        """Bring the crew up to `now`."""
        self._read_jobs(now)
        for step in self._crew.advance(now=now):
            if step.repaired is not None:
                self._storm.mend(fault=step.repaired, at=step.at)
            self._tell(step)
        if self._crew.is_driving:
            place = self._crew.place_at(now)
            position = {"lon": place.lon, "lat": place.lat, "at": as_text(now)}
            self._client.post(f"/api/crews/{self._crew.id}/position", position)

    def _read_jobs(self, now: datetime) -> None:
        jobs: list[dict[str, Any]] = self._client.get("/api/jobs/mine")["jobs"]
        if self._crew.job is not None and self._crew.job not in {job["id"] for job in jobs}:
            self._crew.drop(at=now)  # called back
        waiting = [job for job in jobs if job["status"] == "assigned"]
        if self._crew.job is None and waiting:
            job = min(waiting, key=lambda job: job["assigned_at"])
            self._crew.take(job=job["id"], device=job["device"], at=now)

    def _tell(self, step: CrewStep) -> None:
        finding = asdict(step.finding) if step.finding is not None else None
        self._events += 1
        try:
            if step.status is not None:
                event = f"{self._crew.id}-{step.job}-{self._events}"
                progress = {
                    "status": step.status,
                    "occurred_at": as_text(step.at),
                    "client_event_id": event,
                    "finding": finding,
                    "etr_at": step.expects_supply_at and as_text(step.expects_supply_at),
                    "reason": step.reason,
                }
                self._client.post(f"/api/jobs/{step.job}/progress", progress)
                self.has_set_out += step.status == "en_route"
            elif finding is not None:
                seen = {"id": f"{self._crew.id}-seen-{self._events}", "kind": "crew_finding"}
                self._client.post("/api/evidence", {**seen, "at": as_text(step.at), **finding})
        except RefusedError as refusal:
            # The desk was faster: the job was recalled, or its outage ended, while the phone was silent.
            logger.info("crew %s: %s", self._crew.id, refusal)


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    shape: StormShape


class Field:
    """The actor that moves storm and crews on."""

    name = "field"
    pause_s = 0.4

    def __init__(
        self,
        *,
        storm: Storm,
        phones: Sequence[CrewPhone],
        meters: MeterSystem,
        desk: TroubleDesk,
        now: Callable[[], datetime],
    ) -> None:
        """Bind the world to those who report from it; `now` tells the simulated time."""
        self._storm = storm
        self._phones = phones
        self._meters = meters
        self._desk = desk
        self._now = now
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._faults: tuple[Fault, ...] = ()

    @property
    def crews_sent(self) -> int:
        """How many times a crew has set out."""
        return sum(phone.has_set_out for phone in self._phones)

    def order_storm(self, *, name: str, shape: StormShape) -> None:
        """Let a storm come with the next turn; any thread may."""
        with self._lock:
            self._orders.append(_Order(name, shape))

    @property
    def is_quiet(self) -> bool:
        """Whether no storm waits, every fault is mended and nothing is on its way to Relight."""
        with self._lock:
            is_over = not self._orders and not self._open_faults() and not self._storm.has_reports_under_way
        return is_over and self._meters.is_idle and self._desk.is_idle

    def faults(self) -> tuple[Fault, ...]:
        """Return every fault of every storm so far."""
        with self._lock:
            return self._faults

    def unmended(self) -> tuple[Fault, ...]:
        """Return the faults that have come or will come and that nobody has mended."""
        with self._lock:
            return self._open_faults()

    def act(self) -> None:
        """Bring storm and crews up to now."""
        now = self._now()
        with self._lock:
            self._begin_storms(now)
        for phone in self._phones:
            phone.act(now=now)
        with self._lock:
            due = self._storm.reports_due(now=now)
            self._desk.send([report for report in due if report.document["kind"] == "trouble_call"])
            self._meters.send([report for report in due if report.document["kind"] != "trouble_call"])

    def _begin_storms(self, now: datetime) -> None:
        for order in self._orders:
            spared = _dark(self._open_faults())
            self._faults += self._storm.begin(
                name=order.name, shape=order.shape, started_from=now, spared=spared
            )
        self._orders.clear()

    def _open_faults(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self._faults if not self._storm.world.is_mended(fault.id))


def _dark(faults: Collection[Fault]) -> frozenset[str]:
    return frozenset(point for fault in faults for point in fault.service_points)

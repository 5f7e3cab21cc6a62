"""The world outside the control room: the storm goes on, and the crews do their work.

Owns the one thread that touches the simulated world; nothing in it waits for an answer over HTTP. Order
within a turn: crews first, so that what they mended is supplied before anyone is asked whether he calls; then
the reports that have arrived.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from api.demo.crew_phone import CrewPhone
from api.demo.evidence_senders import MeterSystem, TroubleDesk
from gis.place import Place
from storm.crews import Errand, SimulatedCrew
from storm.errors import NoFaultPossible
from storm.faults import Fault, StormShape
from storm.storm import Storm

logger = logging.getLogger("relight.demo")


@dataclass(slots=True)
class FieldCrew:
    """A crew with its phone, and the jobs it has taken so far: each only once, however late news come."""

    crew: SimulatedCrew
    phone: CrewPhone
    taken: set[str] = field(default_factory=set)

    def live(self, storm: Storm, now: datetime) -> None:
        """Bring the crew up to `now`."""
        self._hear(now)
        for step in self.crew.advance(now=now):
            if step.repaired is not None:
                storm.mend(fault=step.repaired, at=step.at)
            self.phone.tell(step)
        self.phone.show_position(self.crew.place_at(now), is_driving=self.crew.is_driving)

    def _hear(self, now: datetime) -> None:
        jobs = self.phone.new_jobs()
        if jobs is None:
            return
        if self.crew.job is not None and self.crew.job not in {job["id"] for job in jobs}:
            self.crew.drop(at=now)  # called back
        waiting = [job for job in jobs if job["status"] == "assigned" and job["id"] not in self.taken]
        if self.crew.job is None and waiting:
            job = min(waiting, key=lambda job: job["assigned_at"])
            self.taken.add(job["id"])
            place = Place(lon=job["lon"], lat=job["lat"]) if job["lon"] is not None else None
            self.crew.take(
                job=job["id"],
                device=job["device"] or "",
                at=now,
                errand=Errand(job["kind"]),
                place=place,
            )


class Field:
    """The actor that moves storm and crews on."""

    name = "field"
    pause_s = 0.25

    def __init__(
        self,
        *,
        storm: Storm,
        crews: Sequence[FieldCrew],
        meters: MeterSystem,
        desk: TroubleDesk,
        now: Callable[[], datetime],
    ) -> None:
        """Bind the world to those who report from it; `now` tells the simulated time."""
        self._storm = storm
        self._crews = crews
        self._meters = meters
        self._desk = desk
        self._now = now
        self._lock = threading.Lock()
        self._ordered: list[tuple[str, StormShape]] = []
        self._faults: tuple[Fault, ...] = ()

    @property
    def crews_sent(self) -> int:
        """How many times a crew has set out."""
        return sum(crew.phone.has_set_out for crew in self._crews)

    def order_storm(self, *, name: str, shape: StormShape) -> None:
        """Let a storm come with the next turn; any thread may."""
        with self._lock:
            self._ordered.append((name, shape))

    @property
    def is_quiet(self) -> bool:
        """Whether no storm waits, every fault is mended and nothing is on its way to Relight."""
        with self._lock:
            is_over = not (self._ordered or self._unmended() or self._storm.has_reports_under_way)
        is_told = self._meters.is_idle and self._desk.is_idle
        return is_over and is_told and all(crew.phone.is_idle for crew in self._crews)

    def faults(self) -> tuple[Fault, ...]:
        """Return every fault of every storm so far."""
        with self._lock:
            return self._faults

    def unmended(self) -> tuple[Fault, ...]:
        """Return the faults that have come or will come and that nobody has mended."""
        with self._lock:
            return self._unmended()

    def act(self) -> None:
        """Bring storm and crews up to now."""
        now = self._now()
        with self._lock:
            while self._ordered:
                self._begin(*self._ordered.pop(0), now)
            for crew in self._crews:
                crew.live(self._storm, now)
            due = self._storm.reports_due(now=now)
            self._desk.send([report for report in due if report.document["kind"] == "trouble_call"])
            self._meters.send([report for report in due if report.document["kind"] != "trouble_call"])

    def _begin(self, name: str, shape: StormShape, now: datetime) -> None:
        spared = frozenset(point for fault in self._unmended() for point in fault.service_points)
        try:
            faults = self._storm.begin(name=name, shape=shape, started_from=now, spared=spared)
        except NoFaultPossible as error:
            logger.warning("The storm is smaller than planned: %s", error)
            shape = replace(shape, faults=error.found)
            faults = self._storm.begin(name=name, shape=shape, started_from=now, spared=spared)
        self._faults += faults

    def _unmended(self) -> tuple[Fault, ...]:
        return tuple(fault for fault in self._faults if not self._storm.world.is_mended(fault.id))

"""A crew's phone: carries what the crew does to Relight, and what Relight asks of it to the crew.

Owns the talking over HTTP, in a thread of its own: a slow answer never stops the world outside. What the crew
does is put in at one end (`tell`), what it is asked to do is taken out at the other (`new_jobs`).
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Any

from api.demo.client import ApiClient, RefusedError
from gis.place import Place
from storm.crews import CrewStep
from storm.evidence import as_text

logger = logging.getLogger("relight.demo")

# How long a crew that stands is silent; the desk calls one stale after half an hour.
HEARD_EVERY = timedelta(minutes=12)


class CrewPhone:
    """The actor that talks for one crew."""

    pause_s = 1.2

    def __init__(self, *, crew_id: str, client: ApiClient, now: Callable[[], datetime]) -> None:
        """Talk through a client signed in as the crew."""
        self.crew_id = crew_id
        self.has_set_out = 0
        self._client = client
        self._now = now
        self._steps: SimpleQueue[CrewStep] = SimpleQueue()
        self._jobs: SimpleQueue[list[dict[str, Any]]] = SimpleQueue()
        self._position: Place | None = None
        self._is_driving = False
        self._told_at = now()
        self._events = 0
        # Job → its outage, as told with the jobs.
        self._outages = dict[str, str]()

    @property
    def name(self) -> str:
        """Whose phone it is."""
        return f"phone of {self.crew_id}"

    @property
    def is_idle(self) -> bool:
        """Whether everything the crew did has been taken up."""
        return self._steps.empty()

    def tell(self, step: CrewStep) -> None:
        """Hand in what the crew did; any thread may."""
        self._steps.put(step)

    def show_position(self, place: Place, *, is_driving: bool) -> None:
        """Say where the crew is; any thread may. One that stands is heard of now and then."""
        self._position = place
        self._is_driving = is_driving

    def new_jobs(self) -> list[dict[str, Any]] | None:
        """Return the crew's open jobs as last read, None when nothing was read since the last question."""
        jobs = None
        while not self._jobs.empty():
            jobs = self._jobs.get()
        return jobs

    def act(self) -> None:
        """Send what waits, in order; then read what is asked of the crew."""
        try:
            while True:
                self._send(self._steps.get_nowait())
        except Empty:
            pass
        self._tell_position()
        jobs = self._client.get("/api/jobs/mine")["jobs"]
        self._outages = {job["id"]: job["outage_id"] for job in jobs if job["outage_id"] is not None}
        self._jobs.put(jobs)

    def _tell_position(self) -> None:
        place, now = self._position, self._now()
        if place is None or not (self._is_driving or now - self._told_at >= HEARD_EVERY):
            return
        self._told_at = now
        position = {"lon": place.lon, "lat": place.lat, "at": as_text(now)}
        self._client.post(f"/api/crews/{self.crew_id}/position", position)

    def _send(self, step: CrewStep) -> None:
        finding = asdict(step.finding) if step.finding is not None else None
        self._events += 1
        event = f"{self.crew_id}-{self._events}"
        try:
            if step.damage_minutes is not None:
                self._tell_damage(step, minutes=step.damage_minutes, event=f"{event}-damage")
            if step.status is not None:
                progress = {
                    "status": step.status,
                    "occurred_at": as_text(step.at),
                    "client_event_id": event,
                    "finding": finding,
                    "etr_at": as_text(step.expects_supply_at) if step.expects_supply_at else None,
                    "reason": step.reason,
                    "hazard_outcome": "made_safe" if step.is_made_safe else None,
                }
                self._client.post(f"/api/jobs/{step.job}/progress", progress)
                self.has_set_out += step.status == "en_route"
            elif finding is not None:
                seen = {"id": f"seen-{event}", "kind": "crew_finding", "at": as_text(step.at)}
                self._client.post("/api/evidence", {**seen, **finding})
        except RefusedError as refusal:
            # The desk was faster: the job was recalled, or its outage ended, while the phone was silent.
            logger.info("crew %s: %s", self.crew_id, refusal)

    def _tell_damage(self, step: CrewStep, *, minutes: float, event: str) -> None:
        """Say what was found, before the look is finished: whoever is sent next knows what to bring."""
        outage_id = self._outages.get(step.job)
        if outage_id is None:
            return
        seen = step.finding.device if step.finding is not None else ""
        report = {
            "note": f"Found at {seen}.",
            "skills": [],
            "repair_minutes": minutes,
            "occurred_at": as_text(step.at),
            "client_event_id": event,
        }
        self._client.post(f"/api/outages/{outage_id}/damage", report)

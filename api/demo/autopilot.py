"""The Autopilot: a dispatcher that plays by the book, through the same interface as a person.

Owns its patience and its choices, and nothing of the truth: it sees what a dispatcher sees. It can be
switched off at any moment, and then does nothing at all; a person may take over and hand back.

Its book:
RULE 1: confirm a prediction once it has settled: the same device for some minutes, longer if one report only.
RULE 2: send the first fitting crew of the ranking that has not declined this outage. Where several outages
    wait for a crew and a fresh plan is there, take what it says: a crew that has its first stop elsewhere, or
    work before this one, leaves this one waiting for it.
RULE 2b: a danger that nobody goes to is treated alike, before all outages; made safe by a crew, it is closed.
    A look at an outage is no repair: when it is done, a crew is sent to mend.
RULE 2c: while closed roads keep every crew away, the promise clocks are paused (api/demo/clock_pauses.py).
RULE 3: when the crew is done and meters answer that supply is back, restore as of the end of the work.
RULE 4: when the crew found nothing to mend and nobody answers that supply is back, dismiss, saying so.
RULE 5: close what is restored, calling back crews still under way.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.demo.client import ApiClient, RefusedError
from api.demo.clock_pauses import ClockPauses

logger = logging.getLogger("relight.demo")

_ENDED = frozenset({"finished", "declined", "recalled"})
# What usually lies behind such a device in a storm; the crew's word would decide at a real desk.
_CAUSES = {"distribution": "lightning", "service_point": "tree", "fuse": "wind"}
# So many outages without a crew are worth a look at the plan.
_MANY = 2
_USUAL_CAUSE = "wind"
_NOTHING_FOUND = "The crew found nothing to mend, and no meter below is without supply."


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the Autopilot waits, in simulated minutes.

    Args:
        settled: A prediction with two reports must keep its device this long.
        settled_alone: A prediction with a single report must keep it this long.
        answers: After the work, for most meters to say that supply is back.
        silence: After the work, before it takes the crew's word although no meter answers.
        plan_age: A plan that was made longer ago is followed no more.
    """

    settled: float = 4.0
    settled_alone: float = 8.0
    answers: float = 10.0
    silence: float = 25.0
    plan_age: float = 15.0


class Autopilot:
    """The actor at the dispatcher's desk."""

    name = "Autopilot"
    pause_s = 0.8

    def __init__(
        self,
        *,
        client: ApiClient,
        now: Callable[[], datetime],
        patience: Patience | None = None,
    ) -> None:
        """Act through a client signed in as a dispatcher, while the switch is on."""
        self._client = client
        self._now = now
        self._patience = patience or Patience()
        self._seen: dict[str, tuple[str, datetime]] = {}
        self._plan: dict[str, Any] | None = None
        self._pauses = ClockPauses(client)

    def act(self) -> None:
        """Look at every outage once and do what the book says."""
        if not self._client.get("/api/demo/autopilot")["on"]:
            return
        outages = self._client.get("/api/outages", active=True)["outages"]
        dangers = self._client.get("/api/hazards")["hazards"]
        self._plan = self._fresh_plan(outages, dangers)
        for danger in dangers:
            try:
                self._treat_danger(danger)
            except RefusedError as refusal:
                logger.info("Autopilot, hazard %s: %s", danger["id"], refusal)
        for outage in sorted(outages, key=lambda outage: -outage["customers_out"]):
            try:
                self._treat(outage, self._now())
            except RefusedError as refusal:
                # The picture changed since it was read; the next turn sees the new one.
                logger.info("Autopilot, outage %s: %s", outage["id"], refusal)

    def _treat(self, outage: dict[str, Any], now: datetime) -> None:
        if outage["status"] == "predicted":
            if self._has_settled(outage, now):
                self._do(outage, "confirm")
        elif outage["status"] == "restored":
            self._close(outage)
        elif _waits(outage):
            finished = [
                job for job in outage["jobs"] if job["status"] == "finished" and job["kind"] == "repair"
            ]
            if finished:
                self._judge_work(outage, finished[-1], now)
            else:
                self._send_crew(outage)
        else:
            self._pauses.go_on(outage["id"])

    def _treat_danger(self, danger: dict[str, Any]) -> None:
        path = f"/api/hazards/{danger['id']}"
        if danger["made_safe_at"] is not None:
            if not danger["missing"]:
                self._client.post(f"{path}/close", {"note": "Closed by the Autopilot of the demo."})
        elif _waits(danger) and not self._take_from_plan("hazard_id", danger["id"]):
            ranked = self._client.get(f"{path}/crews")["crews"]
            crew_id = self._first_willing(ranked, danger["jobs"])
            if crew_id is not None:
                self._client.post(f"{path}/assign", {"crew_id": crew_id})

    def _has_settled(self, outage: dict[str, Any], now: datetime) -> bool:
        device, since = self._seen.get(outage["id"], ("", now))
        if device != outage["device"]:
            self._seen[outage["id"]] = (outage["device"], now)
            return False
        is_alone = outage["reports_out"] <= 1
        wait = self._patience.settled_alone if is_alone else self._patience.settled
        return now - since >= timedelta(minutes=wait)

    def _fresh_plan(
        self, outages: Sequence[dict[str, Any]], dangers: Sequence[dict[str, Any]]
    ) -> dict[str, Any] | None:
        """Return the plan in force where several outages or dangers wait, None where none is fresh."""
        waiting = [outage for outage in outages if outage["status"] == "confirmed" and _waits(outage)]
        unsafe = [danger for danger in dangers if danger["made_safe_at"] is None and _waits(danger)]
        if len(waiting) + len(unsafe) < _MANY:
            return None
        plan: dict[str, Any] | None = self._client.get("/api/plan")["plan"]
        return plan if plan is not None and plan["age_minutes"] <= self._patience.plan_age else None

    def _take_from_plan(self, field: str, id: str) -> bool:
        """Do what the plan says about an outage or a danger; False where it says nothing that helps."""
        if self._plan is None:
            return False
        stops = [stop for stop in self._plan["stops"] if stop[field] == id and stop["job_id"] is None]
        if not stops:
            return False
        # A look comes before the repair of the same outage.
        stop = next((stop for stop in stops if stop["is_next"]), None)
        if stop is None:
            # Its crew has other work first; what was a mere prediction in this plan is none in the next.
            return True
        wanted = {name: stop[name] for name in ("outage_id", "hazard_id", "crew_id", "kind")}
        order = {"version": self._plan["version"], "stops": [wanted]}
        try:
            self._client.post("/api/plan/assign", order)
        except RefusedError as refusal:
            logger.info("Autopilot, plan for %s: %s", id, refusal)
        return True

    def _send_crew(self, outage: dict[str, Any]) -> None:
        if self._take_from_plan("outage_id", outage["id"]):
            return
        ranked = self._client.get(f"/api/outages/{outage['id']}/crews")["crews"]
        self._pauses.heed(outage["id"], ranked)
        crew_id = self._first_willing(ranked, outage["jobs"])
        if crew_id is not None:
            self._do(outage, "assign", crew_id=crew_id)

    def _first_willing(self, ranked: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]]) -> str | None:
        """Return the first fitting crew of the ranking that has not declined, None where none fits."""
        declined = {job["crew_id"] for job in jobs if job["status"] == "declined"}
        fitting = [crew["crew_id"] for crew in ranked if crew["fitting"]]
        # When all have declined, the nearest is asked again: somebody has to go.
        willing: list[str] = [crew for crew in fitting if crew not in declined] or fitting
        return willing[0] if willing else None

    def _judge_work(self, outage: dict[str, Any], job: dict[str, Any], now: datetime) -> None:
        ended_at = datetime.fromisoformat(job["ended_at"])
        waited = now - ended_at
        is_answered = outage["reports_on"] >= math.ceil(outage["service_points_out"] / 2)
        if waited >= timedelta(minutes=self._patience.answers):
            is_answered = outage["reports_on"] > 0
        if is_answered:
            self._restore(outage, ended_at)
        elif waited >= timedelta(minutes=self._patience.silence):
            if job["working_at"] is None:
                self._do(outage, "dismiss", reason=_NOTHING_FOUND)
            else:
                self._restore(outage, ended_at)

    def _restore(self, outage: dict[str, Any], ended_at: datetime) -> None:
        restored_at = max(ended_at, datetime.fromisoformat(outage["started_at"]))
        self._do(outage, "restore", restored_at=restored_at.isoformat())

    def _close(self, outage: dict[str, Any]) -> None:
        for job in outage["jobs"]:
            if job["status"] not in _ENDED:
                self._do(outage, "recall", job_id=job["id"], reason="Supply is back.")
                return  # that was a change: the next turn sees the new version
        cause = _CAUSES.get(outage["device_kind"], _USUAL_CAUSE)
        self._do(outage, "close", cause=cause, note="Closed by the Autopilot of the demo.")

    def _do(self, outage: dict[str, Any], action: str, **order: str) -> None:
        self._client.post(f"/api/outages/{outage['id']}/{action}", {"version": outage["version"], **order})


def _waits(outage: dict[str, Any]) -> bool:
    """Return whether no crew is on an outage."""
    return not any(job["status"] not in _ENDED for job in outage["jobs"])

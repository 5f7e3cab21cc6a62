"""What a run of the demo showed, in the keys of design §5."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import mean
from typing import Any

from api.demo.players import Players
from api.demo.production import Production

# What was merged into another outage, or taken back, is no outage of its own.
GONE = frozenset({"merged", "dismissed"})


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The figures of one run.

    `passed` and `problems` are for the exit code and the reader; `as_json` has exactly the design's keys.
    Times are in simulated minutes, except `seconds`: the real time the run took.
    """

    network: str
    service_points: int
    evidence: int
    outages: int
    closed: int
    affected_checked: int
    affected_mismatches: int
    crews_sent: int
    minutes_to_first_etr: float | None
    notifications_sent: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every outage was closed and every affected list was right."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Return the object that `relight demo --headless --json` prints."""
        return {key: value for key, value in asdict(self).items() if key != "problems"}


def summarise(
    *,
    players: Players,
    production: Production,
    outages: Sequence[dict[str, Any]],
    problems: Sequence[str],
    seconds: float,
) -> DemoSummary:
    """Return the figures of a run that took so many real seconds."""
    real = [outage for outage in outages if outage["status"] not in GONE]
    reliability = players.judge.get("/api/reliability")
    return DemoSummary(
        network=production.chosen.name,
        service_points=production.oracle.service_point_count,
        evidence=players.evidence,
        outages=len(real),
        closed=sum(outage["status"] == "closed" for outage in real),
        affected_checked=players.audit.checked,
        affected_mismatches=len(players.audit.mismatches),
        crews_sent=players.field.crews_sent,
        minutes_to_first_etr=_minutes_to_first_etr(players, real),
        notifications_sent=players.judge.get("/api/notifications/summary")["sent"],
        customer_minutes=reliability["customer_minutes"],
        saidi_minutes=reliability["saidi_minutes"],
        saifi=reliability["saifi"],
        seconds=round(seconds, 1),
        problems=tuple(problems),
    )


def _minutes_to_first_etr(players: Players, outages: Sequence[dict[str, Any]]) -> float | None:
    """Return the mean time from the start of an outage to the first ETR on it, in simulated minutes."""
    minutes: list[float] = []
    for outage in outages:
        for change in players.judge.get(f"/api/outages/{outage['id']}/history")["changes"]:
            if "etr_at" in change["data"].get("values", {}):
                given_at = datetime.fromisoformat(change["recorded_at"])
                started_at = datetime.fromisoformat(outage["started_at"])
                minutes.append(max(0.0, (given_at - started_at).total_seconds() / 60))
                break
    return round(mean(minutes), 1) if minutes else None

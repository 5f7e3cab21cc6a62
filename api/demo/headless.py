"""One storm from its first call to full restoration, watched and judged, without anyone at the screen.

Rules of the judgement; any problem fails the run:
RULE 1: every outage that was confirmed ends closed. One that was dismissed needs a reason, and the hidden
        truth must agree: nobody behind its device was without supply.
RULE 2: every affected list equals the oracle's trace.
RULE 3: every hidden fault has become an outage: all whom it took out were listed in a closed one.
RULE 4: Relight took all evidence, owes nobody a message at the end, and all it calls sent has arrived.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.demo.players import Players
from api.demo.production import FIRST_STORM
from api.demo.summary import GONE
from storm.faults import Fault, StormShape

_LOOK_EVERY_S = 1.0
_REPORT_EVERY_S = 5.0
# Looks in a row that must find nothing open: the analysis of the last evidence takes a moment.
_QUIET_LOOKS = 4
_LONGEST = timedelta(hours=24)
_MESSAGES_WITHIN_S = 120.0


@dataclass(slots=True)
class _Watch:
    """What was seen so far."""

    began_at: datetime
    quiet_looks: int = 0
    reported_at: float = float("-inf")
    problems: list[str] = field(default_factory=list)


def play_one_storm(
    *, players: Players, shape: StormShape, report: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Let a storm come and watch until all is restored; return all outages, and what went wrong."""
    players.field.order_storm(name=FIRST_STORM, shape=shape)
    watch = _Watch(began_at=players.now())
    while True:
        outages: list[dict[str, Any]] = players.judge.get("/api/outages", limit=10_000)["outages"]
        players.audit.look_at(outages)
        _tell(players, watch, outages, report)
        if _is_over(players, watch, outages):
            break
        time.sleep(_LOOK_EVERY_S)
    report("The storm is over; waiting for the last messages to leave …")
    watch.problems += _await_messages(players)
    return outages, watch.problems


def judge(*, players: Players, outages: Sequence[dict[str, Any]], messages_received: int) -> list[str]:
    """Return every way in which the run fell short, in words."""
    problems = list(players.audit.mismatches)
    faults = players.field.faults()
    sent = players.judge.get("/api/notifications/summary")["sent"]
    if messages_received < sent:  # more is no fault: one whose outcome was unknown is mailed again
        problems.append(f"{sent} messages count as sent, but only {messages_received} have arrived.")
    problems += [f"Evidence was refused: {refusal}" for refusal in players.refusals()]
    for outage in outages:
        if outage["status"] == "dismissed":
            problems += _unexplained(players, outage, faults)
        elif outage["status"] not in {"closed", "merged"}:
            problems.append(f"Outage {outage['id']} at {outage['device']} is still {outage['status']}.")
    listed = players.audit.listed_when_closed()
    problems += [
        f"The fault at {fault.device} never became a closed outage for {len(missing)} service points."
        for fault in faults
        if (missing := set(fault.service_points) - listed)
    ]
    return problems


def _is_over(players: Players, watch: _Watch, outages: Sequence[dict[str, Any]]) -> bool:
    failure = players.troupe.failure()
    if failure is not None:
        watch.problems.append(f"The {failure[0]} failed: {failure[1]}")
        return True
    if players.now() - watch.began_at > _LONGEST:
        hours = _LONGEST.total_seconds() / 3600
        watch.problems.append(f"After {hours:.0f} simulated hours the storm was not over.")
        return True
    is_open = any(outage["status"] not in GONE | {"closed"} for outage in outages)
    is_quiet = players.field.is_quiet and not is_open
    watch.quiet_looks = watch.quiet_looks + 1 if is_quiet else 0
    return watch.quiet_looks >= _QUIET_LOOKS


def _tell(
    players: Players, watch: _Watch, outages: Sequence[dict[str, Any]], report: Callable[[str], None]
) -> None:
    if time.monotonic() - watch.reported_at < _REPORT_EVERY_S:
        return
    watch.reported_at = time.monotonic()
    counts: dict[str, int] = {}
    for outage in outages:
        counts[outage["status"]] = counts.get(outage["status"], 0) + 1
    told = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in sorted(counts.items()))
    report(
        f"{players.now():%H:%M}  {players.evidence:,} reports · {len(players.field.unmended())} faults "
        f"not yet mended · outages: {told or 'none'}"
    )


def _await_messages(players: Players) -> list[str]:
    deadline = time.monotonic() + _MESSAGES_WITHIN_S
    owed = 0
    while time.monotonic() < deadline:
        summary = players.judge.get("/api/notifications/summary")
        owed = summary["queued"] + summary["sending"]
        if owed == 0:
            return [f"{summary['failed']} messages failed."] if summary["failed"] else []
        time.sleep(_LOOK_EVERY_S)
    return [f"{owed} messages were not delivered within {_MESSAGES_WITHIN_S:.0f} seconds."]


def _unexplained(players: Players, outage: dict[str, Any], faults: Sequence[Fault]) -> list[str]:
    if outage["confirmed_at"] is None:
        return []  # a prediction that the engine itself took back was nobody's outage
    behind = players.audit.traced(outage["device"])
    from_, to = (datetime.fromisoformat(outage[name]) for name in ("started_at", "confirmed_at"))
    really = [
        fault.device
        for fault in faults
        if from_ <= fault.started_at <= to and not behind.isdisjoint(fault.service_points)
    ]
    if outage["dismissed_because"] and not really:
        return []
    return [f"Outage {outage['id']} at {outage['device']} was dismissed, though {really or 'no reason'} …"]

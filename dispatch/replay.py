"""Snapshot and replay: a snapshot before, and the changes after it, give the snapshot after. Pure.

A snapshot is plain JSON:
`{"position", "outages": {id: {...}}, "jobs": {id: {...}}, "crews": {id: {...}},
  "conflicts": {id: {...}}, "hazards": {id: {...}}, "road_closures": {id: {...}}, "tags": {id: {...}},
  "incidents": {id: {...}},
  "switching_orders": {id: {..., "steps": [{"number", "status", ...}]}},
  "interruptions": {outage id: {service point: {"started_at", "ended_at", "customers"}}}}`.
A field without a value is absent. Live pages take a snapshot and apply the tail of the log by the same rules.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from dispatch.change_log import Change

Snapshot = dict[str, Any]

_SHELVES = {
    "outage": "outages",
    "job": "jobs",
    "crew": "crews",
    "conflict": "conflicts",
    "hazard": "hazards",
    "road_closure": "road_closures",
    "switching_order": "switching_orders",
    "tag": "tags",
    "incident": "incidents",
}


def empty_snapshot() -> Snapshot:
    """Return the snapshot of a database in which nothing has happened yet."""
    shelves: Snapshot = {name: {} for name in _SHELVES.values()}
    return {"position": 0, **shelves, "interruptions": {}}


def replay(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """Return the snapshot after the changes, in order of position; those it already holds are passed over."""
    after = copy.deepcopy(snapshot)
    apply_changes(after, changes)
    return after


def apply_changes(snapshot: Snapshot, changes: Iterable[Change]) -> None:
    """Bring a snapshot that is nobody else's up to the changes, as `replay` does, without a copy of it."""
    for change in changes:
        if change.position > snapshot["position"]:
            _apply(snapshot, change)
            snapshot["position"] = change.position


def _apply(snapshot: Snapshot, change: Change) -> None:
    # RULE 1: `values` are the subject's new values; the subject is "kind:id".
    kind, _, id = change.subject.partition(":")
    # What stands on no shelf (the network in force) is told to pages, and no part of a snapshot.
    if kind in _SHELVES:
        subject = snapshot[_SHELVES[kind]].setdefault(id, {"id": id})
        for field, value in change.data.get("values", {}).items():
            if value["new"] is None:
                subject.pop(field, None)
            else:
                subject[field] = value["new"]
        _let_go(snapshot, kind, subject)
        _set_hazard_version(snapshot, kind, subject, change.position)
        if kind == "switching_order":
            subject["version"] = change.position
            _apply_steps(subject, change.data)
    # RULE 3 for incidents: the coming and going of their outages included.
    incident_id = id if kind == "incident" else change.data.get("incident")
    if incident_id in snapshot["incidents"]:
        snapshot["incidents"][incident_id]["version"] = change.position
    # RULE 3: an outage's version is the position of its last change, its jobs' changes included.
    if change.outage_id is not None and change.outage_id in snapshot["outages"]:
        snapshot["outages"][change.outage_id]["version"] = change.position
    # RULE 4: interruptions, in the order withdrawn, started, ended, moved.
    if "interruptions" in change.data and change.outage_id is not None:
        _apply_interruptions(snapshot["interruptions"], change.outage_id, change.data["interruptions"])


# RULE 2: a conflict that is over leaves; so do a hazard with its jobs, a road that is open again, a tag that
# was removed, and an incident that is closed.
_LEAVES_WITH = {
    "conflict": "cleared_at",
    "hazard": "closed_at",
    "incident": "closed_at",
    "road_closure": "lifted_at",
    "tag": "removed_at",
}


def _let_go(snapshot: Snapshot, kind: str, subject: dict[str, Any]) -> None:
    if _LEAVES_WITH.get(kind) not in subject:
        return
    id = subject["id"]
    del snapshot[_SHELVES[kind]][id]
    if kind == "hazard":
        own = [job for job, fields in snapshot["jobs"].items() if fields.get("hazard_id") == id]
        for job in own:
            del snapshot["jobs"][job]


def _set_hazard_version(snapshot: Snapshot, kind: str, subject: dict[str, Any], position: int) -> None:
    # RULE 3 for hazards: the version is the position of the last change, those of its jobs included.
    hazard_id = subject["id"] if kind == "hazard" else subject.get("hazard_id")
    if hazard_id in snapshot["hazards"]:
        snapshot["hazards"][hazard_id]["version"] = position


def _apply_steps(order: dict[str, Any], told: dict[str, Any]) -> None:
    # RULE 5: `steps` are an order's steps anew, all of them waiting; `step` is what became of one of them.
    if "steps" in told:
        order["steps"] = [
            {"number": number, "status": "waiting", **step}
            for number, step in enumerate(told["steps"], start=1)
        ]
    if "step" in told:
        step = next(one for one in order["steps"] if one["number"] == told["step"]["number"])
        step.update({name: value for name, value in told["step"].items() if name != "open_phases"})
        step["status"] = "executed" if "executed_at" in told["step"] else "instructed"


def _apply_interruptions(shelf: dict[str, Any], outage_id: str, told: dict[str, Any]) -> None:
    own = shelf.setdefault(outage_id, {})
    for service_point in told.get("withdrawn", ()):
        del own[service_point]
    for started_at, customers in told.get("started", {}).items():
        for service_point, count in customers.items():
            own[service_point] = {"started_at": started_at, "ended_at": None, "customers": count}
    for ended_at, service_points in told.get("ended", {}).items():
        for service_point in service_points:
            own[service_point]["ended_at"] = ended_at
    if "moved_to" in told:
        # Who is out in either is out: what is over takes nothing from what is not.
        into = shelf.setdefault(told["moved_to"], {})
        for service_point, one in own.items():
            held = into.get(service_point)
            if held is None or held["ended_at"] is not None or one["ended_at"] is None:
                into[service_point] = one
        own.clear()
    if not own:
        del shelf[outage_id]

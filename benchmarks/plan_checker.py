"""An independent check of plans: the JSON of a plan against the JSON of its problem (design §4.4).

It knows nothing of the planner: it reads only the two formats, goes through the rules one after another in
plain Python, and plays the simple rules again for the baselines. Every breach is a sentence; a good plan has
none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

# Times are written to the microsecond; a plan's sums are of thousands of them.
MINUTES = 1e-4
SHARE = 1e-7

_Json = Mapping[str, Any]


def breaches(problem: _Json, plan: _Json, *, baselines: bool = True) -> list[str]:
    """Return what is wrong with a plan; `problem` must give `travel_minutes`."""
    check = _Check(problem, plan)
    check.everyone_and_everything()
    if check.found:
        return check.found
    check.routes()
    check.restored()
    check.left_out()
    check.sums()
    if baselines:
        check.baselines()
    return check.found


class Given:
    """A problem as plain numbers: minutes after `now`."""

    def __init__(self, problem: _Json) -> None:
        self.now = _time(problem["now"])
        self.crews: list[_Json] = list(problem["crews"])
        self.jobs: list[_Json] = list(problem["jobs"])
        self.crew_number = {crew["id"]: number for number, crew in enumerate(self.crews)}
        self.job_number = {job["id"]: number for number, job in enumerate(self.jobs)}
        self._travel: Sequence[Sequence[float | None]] = problem["travel_minutes"]
        self.begin = [max(0.0, self.minutes(crew["available_from"])) for crew in self.crews]
        self.end = [self.minutes(crew["available_until"]) for crew in self.crews]
        self.horizon = max([0.0, *self.end])
        self.first = [self._first_job(crew) for crew in self.crews]

    def minutes(self, text: str) -> float:
        """Return a time as minutes after `now`."""
        return (_time(text) - self.now).total_seconds() / 60

    def travel(self, crew: int, last: int | None, job: int) -> float:
        """Return the minutes to a job from the last one, or from where the crew stands."""
        row = crew if last is None else len(self.crews) + last
        minutes = self._travel[row][len(self.crews) + job]
        return math.inf if minutes is None else float(minutes)

    def not_before(self, job: int) -> float:
        """Return when a job may start at the earliest."""
        text = self.jobs[job].get("not_before")
        return 0.0 if text is None else max(0.0, self.minutes(text))

    def not_after(self, job: int) -> float:
        """Return when a job may start at the latest; a job under way has begun."""
        text = self.jobs[job].get("not_after")
        return math.inf if text is None or job in self.first else self.minutes(text)

    def is_in_time(self, crew: int, last: int | None, job: int, depart: float) -> bool:
        """Return whether a crew that departs then begins in time and finishes within its shift."""
        finish = self.finish(crew, last, job, depart)
        start = max(depart + self.travel(crew, last, job), self.not_before(job))
        return finish <= self.end[crew] and start <= self.not_after(job)

    def finish(self, crew: int, last: int | None, job: int, depart: float) -> float:
        """Return when a crew that departs then has finished a job."""
        start = max(depart + self.travel(crew, last, job), self.not_before(job))
        return start + float(self.jobs[job]["repair_minutes"])

    def may(self, crew: int, job: int) -> bool:
        """Return whether a crew may do a job: skill, pin, forbidden, and whether a way leads there."""
        entry = self.jobs[job]
        if self.first[crew] == job:
            return True
        if job in self.first or self.travel(crew, None, job) == math.inf:
            return False
        name, pinned = self.crews[crew]["id"], entry.get("pinned_crew")
        # Here a job under way is one that its crew cannot finish: another must, pin or no pin.
        under_way = entry.get("under_way")
        if name == under_way or name in entry.get("forbidden_crews", ()):
            return False
        if pinned is not None and pinned not in (name, under_way):
            return False
        return set(entry.get("skills", ())) <= set(self.crews[crew].get("skills", ()))

    def _first_job(self, crew: _Json) -> int | None:
        number = self.crew_number[crew["id"]]
        for job, entry in enumerate(self.jobs):
            if entry.get("under_way") == crew["id"]:
                return job if self.finish(number, None, job, self.begin[number]) <= self.end[number] else None
        return None


class _Check:
    def __init__(self, problem: _Json, plan: _Json) -> None:
        self.given = Given(problem)
        self.plan = plan
        self.found: list[str] = []
        self.finish: dict[int, float] = {}
        self.routes_of: dict[int, list[_Json]] = {}

    def everyone_and_everything(self) -> None:
        """Every id is known; every job is on one way once or among the unassigned."""
        given = self.given
        for stop in self.plan["stops"]:
            if stop["crew"] not in given.crew_number or stop["job"] not in given.job_number:
                self.found.append(f"stop of unknown {stop['crew']} at {stop['job']}")
        done = [stop["job"] for stop in self.plan["stops"]]
        told = done + [one["job"] for one in self.plan["unassigned"]]
        self._same("jobs told of", sorted(told), sorted(given.job_number))

    def routes(self) -> None:
        """Each crew's stops in order: who may, when, within the shift, first what is under way."""
        for stop in self.plan["stops"]:
            self.routes_of.setdefault(self.given.crew_number[stop["crew"]], []).append(stop)
        for crew, first in enumerate(self.given.first):
            stops = self.routes_of.get(crew, [])
            if first is not None and (not stops or self.given.job_number[stops[0]["job"]] != first):
                self.found.append(f"{self.given.crews[crew]['id']} was taken off what it has under way")
            self._route(crew, stops)

    def _route(self, crew: int, stops: list[_Json]) -> None:
        given, free_at, last = self.given, self.given.begin[crew], None
        for stop in stops:
            job, where = given.job_number[stop["job"]], f"{stop['crew']} at {stop['job']}"
            if not given.may(crew, job):
                self.found.append(f"{where}: it may not (skill, pin, forbidden or no way)")
            depart, arrive, start, finish = (
                given.minutes(stop[name]) for name in ("depart", "arrive", "start", "finish")
            )
            if depart < free_at - MINUTES:
                self.found.append(f"{where}: departs before it is free")
            self._near(f"{where}: arrive", arrive, depart + given.travel(crew, last, job))
            self._near(f"{where}: start", start, max(arrive, given.not_before(job)))
            if start > given.not_after(job) + MINUTES:
                self.found.append(f"{where}: begins too late")
            self._near(f"{where}: finish", finish, start + float(given.jobs[job]["repair_minutes"]))
            if finish > given.end[crew] + MINUTES:
                self.found.append(f"{where}: finishes after the shift")
            self.finish[job], free_at, last = finish, finish, job

    def restored(self) -> None:
        """A job is back when it and all upstream are finished; null where one of them never is."""
        for stop in self.plan["stops"]:
            back = self._back(self.given.job_number[stop["job"]])
            told = stop["restored"]
            if (told is None) != (back is None):
                self.found.append(f"{stop['job']}: restored {told}, though it waits for {back}")
            elif told is not None and back is not None:
                self._near(f"{stop['job']}: restored", self.given.minutes(told), back)

    def _back(self, job: int) -> float | None:
        waits_for = [job, *(self.given.job_number[id] for id in self.given.jobs[job].get("after", ()))]
        if all(one in self.finish for one in waits_for):
            return max(self.finish[one] for one in waits_for)
        return None

    def left_out(self) -> None:
        """Every unassigned job has a reason, every promise that is not kept is named as late."""
        for one in self.plan["unassigned"]:
            if not one["why"]:
                self.found.append(f"{one['job']}: unassigned without a reason")
        late = []
        for job, finish in self.finish.items():
            due_by = self.given.jobs[job].get("due_by")
            if due_by is not None and finish > self.given.minutes(due_by) + MINUTES:
                late.append(self.given.jobs[job]["id"])
        for id in late:
            if id not in self.plan["late"]:
                self.found.append(f"{id}: late, and not named so")
        for id in self.plan["late"]:
            job = self.given.job_number[id]
            due_by = self.given.jobs[job].get("due_by")
            is_late = due_by is not None and (
                job not in self.finish or self.finish[job] > self.given.minutes(due_by) - MINUTES
            )
            if not is_late:
                self.found.append(f"{id}: named late, and is not")

    def sums(self) -> None:
        """Customer-minutes are as counted from the stops; the bound is not above them."""
        total = 0.0
        for job, entry in enumerate(self.given.jobs):
            back = self._back(job)
            total += float(entry["customers"]) * (self.given.horizon if back is None else back)
        self._near("customer_minutes", float(self.plan["customer_minutes"]), total)
        if self.plan["lower_bound"] > total + MINUTES + SHARE * total:
            self.found.append(f"the lower bound {self.plan['lower_bound']} is above the plan's {total}")

    def baselines(self) -> None:
        """The simple rules, played again, come to the same customer-minutes."""
        for name, played in simple_rules(self.given).items():
            self._near(f"baseline {name}", float(self.plan["baselines"][name]), played)

    def _near(self, what: str, told: float, counted: float) -> None:
        if not abs(told - counted) <= MINUTES + SHARE * abs(counted):
            self.found.append(f"{what}: {told} told, {counted} counted")

    def _same(self, what: str, told: object, expected: object) -> None:
        if told != expected:
            self.found.append(f"{what}: {told} instead of {expected}")


def simple_rules(given: Given) -> dict[str, float]:
    """Return the customer-minutes of `nearest_crew` and `priority`, played event by event."""
    by_report = list(range(len(given.jobs)))
    by_customers = sorted(by_report, key=lambda job: -float(given.jobs[job]["customers"]))
    return {"nearest_crew": _played(given, by_report), "priority": _played(given, by_customers)}


def _played(given: Given, order: list[int]) -> float:
    free_at, last = list(given.begin), [None] * len(given.crews)  # type: list[float], list[int | None]
    finish: dict[int | None, float] = {}

    def send(crew: int, job: int, now: float) -> None:
        # Once it is decided who takes what, a crew sets off as soon as it is free, and waits at the place.
        leaves = given.begin[crew] if last[crew] is None else finish[last[crew]]
        finish[job] = given.finish(crew, last[crew], job, leaves)
        free_at[crew] = given.finish(crew, last[crew], job, now)
        last[crew] = job

    for crew, first in enumerate(given.first):
        if first is not None:
            send(crew, first, given.begin[crew])
    now, sent = -1.0, set[int]()
    while True:
        times = {*free_at, *(given.not_before(job) for job in order if job not in finish)}
        # Who was sent and is free again at once is free at this very moment once more.
        if not any(free_at[crew] == now for crew in sent):
            now = min((time for time in times if time > now), default=math.inf)
        if now == math.inf:
            break
        sent = set()
        idle = [crew for crew in range(len(given.crews)) if free_at[crew] <= now]
        for job in order:
            if job in finish or given.not_before(job) > now:
                continue
            able = [
                crew for crew in idle if given.may(crew, job) and given.is_in_time(crew, last[crew], job, now)
            ]
            if able:
                nearest = min(able, key=lambda crew: (given.travel(crew, last[crew], job), crew))
                idle.remove(nearest)
                sent.add(nearest)
                send(nearest, job, now)
    total = 0.0
    for job, entry in enumerate(given.jobs):
        waits_for = [job, *(given.job_number[id] for id in entry.get("after", ()))]
        total += float(entry["customers"]) * max(finish.get(one, given.horizon) for one in waits_for)
    return total


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

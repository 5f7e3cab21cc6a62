"""`relight benchmark dispatch`: plans of storms beside simple rules, OR-Tools, the optimum and a bound.

Rule 1: every plan made here is checked by a checker of its own (plan_checker); breaches are counted.
Rule 2: times are those of the whole plan, its bound and baselines included.
Rule 3: sizes, the storms of each and the number of random problems are arguments; targets are judged on
    what was run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.dispatch_peer import plan_by_routing
from benchmarks.dispatch_plot import plot_gaps
from benchmarks.dispatch_rows import GAP, Measured, measured, storm_rows, violations
from benchmarks.dispatch_storms import grounds, storm_problem
from benchmarks.dispatch_technicians import instances, read_instance
from benchmarks.exact_plan import optimum_by_routes, optimum_by_subsets
from benchmarks.random_problems import random_problem
from benchmarks.report import Report, Row
from dispatch.planning.schedule import customer_minutes, schedule

SIZES = (30, 100, 300, 1_000)
STORMS = 6
RANDOM_PROBLEMS = 10_000
EXACT_PROBLEMS = 40

_CREWS = {30: 8, 100: 20, 300: 60, 1_000: 120}
# For the search; the bound comes on top.
_SEARCH_SECONDS = {30: 2.0, 100: 3.0, 300: 8.0, 1_000: 14.0}
_MOST_SECONDS = {100: 5.0, 1_000: 30.0}
# Of the storms of `storms`: larger ones are fewer.
_SHARE = {30: 1.0, 100: 1.0, 300: 0.5, 1_000: 0.34}
_PEER_SIZE, _PEER_SECONDS, _PEER_SHARE = 100, 60.0, 0.34
_TECHNICIAN_SECONDS = 1.5
_RANDOM_STEPS = 20
_EXACT_STEPS = 400
_EXACT_JOBS_AFTER = 6
_SEED = 20261123

_Bar = Callable[[str, int, int], None]

WORDS = """Made by `relight benchmark dispatch --save docs/benchmarks`: seeded storms
(`benchmarks/dispatch_storms.py`) on the roads of Liechtenstein where ../shared holds them, every other one
on a plain with straight ways. *Below nearest_crew* and *below priority* are the customer-minutes that the
plan saves, in per cent of those of the simple rule; *gap* is by how much the plan can be better at most, by
the lower bound shown beside it ([planning](../planning.md)). OR-Tools is its plain routing model with the
same objective, given 60 s (`benchmarks/dispatch_peer.py`). Technicians are the instances of Pillac, Guéret
and Medaglia (2013), every technician calling at the depot first (`benchmarks/dispatch_technicians.py` says
what that leaves out).

![The gap of each storm](dispatch.svg)"""


@dataclass(frozen=True, slots=True)
class DispatchReport(Report):
    """The rows, and the gaps of the storms by size, in per cent."""

    gaps: dict[int, list[float]]


def run(
    *,
    sizes: Sequence[int],
    progress: Callable[[str], None],
    storms: int = STORMS,
    bar: _Bar | None = None,
    random_problems: int = RANDOM_PROBLEMS,
    exact_problems: int = EXACT_PROBLEMS,
    technicians: int | None = None,
) -> DispatchReport:
    """Return all rows.

    Args:
        sizes: Jobs of the storms.
        progress: Told what is being done.
        storms: Of the smaller sizes; the larger ones have fewer.
        bar: Told how many of how many are done, part by part.
        random_problems: How many are planned and checked.
        exact_problems: How many small ones are compared with their optimum.
        technicians: How many of the technician instances; all by default.
    """
    tell = bar or (lambda _part, _done, _total: None)
    rows: list[Row] = []
    everything: list[Measured] = []
    gaps: dict[int, list[float]] = {}
    for size in sizes:
        plans = _storms(size, storms, tell)
        everything += plans
        gaps[size] = [plan.gap for plan in plans]
        case = f"{size:,} jobs, {_crews(size)} crews ({len(plans)} storms)"
        rows += storm_rows(case, plans, most_seconds=_MOST_SECONDS.get(size))
        if size == _PEER_SIZE:
            rows.append(_beside_routing(case, plans[: max(1, round(storms * _PEER_SHARE))], tell))
    rows += storm_rows(f"all {len(everything)} storms", everything, most_seconds=None)
    rows += _exact(exact_problems, tell)
    rows.append(_random(random_problems, tell))
    rows += _technicians(technicians, tell)
    # Roads are measured where their part is there.
    if find_spec("benchmarks.dispatch_travel") is not None:
        from benchmarks.dispatch_travel import rows as travel_rows

        rows += travel_rows(progress)
    return DispatchReport("dispatch", tuple(rows), gaps)


def write(report: DispatchReport, folder: Path) -> None:
    """Write the page and the plot into a folder, as `docs/benchmarks/` has them."""
    (folder / "dispatch.md").write_text(report.as_page(WORDS), encoding="utf-8")
    plot_gaps(report.gaps, target=GAP, path=folder / "dispatch.svg")


def _crews(size: int) -> int:
    return _CREWS.get(size, max(2, size // 6))


def _storms(size: int, storms: int, tell: _Bar) -> list[Measured]:
    count = max(1, round(storms * _SHARE.get(size, 1.0)))
    seconds = _SEARCH_SECONDS.get(size, max(2.0, size / 40))
    part, plans = f"storms of {size:,} jobs", []
    for number in range(count):
        tell(part, number, count)
        ground = grounds()[number % len(grounds())]
        given = storm_problem(jobs=size, crews=_crews(size), seed=_SEED + number, ground=ground)
        plans.append(measured(given, seconds=seconds))
    tell(part, count, count)
    return plans


def _beside_routing(case: str, plans: Sequence[Measured], tell: _Bar) -> Row:
    """Compare plans with what OR-Tools finds in a minute; the worst of them."""
    part, worst = "OR-Tools, 60 s each", (-np.inf, 0.0, 1.0)
    for number, plan in enumerate(plans):
        tell(part, number, len(plans))
        routes = plan_by_routing(plan.problem, seconds=_PEER_SECONDS)
        theirs = customer_minutes(plan.problem, schedule(plan.problem, routes).finish)
        worst = max(worst, (plan.customer_minutes / theirs, plan.customer_minutes, theirs))
    tell(part, len(plans), len(plans))
    name = f"OR-Tools given {_PEER_SECONDS:.0f} s"
    what = f"customer-minutes: the worst of {len(plans)}"
    return Row(case, what, worst[1], "", peer=name, peer_value=worst[2], target=1.01, at_most=True)


def _exact(count: int, tell: _Bar) -> Iterator[Row]:
    """Compare small problems with their optimum: half of 12 jobs without `after`, half of 6 with it."""
    part, above, too_high, plans = "small problems with their optimum", [0.0], 0, []
    for number in range(count):
        tell(part, number, count)
        with_after = bool(number % 2)
        most = _EXACT_JOBS_AFTER if with_after else 12
        given = random_problem(_SEED + number, most_jobs=most, most_crews=3, with_after=with_after)
        plan = measured(given, steps=_EXACT_STEPS)
        optimum = (optimum_by_routes if with_after else optimum_by_subsets)(plan.problem)
        plans.append(plan)
        too_high += plan.lower_bound > optimum
        if optimum > 0:
            above.append(100.0 * (plan.customer_minutes / optimum - 1.0))
    tell(part, count, count)
    case = f"{count} problems of at most 12 jobs"
    yield Row(case, "above the exact optimum: worst", max(above), "%", target=3.0, at_most=True)
    yield Row(case, "lower bounds above the optimum", too_high, "", target=0.0, at_most=True)
    yield violations(case, plans)


def _random(count: int, tell: _Bar) -> Row:
    part, plans = "random problems", []
    for number in range(count):
        if number % 50 == 0:
            tell(part, number, count)
        plans.append(measured(random_problem(number), steps=_RANDOM_STEPS))
    tell(part, count, count)
    return violations("random problems in which any rule may bind", plans)


def _technicians(count: int | None, tell: _Bar) -> Iterator[Row]:
    part, plans = "technician instances", []
    paths = instances()[:count]
    for number, path in enumerate(paths):
        tell(part, number, len(paths))
        plans.append(measured(read_instance(path), seconds=_TECHNICIAN_SECONDS))
    tell(part, len(paths), len(paths))
    if not plans:
        return
    case = f"{len(plans)} technician instances"
    yield violations(case, plans)
    yield Row(case, "requests served", sum(plan.stops for plan in plans), "")
    yield Row(case, "requests unassigned", sum(plan.unassigned for plan in plans), "")
    total = float(np.mean([plan.customer_minutes for plan in plans]))
    yield Row(case, "Σ minutes to the end of service: mean", total, "")
    gaps = [plan.gap for plan in plans]
    yield Row(case, "gap to the lower bound: median", float(np.median(gaps)), "%")
    yield Row(case, "gap to the lower bound: worst", max(gaps), "%")

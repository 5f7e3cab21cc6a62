"""`relight plan`: which crew repairs what, in which order, from a file and without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.network_progress import moving_bar
from api.cli.output import FINDINGS_IN_THE_INPUT, AsJson, mention, say, say_json
from dispatch.planning.errors import WrongProblemError
from dispatch.planning.plan import Plan, PlanStop, make_plan, plan_as_json
from dispatch.planning.problem import PlanningProblem
from dispatch.planning.problem_file import read_problem
from gis.travel import STRAIGHT_LINE

_RULES = {"nearest_crew": "nearest crew first", "priority": "most customers first"}


def plan(
    path: Annotated[
        Path, typer.Argument(metavar="PROBLEM.json", help="Crews, jobs and the ways between them.")
    ],
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.0, max=86_400.0, help="How long to look for a better plan.")
    ] = 5.0,
    seed: Annotated[int, typer.Option("--seed", help="What chance draws from.")] = 0,
    iterations: Annotated[
        int | None,
        typer.Option(
            "--iterations", min=0, help="Stop after so many steps instead: the same answer on any machine."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan which crew repairs what, and in which order, so that customers wait as little as possible.

    PROBLEM.json is described in docs/formats/plan.md. The plan comes with the customer-minutes of two simple
    rules for the same jobs, and with a bound that no plan can be below.
    """
    try:
        problem = read_problem(path)
    except WrongProblemError as wrong:
        _say_what_is_wrong(wrong, as_json=as_json)
        raise typer.Exit(FINDINGS_IN_THE_INPUT) from wrong
    with moving_bar("Planning"):
        made = make_plan(
            problem, seconds=seconds if iterations is None else None, iterations=iterations, seed=seed
        )
    if as_json:
        say_json(plan_as_json(made))
    else:
        _say_plan(problem, made)


def _say_what_is_wrong(wrong: WrongProblemError, *, as_json: bool) -> None:
    if as_json:
        say_json({"findings": [{"place": one.place, "text": one.text} for one in wrong.findings]})
    else:
        for one in wrong.findings:
            mention(f"{one.place}: {one.text}.")
        mention(f"{len(wrong.findings):,} wrong in the problem; nothing is planned.")


def _say_plan(problem: PlanningProblem, made: Plan) -> None:
    customers = {job.id: job.customers for job in problem.jobs}
    for crew in problem.crews:
        stops = [stop for stop in made.stops if stop.crew == crew.id]
        if stops:
            say(f"Crew {crew.id}")
        for stop in stops:
            say(_line(stop, customers[stop.job], is_late=stop.job in made.late))
    for over in made.handed_over:
        to = f"crew {over.to_crew} takes over" if over.to_crew is not None else "nobody takes over"
        say(f"{over.job} is under way, but crew {over.from_crew} cannot finish it within its shift: {to}.")
    for one in made.unassigned:
        say(f"{one.job} is left out: {one.reason.text}.")
    if made.stops or made.unassigned:
        say("")
    say(_summary(made))
    if made.travel_source == STRAIGHT_LINE:
        say("No travel_minutes were given: ways are the straight line × 1.3 at 30 km/h.")


def _line(stop: PlanStop, customers: float, *, is_late: bool) -> str:
    restored = "supply waits for what is upstream"
    if stop.restored is not None:
        restored = f"supply back {stop.restored:%d %b %H:%M}"
    late = ", late" if is_late else ""
    return (
        f"  {stop.depart:%H:%M} off, {stop.arrive:%H:%M} there, {stop.start:%H:%M}–{stop.finish:%H:%M} "
        f"{stop.job} ({customers:,.0f} customers, {restored}{late})"
    )


def _summary(made: Plan) -> str:
    text = f"{len(made.stops):,} jobs planned, {made.customer_minutes:,.0f} customer-minutes"
    compared = [
        f"{(minutes - made.customer_minutes) / minutes:.1%} below {_RULES.get(name, name)}"
        for name, minutes in made.baselines.items()
        if minutes > 0
    ]
    if compared:
        text += f": {' and '.join(compared)}; no plan can save more than another {made.gap:.1%}"
    return f"{text}."

"""`relight crew`: the roster of crews from a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from api.cli.output import (
    AsJson,
    end_with_findings,
    findings_as_json,
    mention_findings,
    progress_by_part,
    say,
    say_json,
)
from api.processes.database import open_engine
from api.roster_file import CrewInFile, finding, read_roster
from api.schemas.crews import NewCrew
from api.settings import DatabaseSettings
from dispatch.clock import simulated_now
from dispatch.crew_members import set_members
from dispatch.crew_shifts import set_shifts
from dispatch.crews import CrewChange, add_crew, change_crew, name_of_crew
from dispatch.duty import Stretch
from dispatch.errors import DispatchError
from dispatch.transactions import write_transaction
from topology.findings import Finding, count_things

ACTOR = "relight crew import"

commands = typer.Typer(help="Crews: import a roster.", no_args_is_help=True)

RosterPath = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", exists=True, dir_okay=False, help="A roster as JSON or, ending in .csv, as CSV."
    ),
]


@commands.command("import")
def import_file(path: RosterPath, as_json: AsJson = False) -> None:
    """Put the crews of a file on the roster, or change those that are; a bad line stops no other."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    crews, findings = read_roster(text, is_csv=path.suffix.lower() == ".csv")
    with (
        open_engine(DatabaseSettings(), application_name=ACTOR) as engine,
        write_transaction(engine) as session,
        progress_by_part() as progress,
    ):
        counts = _take(session, crews, findings, progress)
    if as_json:
        say_json({**counts, "findings": findings_as_json(findings)})
    else:
        mention_findings(findings)
        say(f"{count_things(counts['added'], 'crew')} added, {counts['changed']} changed.")
    end_with_findings(findings)


def _take(
    session: Session,
    crews: Sequence[CrewInFile],
    findings: list[Finding],
    progress: Callable[[str, int, int], None],
) -> dict[str, int]:
    counts = {"added": 0, "changed": 0}
    now = simulated_now(session, real_now=datetime.now(UTC))
    for number, one in enumerate(crews, start=1):
        is_known = name_of_crew(session, crew_id=one.crew.id) is not None
        try:
            with session.begin_nested():
                (_change if is_known else _add)(session, one.crew, now)
            counts["changed" if is_known else "added"] += 1
        except DispatchError as problem:
            findings.append(finding(one.line, one.crew.id, str(problem).rstrip(".")))
        progress("crews", number, len(crews))
    return counts


def _add(session: Session, crew: NewCrew, now: datetime) -> None:
    add_crew(
        session,
        id=crew.id,
        name=crew.name,
        skills=crew.skills,
        shifts=_shifts(crew),
        lon=crew.lon,
        lat=crew.lat,
        crs=crew.crs,
        vehicle=crew.vehicle.known if crew.vehicle else None,
        depot=crew.depot.known if crew.depot else None,
        members=[member.known for member in crew.members],
        actor=ACTOR,
        now=now,
    )


def _change(session: Session, crew: NewCrew, now: datetime) -> None:
    """Bring a crew up to the file; where it is now stays as its phone tells it."""
    change = CrewChange(
        name=crew.name,
        skills=crew.skills,
        vehicle=crew.vehicle.known if crew.vehicle else None,
        depot=crew.depot.known if crew.depot else None,
    )
    change_crew(session, crew_id=crew.id, change=change, actor=ACTOR, now=now)
    if crew.members:
        members = [member.known for member in crew.members]
        set_members(session, crew_id=crew.id, members=members, actor=ACTOR, now=now)
    shifts = [shift for shift in _shifts(crew) if shift.end > now]
    set_shifts(session, crew_id=crew.id, shifts=shifts, actor=ACTOR, now=now)


def _shifts(crew: NewCrew) -> list[Stretch]:
    shifts = [shift.stretch for shift in crew.shifts]
    if crew.shift_start is not None and crew.shift_end is not None:
        shifts.append(Stretch(crew.shift_start, crew.shift_end))
    return shifts

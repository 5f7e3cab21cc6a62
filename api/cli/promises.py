"""`relight promises`: broken promises, a check of a file of promises, and the classes of areas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.breaches_csv import breaches_csv
from api.cli.output import AsJson, say, say_json
from api.processes.database import open_engine
from api.schemas.promises import Breach as BreachShape
from api.settings import DatabaseSettings
from api.work import reading, writing
from dispatch.promise_breaches import Breach, list_breaches
from dispatch.promise_document import DEFAULTS, read_promise_rules
from gis.area_class import AreaClass
from gis.area_classes import AreaPolygonsError, polygons_of_geojson, replace_area_polygons, set_feeder_class

commands = typer.Typer(
    help="Promises of service: broken ones, their rules, and the classes of areas.", no_args_is_help=True
)
areas = typer.Typer(help="Which places are urban, rural or remote.", no_args_is_help=True)
commands.add_typer(areas, name="areas")


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-23T08:00:00+08:00") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=_instant, metavar="TIME", help="Due at or after this time."),
]
Before = Annotated[
    datetime | None, typer.Option("--before", parser=_instant, metavar="TIME", help="Due before this time.")
]


@commands.command("breaches")
def breaches(
    since: Since = None,
    before: Before = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table for spreadsheets.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the broken promises of a period with what proves them. Times without a zone are UTC."""
    with (
        open_engine(DatabaseSettings(), application_name="relight promises") as engine,
        reading(engine) as work,
    ):
        found = list_breaches(work.session, now=work.now, since=since, before=before, limit=1_000_000)
    if as_json:
        say_json({"breaches": [BreachShape.model_validate(one).model_dump(mode="json") for one in found]})
    elif as_csv:
        say(breaches_csv(found).rstrip("\r\n"))
    else:
        for one in found:
            say(_line(one))
        say(f"{len(found)} broken promises." if found else "No broken promises.")


def _line(breach: Breach) -> str:
    proof = breach.arrival
    who = f", crew {proof.crew_id}" if proof is not None else ""
    flags = f" [{', '.join(breach.flags)}]" if breach.flags else ""
    due = breach.due_at.astimezone(UTC).isoformat(timespec="minutes") if breach.due_at else "?"
    return (
        f"{breach.outage_id} {breach.promise} ({breach.area_class}): due {due}, "
        f"late by {breach.late_minutes:g} min{who}{flags}"
    )


@commands.command("check")
def check(
    path: Annotated[Path, typer.Argument(help="A file of promises (TOML or JSON).")] = DEFAULTS,
    as_json: AsJson = False,
) -> None:
    """Say whether a file of promises can be taken, and what it promises. Needs no database."""
    rules = read_promise_rules(path)
    if as_json:
        say_json({"version": rules.version, "document": dict(rules.document)})
        return
    say(f"Version {rules.version}.")
    for promise in rules.promises:
        figures = ", ".join(
            f"{area_class} {minutes:g} min" for area_class, minutes in promise.minutes.items()
        )
        say(f"{promise.id}: {promise.measures} from {promise.starts} on: {figures} ({promise.source})")


@areas.command("import")
def import_polygons(
    path: Annotated[
        Path, typer.Argument(help="GeoJSON polygons in WGS 84, each with the property area_class.")
    ],
    as_json: AsJson = False,
) -> None:
    """Put the polygons of a file in the place of all there were."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise AreaPolygonsError(f"{path} cannot be read as JSON: {problem}") from problem
    polygons = polygons_of_geojson(document)
    with (
        open_engine(DatabaseSettings(), application_name="relight promises") as engine,
        writing(engine) as work,
    ):
        replace_area_polygons(work.session, polygons=polygons, now=work.now)
    counts = {str(one): sum(polygon.area_class is one for polygon in polygons) for one in AreaClass}
    if as_json:
        say_json({"polygons": counts})
    else:
        say("Polygons now: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")


@areas.command("feeder")
def set_feeder(
    feeder: Annotated[str, typer.Argument(help="The feeder's id, as the network has it.")],
    area_class: Annotated[
        AreaClass | None, typer.Argument(help="Its class; without one, what was said is taken back.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say in what kind of area a feeder lies."""
    with (
        open_engine(DatabaseSettings(), application_name="relight promises") as engine,
        writing(engine) as work,
    ):
        set_feeder_class(work.session, feeder=feeder, area_class=area_class, now=work.now)
    if as_json:
        say_json({"feeder": feeder, "area_class": area_class})
    else:
        say(f"Feeder {feeder}: {area_class or 'nothing said'}.")

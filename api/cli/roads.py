"""`relight roads`: import the roads that crews drive on, or check a file of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

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
from api.settings import DatabaseSettings
from dispatch.transactions import intake_transaction
from gis.roads.reading import read_roads
from gis.roads.road_versions import import_roads
from topology.findings import count_things

commands = typer.Typer(
    help="Roads: import them for travel times and routes, or check a file of them.", no_args_is_help=True
)

RoadsPath = Annotated[
    Path, typer.Argument(metavar="PATH.osm.pbf", help="An OpenStreetMap extract in the PBF format.")
]


@commands.command("import")
def import_file(path: RoadsPath, as_json: AsJson = False) -> None:
    """Import roads as a new version, in force at once; it lands whole or not at all."""
    with progress_by_part() as progress:
        read = read_roads(path, progress=progress)
        with (
            open_engine(DatabaseSettings(), application_name="relight roads import") as engine,
            intake_transaction(engine) as session,
        ):
            road_version = import_roads(
                session, read=read, source=path.name, now=datetime.now(UTC), progress=progress
            )
    if as_json:
        say_json(
            {
                "road_version": road_version,
                "counts": read.counts,
                "findings": findings_as_json(read.findings),
            }
        )
    else:
        mention_findings(read.findings)
        say(f"Imported as road version {road_version}, now in force: {counted(read.counts)}.")
    end_with_findings(read.findings)


@commands.command("check")
def check(path: RoadsPath, as_json: AsJson = False) -> None:
    """Say what is wrong with a file of roads; exit code 1 when something is. Needs no database."""
    with progress_by_part() as progress:
        read = read_roads(path, progress=progress)
    if as_json:
        say_json({"counts": read.counts, "findings": findings_as_json(read.findings)})
    else:
        mention_findings(read.findings)
        say(f"Read {counted(read.counts)}.")
        say(f"{count_things(len(read.findings), 'finding')}." if read.findings else "No findings.")
    end_with_findings(read.findings)


def counted(counts: Mapping[str, int]) -> str:
    """Say in words what was read."""
    return (
        f"{count_things(counts['ways_driven'], 'road')} of {counts['length_km']:,} km, "
        f"{counts['one_way']:,} one-way, {counts['with_maxspeed']:,} with a speed limit; "
        f"{count_things(counts['turn_restrictions'], 'turn restriction')}; a graph of "
        f"{count_things(counts['edges'], 'edge')} between {counts['vertices']:,} points"
    )

"""`relight storm`: simulated worlds. `city` makes a city; `generate` and `score` measure inference."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import AsJson, progress_by_part, say, say_json
from api.cli.storm_trials import generate, score
from storm.city import make_city, require_order, require_places, streets_path_beside, write_city

commands = typer.Typer(help="Simulated worlds, for demos, training and measuring.", no_args_is_help=True)


commands.command("generate")(generate)
commands.command("score")(score)


class CityLanguage(StrEnum):
    """The languages a city can be in."""

    EN = "en"
    ZH = "zh"


@commands.callback()
def storm() -> None:
    """Simulated worlds, for demos, training and measuring."""


@commands.command("city")
def city(
    package: Annotated[
        Path,
        typer.Argument(metavar="OUT.gpkg", help="The network package to write; replaced if it is there."),
    ],
    customers: Annotated[int, typer.Option("--customers", help="How many customers, 1 to 1,000,000.")],
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same city, to the byte.")] = 1,
    language: Annotated[
        CityLanguage, typer.Option("--language", help="Of addresses and names.")
    ] = CityLanguage.EN,
    streets: Annotated[
        Path | None,
        typer.Option(
            "--streets", metavar="OUT.osm.pbf", help="Where its streets go; default: beside OUT.gpkg."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a plausible city: streets, substations, feeders, transformers, and customers with addresses."""
    streets = streets or streets_path_beside(package)
    require_order(customers=customers, seed=seed)
    require_places(package=package, streets=streets)
    with progress_by_part() as progress:
        made = make_city(customers=customers, seed=seed, language=language.value, progress=progress)
        write_city(made, package=package, streets=streets, progress=progress)
    tables = made.tables
    counts = {
        "customers": len(tables.customer),
        "substations": len(tables.substation),
        "feeders": int(tables.switch.loc[tables.switch["kind"] == "breaker", "feeder"].nunique()),
        "transformers": len(tables.transformer),
        "line_sections": len(tables.line_section),
        "ways": made.streets.way_count,
    }
    if as_json:
        say_json({"package": str(package), "streets": str(streets), "seed": seed, **counts})
        return
    counted = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
    say(f"Made {package} and {streets}: {counted}.")

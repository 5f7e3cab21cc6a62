"""`relight benchmark`: figures of Relight beside its peers, measured in one run on this machine."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import AsJson, complain, mention, progress_by_part, say, say_json

MISSED = 1
COULD_NOT = 2
BENCHMARKS = (
    "topology",
    "switching",
    "scale",
    "inference",
    "flow",
    "dispatch",
    "ledger",
    "reliability",
    "messages",
    "crew_app",
    "status",
    "desk",
)
ALL = "all"


def benchmark(
    name: Annotated[str, typer.Argument(help=f"What to measure: {', '.join(BENCHMARKS)}, or all.")],
    customers: Annotated[
        list[int] | None,
        typer.Option(
            "--customers",
            min=1,
            help="A size to measure (dispatch: jobs); may be repeated. Default: all sizes.",
        ),
    ] = None,
    storms: Annotated[
        int | None,
        typer.Option(
            "--storms",
            min=1,
            help="Storms of a point of the grid (inference) or of a size (dispatch); shifts (crew_app).",
        ),
    ] = None,
    first: Annotated[
        int,
        typer.Option(
            "--first",
            min=0,
            help="The first shift to play (crew_app), to go on from the record in the folder of --save.",
        ),
    ] = 0,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FOLDER", help="Also write the table and the plot into this folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure NAME beside its peers, comparing their answers; exit code 1 when a target is missed."""
    names = BENCHMARKS if name == ALL else (name,)
    if unknown := [one for one in names if one not in BENCHMARKS]:
        complain(f"There is no benchmark {unknown[0]!r}; there is: {', '.join(BENCHMARKS)}, {ALL}.")
        raise typer.Exit(COULD_NOT)
    met = [_run(one, customers, storms, first, save, as_json=as_json) for one in names]
    if not all(met):
        raise typer.Exit(MISSED)


def _run(
    name: str,
    customers: list[int] | None,
    storms: int | None,
    first: int,
    save: Path | None,
    *,
    as_json: bool,
) -> bool:
    try:
        measured: Any = import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:
        complain(
            f"The benchmarks need {error.name}, which is not installed here; they run in a checkout of "
            "Relight that was set up by `make setup`."
        )
        raise typer.Exit(COULD_NOT) from error
    sizes = customers or measured.SIZES
    if hasattr(measured, "STORMS"):
        kept = {"first": first, "record": save} if hasattr(measured, "RECORD") else {}
        with progress_by_part() as bar:
            report = measured.run(
                sizes=sizes, progress=mention, storms=storms or measured.STORMS, bar=bar, **kept
            )
    else:
        report = measured.run(sizes=sizes, progress=mention)
    if save is not None:
        save.mkdir(parents=True, exist_ok=True)
        measured.write(report, save)
    if as_json:
        say_json(report.as_json())
    else:
        say(report.as_table())
    return bool(report.is_met)

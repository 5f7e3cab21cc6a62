"""`relight rates`: the rates of inference. `learn` makes them from past storms (docs/formats/rates.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import AsJson, busy, mention, say, say_json
from storm.trials.errors import TrialFileError
from storm.trials.learning import learn_from_folder
from topology.rates import write_rates

commands = typer.Typer(
    help="How often devices open, and how people and meters tell of it: what inference goes by.",
    no_args_is_help=True,
)


@commands.callback()
def rates() -> None:
    """How often devices open, and how people and meters tell of it: what inference goes by."""


@commands.command("learn")
def learn(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Past storms of one network, each in a folder of its own."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Where they go; default: DIR/rates.json."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Learn the rates from past storms whose truth is known, for `relight infer --rates`."""
    out = out or folder / "rates.json"
    with busy("Learning"):
        learned = learn_from_folder(folder)
    try:
        write_rates(learned.rates, out)
    except OSError as error:
        raise TrialFileError(out, f"it cannot be written ({error.strerror})") from error
    if as_json:
        left_out = list(learned.left_out)
        say_json(
            {"storms": learned.storms, "faults": learned.faults, "left_out": left_out, "rates": str(out)}
        )
        return
    for one in learned.left_out:
        mention(f"Left out {one}.")
    say(f"Learned from {learned.storms:,} storms with {learned.faults:,} faults; the rates are in {out}.")

"""`relight storm generate` and `score`: storms to measure any method by (docs/formats/storm.md)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.network_files import FormatOption, NetworkPath, read_network
from api.cli.output import AsJson, progress_by_part, say, say_json
from api.cli.storm_settings import read_range, read_settings
from storm.trials import (
    Score,
    Trial,
    TrialShape,
    add_up,
    make_trial,
    outages_from_json,
    score_result,
    truth_from_json,
)
from storm.trials.folder import (
    TRUTH,
    read_about,
    read_json,
    require_folder,
    result_of,
    storms_in,
    write_trial,
)
from storm.trials.tables_ground import Meters, ground_of_tables
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

Out = Annotated[
    Path, typer.Argument(metavar="OUT", help="The folder to write; a storm that is there is replaced.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same bytes.")]
Storms = Annotated[
    int, typer.Option("--storms", min=1, help="How many; several get a folder each, named by seed.")
]
Faults = Annotated[str, typer.Option("--faults", metavar="A-B", help="How many devices fail.")]
Loss = Annotated[float, typer.Option("--loss", help="Share of last gasps that never arrive.")]
FalseRate = Annotated[float, typer.Option("--false", help="Share of the received last gasps that are false.")]
Calling = Annotated[
    float, typer.Option("--calling", help="Share of places in the dark that call within half an hour.")
]
Minutes = Annotated[float, typer.Option("--minutes", help="How long after the start the evidence ends.")]
WithMeters = Annotated[
    Meters | None,
    typer.Option("--meters", help="Who has one; without it those named, or all where none is named."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Anything else of docs/formats/storm.md; may be repeated."
    ),
]


def generate(
    path: NetworkPath,
    out: Out,
    seed: Seed,
    storms: Storms = 1,
    faults: Faults = "1-3",
    loss: Loss = 0.3,
    false_rate: FalseRate = 0.01,
    calling: Calling = 0.30,
    minutes: Minutes = 10.0,
    meters: WithMeters = None,
    settings: Settings = None,
    format: FormatOption = None,
    as_json: AsJson = False,
) -> None:
    """Hide faults in a network, and write the truth and what is told of it: truth.json, evidence.ndjson."""
    fewest, most = read_range(faults)
    asked: dict[str, Any] = {
        "fewest_faults": fewest,
        "most_faults": most,
        "loss": loss,
        "false_rate": false_rate,
        "calling": calling,
        "minutes": minutes,
    }
    shape = TrialShape(**{**asked, **read_settings(settings or [])})
    require_folder(out, is_of_several=storms > 1)
    tables, _, _ = read_network(path, format)
    ground = ground_of_tables(tables, meters=meters)
    written = []
    with progress_by_part() as progress:
        for number in range(storms):
            progress("making storms", number, storms)
            trial = make_trial(ground, shape, seed + number)
            folder = out / f"{trial.seed:06d}" if storms > 1 else out
            write_trial(trial, folder, network=path)
            written.append(_about(trial, folder))
    if as_json:
        say_json({"network": path, "shape": shape.as_json(), "storms": written})
        return
    said = (sum(one[name] for one in written) for name in ("faults", "evidence"))
    say(
        "Made {} with {:,} faults and {:,} pieces of evidence in {}.".format(
            _storms(len(written)), *said, out
        )
    )


def score(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The folder of a storm, or of several in folders of their own."),
    ],
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT",
            help="What `relight infer --json` or any other method says; of several storms a folder of "
            "files named like them, such as 000007.json.",
        ),
    ],
    network: Annotated[
        str | None,
        typer.Option("--network", metavar="PATH", help="The network, where it is not where it was."),
    ] = None,
    format: FormatOption = None,
    as_json: AsJson = False,
) -> None:
    """Say how well a method named what a storm hid: hits, probabilities, and customers told wrongly."""
    folders = storms_in(out)
    pairs = [(folder, result_of(folder, result, is_alone=folders == [out])) for folder in folders]
    trees: dict[str, SupplyTree] = {}
    scores: dict[str, Score] = {}
    with progress_by_part() as progress:
        for number, (folder, file) in enumerate(pairs):
            progress("scoring storms", number, len(pairs))
            path = network or str(read_about(folder)["network"])
            if path not in trees:
                trees[path] = _tree(path, format)
            scores[folder.name] = _score(folder, file, trees[path])
    whole = add_up(scores.values())
    if as_json:
        by_storm = [
            {"storm": name, **_as_json(one), "by_fault": _by_fault(one)} for name, one in scores.items()
        ]
        say_json({"storms": len(scores), **_as_json(whole), "by_storm": by_storm})
        return
    _say(whole, len(scores))


def _about(trial: Trial, folder: Path) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "seed": trial.seed,
        "faults": len(trial.truth.faults),
        "evidence": len(trial.signals),
    }


def _tree(path: str, format: FormatOption) -> SupplyTree:
    tables, _, _ = read_network(path, format)
    network, _ = tables.to_network()
    return SupplyTree(network, SwitchState.normal(network))


def _score(folder: Path, file: Path, tree: SupplyTree) -> Score:
    truth = truth_from_json(read_json(folder / TRUTH), tree.network, source=str(folder / TRUTH))
    return score_result(truth, outages_from_json(read_json(file), source=str(file)), tree)


def _as_json(one: Score) -> dict[str, Any]:
    return {
        "faults": len(one.faults),
        "faults_reported": len(one.reported),
        "exact_first": one.exact_first,
        "among_three": one.among_three,
        "mean_log_score": one.mean_log_score,
        "outages": one.outages,
        "outages_matched": one.outages_matched,
        "precision": one.precision,
        "calibration_error": one.calibration_error,
        "customers_out": one.customers_out,
        "told_out_wrongly": one.told_out_wrongly,
        "told_on_wrongly": one.told_on_wrongly,
    }


def _by_fault(one: Score) -> list[dict[str, Any]]:
    return [{**asdict(fault), "log_score": fault.log_score} for fault in one.faults]


def _say(one: Score, storms: int) -> None:
    say(f"{_storms(storms)}: {len(one.reported):,} of {len(one.faults):,} faults were reported.")
    say(f"exact device first   {_share(one.exact_first)}")
    say(f"among the first 3    {_share(one.among_three)}")
    say(f"mean log score       {'none' if one.mean_log_score is None else f'{one.mean_log_score:.3f}'}")
    say(f"precision            {_share(one.precision)} of {one.outages:,} outages")
    say(f"calibration error    {_share(one.calibration_error)}")
    say(f"customers out        {one.customers_out:,}")
    say(f"told out wrongly     {one.told_out_wrongly:,}")
    say(f"told on wrongly      {one.told_on_wrongly:,}")


def _share(value: float | None) -> str:
    return "none" if value is None else f"{value:.1%}"


def _storms(count: int) -> str:
    return "1 storm" if count == 1 else f"{count:,} storms"

"""A trial storm in a folder: truth.json, evidence.ndjson, storm.json and rates.json, whole or not at all."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from storm.trials.errors import TrialFileError
from storm.trials.ground import TrialGround
from storm.trials.trial import Trial
from storm.trials.truth import text_of
from topology.rates import write_rates

FORMAT = "relight storm 1"
TRUTH, EVIDENCE, STORM, RATES = "truth.json", "evidence.ndjson", "storm.json", "rates.json"
RESULT = "result.json"
UNFINISHED = ".unfinished"


def require_folder(folder: Path, *, is_of_several: bool = False) -> None:
    """Raise TrialFileError when the folder may not be made or written: only what storms are in may be.

    Args:
        folder: where one storm goes; or several, in folders of their own.
        is_of_several: which of both.
    """
    if not folder.absolute().parent.is_dir():
        raise TrialFileError(folder, f"there is no folder {folder.parent} to put it in")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise TrialFileError(folder, "it is a file; name a folder")
    may_be_written = _is_of_storms(folder) if is_of_several else is_storm(folder)
    if not _is_empty(folder) and not may_be_written:
        raise TrialFileError(folder, "something else is in it; name another folder")


def write_trial(trial: Trial, folder: Path, *, network: str) -> None:
    """Write one storm, in place of one that is there; `network` is the name it is remembered by.

    TrialFileError when something else is in the way or it cannot be written.
    """
    if folder.exists() and not is_storm(folder) and not _is_empty(folder):
        raise TrialFileError(folder, "something else is in it; name another folder")
    unfinished = folder.with_name(folder.name + UNFINISHED)
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _write_json(unfinished / TRUTH, trial.truth.as_json(trial.ground.network))
        with (unfinished / EVIDENCE).open("w", encoding="utf-8", newline="\n") as file:
            for document in trial.documents():
                file.write(json.dumps(document, ensure_ascii=False) + "\n")
        _write_json(unfinished / STORM, about_trial(trial, network))
        write_rates(trial.true_rates, unfinished / RATES)
        if folder.exists():
            shutil.rmtree(folder)
        unfinished.rename(folder)
    except OSError as error:
        raise TrialFileError(folder, f"it cannot be written ({error.strerror})") from error


def is_storm(folder: Path) -> bool:
    """Tell whether a folder holds a storm."""
    return (folder / STORM).is_file() and (folder / TRUTH).is_file()


def storms_in(folder: Path) -> list[Path]:
    """Return the folder itself when it is a storm, else the storms in it by name; TrialFileError on none."""
    if is_storm(folder):
        return [folder]
    found = [one for one in sorted(folder.iterdir()) if is_storm(one)] if folder.is_dir() else []
    if not found:
        raise TrialFileError(folder, "no storm is there; `relight storm generate` makes some")
    return found


def result_of(storm: Path, result: Path, *, is_alone: bool) -> Path:
    """Return the file with what a method says of a storm; TrialFileError where it is not there.

    Args:
        storm: the folder of the storm.
        result: the file itself for a storm alone; for several a folder with a file or folder named like each.
        is_alone: which of both.
    """
    if is_alone and result.is_file():
        return result
    for file in (result / f"{storm.name}.json", result / storm.name / RESULT):
        if file.is_file():
            return file
    expected = result if is_alone else result / f"{storm.name}.json"
    raise TrialFileError(expected, f"there is no result for the storm in {storm}")


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; TrialFileError."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TrialFileError(path, f"it cannot be read ({error})") from error


def read_about(folder: Path) -> dict[str, Any]:
    """Return the content of storm.json; TrialFileError."""
    about = read_json(folder / STORM)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise TrialFileError(
            folder / STORM, f'it is no storm: it must be an object with "format": "{FORMAT}"'
        )
    return about


def about_trial(trial: Trial, network: str) -> dict[str, Any]:
    """Return the content of storm.json: how the storm was made, and nothing of what it hides."""
    ground = trial.ground
    return {
        "format": FORMAT,
        "network": network,
        "seed": trial.seed,
        "at": text_of(trial.truth.at),
        "shape": trial.shape.as_json(),
        "candidates": {
            kind: {"count": len(found), "several_phases": ground.several_phases[kind]}
            for kind, found in ground.candidates.items()
        },
        "service_points": ground.network.service_point_count,
        "service_points_with_supply": len(ground.supplied),
        "meters_with_supply": len(ground.supplied_meters),
        "points_without_meter": _without_meter(ground),
    }


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _is_of_storms(folder: Path) -> bool:
    """Tell whether all folders in a folder are storms, whole or not, and files are those learned of them."""
    return all(
        is_storm(one) or one.name.endswith(UNFINISHED) if one.is_dir() else one.suffix == ".json"
        for one in folder.iterdir()
    )


def _without_meter(ground: TrialGround) -> list[str]:
    """Return the service points without a meter, none where no meter reports at all: the count says it."""
    if not len(ground.supplied_meters):
        return []
    return ground.network.service_point_ids(np.flatnonzero(~ground.has_meter))


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

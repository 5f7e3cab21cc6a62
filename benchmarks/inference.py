"""`relight benchmark inference`: how often the right device is named, beside the limit and the usual rules.

Rule 1: every method answers the same seeded storms; nothing is tuned on them. Rates are learned, and the
roll-up rules were tuned, on storms of other seeds.
Rule 2: the limit is worked out by a recursion of its own, told the true rates of each storm.
Rule 3: speed is measured on a city of a million customers; smaller sizes show how the cost grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.inference_failures import Failure, failure_table
from benchmarks.inference_grounds import CITY_SEED, make_grounds
from benchmarks.inference_nested import answer_nested
from benchmarks.inference_pings import answer_pings
from benchmarks.inference_processes import Task, run_all
from benchmarks.inference_rows import (
    grid_table,
    nested_rows,
    network_table,
    ping_rows,
    plot_grid,
    rows_of,
)
from benchmarks.inference_speed import speed_rows
from benchmarks.inference_storms import (
    FALSE_RATES,
    FIRST_SEED,
    LOSSES,
    TRAINING_SEED,
    TRAINING_STORMS,
    USUAL_FALSE_RATE,
    Answered,
    answer_portion,
    portions,
)
from benchmarks.report import Report, Row
from storm.trials import TrialShape

SIZES = (1_000_000,)
STORMS = 1_002

WORDS = """Made by `relight benchmark inference --storms {storms} --save docs/benchmarks`: trial storms
([how they are made](../formats/storm.md)) of one to three faults on the networks below, ten minutes after the
fault, 30 % of the customers calling within half an hour, {storms:,} storms at each point of the grid, scored
seeds {first} to {last}; cities are `relight storm city --seed {city}`.

*limit* is the exact posterior told the true rates of each storm, *limit, unknown loss* its mean over losses
from 5 to 95 %; both by a recursion of their own (`benchmarks/inference_limit.py`). *rates told*, *rates
learned* (from {training} earlier storms of the network, seeds from {training_seed}) and *one storm alone*
(documented defaults) are Relight. *roll-up* are the [usual rules](../rollup.md), tuned on seeds of their own.
Shares are of faults that somebody truly reported; devices that put out the same service points count as one.
A point is a hundredth, also of the log score.

![Exact device first by loss and false share](inference.svg)"""

FAILURE_WORDS = """## Where it fails, and why

Reported faults that Relight, told the rates, did not name first, over the whole grid. *limit too*: how many
of them the exact posterior missed as well; there the evidence itself points elsewhere.
"""


@dataclass(frozen=True, slots=True)
class InferenceReport(Report):
    """The rows, and all answers that they are made of."""

    answered: tuple[Answered, ...] = ()
    storms: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the report with its seeds and parameters."""
        # `super()` without arguments does not know a class with slots that is made anew.
        return {**Report.as_json(self), "seeds": seeds(self.answered), "parameters": parameters(self.storms)}

    @property
    def failures(self) -> list[Failure]:
        """Where Relight, told the rates, did not name the device first."""
        return [failure for one in self.answered for failure in one.failures]

    @property
    def faults(self) -> Counter[tuple[str, str]]:
        """The reported faults by network and kind."""
        counted: Counter[tuple[str, str]] = Counter()
        for one in self.answered:
            for kind, count in one.faults_by_kind.items():
                counted[one.portion.ground, kind] += count
        return counted


def seeds(answered: Sequence[Answered]) -> dict[str, Any]:
    """Return the seeds that were scored and those that were learned from."""
    last = max((one.portion.seeds.stop - 1 for one in answered), default=FIRST_SEED)
    training = max((one.portion.training for one in answered), default=TRAINING_STORMS)
    return {
        "scored": [FIRST_SEED, last],
        "learned_from": [TRAINING_SEED, TRAINING_SEED + training - 1],
        "city": CITY_SEED,
    }


def parameters(storms: int) -> dict[str, Any]:
    """Return what the storms were made of: the grid, and the shape all of them share."""
    return {
        "storms_at_each_point": storms,
        "losses": list(LOSSES),
        "false_rates": list(FALSE_RATES),
        "shape": TrialShape().as_json(),
    }


def run(
    *,
    sizes: Sequence[int],
    progress: Callable[[str], None],
    storms: int = STORMS,
    bar: Callable[[str, int, int], None] | None = None,
    networks: Sequence[str] | None = None,
) -> InferenceReport:
    """Return the rows of the grid and of speed.

    Args:
        sizes: customers of the cities that speed is measured on.
        progress: told what is being done.
        storms: trial storms at each point of the grid, over all networks.
        bar: told how many storms of how many are done.
        networks: names of some of the networks; None: all that are here.
    """
    progress("making the networks ready")
    grounds = make_grounds(networks)
    asked = portions(grounds, storms)
    tasks = [Task(answer_portion, one.ground, (one,), len(one.seeds)) for one in asked]
    seeds_each = asked[0].seeds
    # What comes besides has a fifth of the storms for each loss: together as many as a point of the grid.
    fewer = range(seeds_each.start, seeds_each.start + -(-len(seeds_each) // len(LOSSES)))
    besides = [(ground.name, loss) for loss in LOSSES for ground in grounds]
    for work in (answer_nested, answer_pings):
        tasks += [Task(work, name, (loss, USUAL_FALSE_RATE, fewer), len(fewer)) for name, loss in besides]
    given = run_all(grounds, tasks, bar or (lambda *_: None))
    answered = tuple(given[: len(asked)])
    nested = given[len(asked) : len(asked) + len(besides)]
    pinged = given[len(asked) + len(besides) :]
    rows: list[Row] = [*rows_of(answered), *nested_rows(nested), *ping_rows(besides, pinged)]
    for size in sizes:
        rows += speed_rows(size, progress)
    # Equal parts of every network: a few more than asked for.
    return InferenceReport("inference", tuple(rows), answered, len(seeds_each) * len(grounds))


def write(report: InferenceReport, folder: Path) -> None:
    """Write the page and the picture of a report into a folder, as `docs/benchmarks/` has them."""
    scored = seeds(report.answered)["scored"]
    words = WORDS.format(
        storms=report.storms,
        first=scored[0],
        last=scored[1],
        city=CITY_SEED,
        training=TRAINING_STORMS,
        training_seed=TRAINING_SEED,
    )
    parts = [
        report.as_page(words),
        "## The grid\n",
        grid_table(report.answered) + "\n",
        "## By network\n\nOver the whole grid.\n",
        network_table(report.answered) + "\n",
        FAILURE_WORDS,
        failure_table(report.failures, report.faults),
    ]
    (folder / "inference.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    plot_grid(report.answered, folder / "inference.svg")

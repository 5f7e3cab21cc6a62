"""What the scores of trial storms say of the targets: rows, the grid as a table, and its picture.

A point is a hundredth: of the share of faults, of probability, or of the mean log score (natural logarithm).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.inference_nested import Nested
from benchmarks.inference_pings import BUDGET, OUR_CHOICE, Pinged
from benchmarks.inference_storms import (
    ALONE,
    FALSE_RATES,
    LEARNED,
    LIMIT,
    LIMIT_UNKNOWN,
    LOSSES,
    METHODS,
    ROLLUP,
    TOLD,
    USUAL_FALSE_RATE,
    Answered,
    together,
)
from benchmarks.report import Row
from storm.trials import Score, add_up

# Method → the limit it is held against, and how many points it may be below.
JUDGED = {TOLD: (LIMIT, 0.5), LEARNED: (LIMIT, 1.0), ALONE: (LIMIT_UNKNOWN, 1.0)}
LEAST_AMONG_THREE = 99.0
PRECISION_POINTS = 1.0
CALIBRATION_POINTS = 2.0
POINTS = "points"
NESTED = "nested, what lies above is repaired"
NESTED_FOUND = 95.0
PRECISION_WITH_PINGS = 97.0
GAP_CLOSED = 50.0
CALLS_ALONE = "calls alone, no meters"
COLUMNS = (
    "last gasps lost",
    "false",
    "method",
    "first",
    "among three",
    "log score",
    "precision",
    "calibration error",
    "told out wrongly",
    "told on wrongly",
    "faults",
)


def rows_of(answered: Sequence[Answered]) -> Iterator[Row]:
    """Yield the rows of the whole grid."""
    for loss in LOSSES:
        for false_rate in FALSE_RATES:
            scores = together(answered, loss=loss, false_rate=false_rate)
            if scores:
                case = f"{loss:.0%} lost, {false_rate:.0%} false".replace("%", " %")
                yield from _against_limit(case, scores, is_judged=false_rate == USUAL_FALSE_RATE)
                yield from _against_rollup(case, scores)
    calls = together(answered, meters=False)
    if calls:
        yield from _against_limit(CALLS_ALONE, calls, is_judged=True)
        yield from _against_rollup(CALLS_ALONE, calls)


def _against_limit(case: str, scores: dict[str, Score], *, is_judged: bool) -> Iterator[Row]:
    """Yield how far below the limit Relight is; judged where the false share is what the defaults say."""
    for method, (limit, points) in JUDGED.items():
        mine, best = scores[method], scores[limit]
        # Rates that are told or learned hold at every false share, defaults at their own.
        target = points if is_judged or method != ALONE else None
        for metric, ours, theirs in (
            ("exact device first", _points(mine.exact_first), _points(best.exact_first)),
            ("mean log score", _points(mine.mean_log_score), _points(best.mean_log_score)),
        ):
            yield _below(case, f"{metric}, {method}: below the {limit}", ours, theirs, target)
        yield Row(
            case,
            f"among the first three, {method}",
            _points(mine.among_three),
            "%",
            target=LEAST_AMONG_THREE if is_judged else None,
        )
    mine, best = scores[TOLD], scores[LIMIT]
    yield _below(
        case,
        f"precision, {TOLD}: below the limit",
        _points(mine.precision),
        _points(best.precision),
        PRECISION_POINTS if is_judged else None,
    )
    for method, (limit, _) in JUDGED.items():
        yield _below(
            case,
            f"calibration error, {method}: above the {limit}",
            -_points(scores[method].calibration_error),
            -_points(scores[limit].calibration_error),
            CALIBRATION_POINTS if is_judged else None,
        )


def _below(case: str, metric: str, ours: float, limit: float, target: float | None) -> Row:
    return Row(case, metric, round(limit - ours, 6), POINTS, target=target, at_most=True)


def _against_rollup(case: str, scores: dict[str, Score]) -> Iterator[Row]:
    """Yield how much better than the roll-up rules Relight is without being told any rate."""
    mine, usual = scores[ALONE], scores[ROLLUP]
    gained = _points(mine.exact_first) - _points(usual.exact_first)
    yield Row(case, "exact device first: more than the roll-up", gained, POINTS, target=0.0)
    spared = (_wrongly(usual) - _wrongly(mine)) / max(1, usual.customers_out)
    yield Row(
        case,
        "customers told wrongly: fewer than the roll-up, per 100 without supply",
        100 * spared,
        "customers",
        target=0.0,
    )


def nested_rows(nested: Sequence[Nested]) -> Iterator[Row]:
    """Yield how many nested faults were found when what lies above them was repaired."""
    total = sum(nested, start=Nested())
    if not total.faults:
        return
    for metric, count, target in (
        ("found", total.matched, NESTED_FOUND),
        ("exact device first", total.first, None),
        ("start within two minutes", total.dated, None),
    ):
        yield Row(NESTED, metric, 100 * count / total.faults, "%", target=target)
    asked = f"found, once the meters that did not wake were asked ({total.asked / total.faults:.1f} each)"
    yield Row(NESTED, asked, 100 * total.matched_when_asked / total.faults, "%")


def ping_rows(besides: Sequence[tuple[str, float]], pinged: Sequence[Pinged]) -> Iterator[Row]:
    """Yield what meters asked by themselves give, and ten questions to each unsure outage."""
    for loss in LOSSES:
        of_loss = [one for (_, at), one in zip(besides, pinged, strict=True) if at == loss]
        if not of_loss:
            continue
        case = f"{loss:.0%} lost, pings".replace("%", " %")
        without, asked = (
            add_up(getattr(one, name) for one in of_loss) for name in ("without", "asked_by_themselves")
        )
        yield Row(case, "precision before any ping", _points(without.precision), "%")
        metric = "precision, meters asked by themselves (single-customer and unsure outages)"
        yield Row(case, metric, _points(asked.precision), "%", target=PRECISION_WITH_PINGS)
        for name, score in (("before", without), ("then", asked)):
            yield Row(case, f"exact device first, {name}", _points(score.exact_first), "%")
        yield from _gap_rows(case, of_loss)


def _gap_rows(case: str, pinged: Sequence[Pinged]) -> Iterator[Row]:
    """Yield how much of the gap to 1 in exact hits is closed, for all unsure outages and wide ones."""
    for name, count, before, after in (
        (
            "unsure outages",
            sum(one.unsure for one in pinged),
            sum(one.hits_before for one in pinged),
            [one.hits_after for one in pinged],
        ),
        (
            "wide unsure outages",
            sum(one.wide for one in pinged),
            sum(one.wide_hits_before for one in pinged),
            [one.wide_hits_after for one in pinged],
        ),
    ):
        if not count:
            continue
        yield Row(case, f"exact hits of {name}", 100 * before / count, f"% of {count:,}")
        for way, budget in after[0]:
            hits = sum(one[way, budget] for one in after)
            closed = (hits - before) / (count - before) if before < count else 1.0
            is_judged = way == OUR_CHOICE and budget == BUDGET and name == "unsure outages"
            yield Row(
                case,
                f"gap to 1 closed by {budget} pings for each of the {name}, chosen {way}",
                100 * closed,
                "%",
                target=GAP_CLOSED if is_judged else None,
            )


def _wrongly(score: Score) -> int:
    return score.told_out_wrongly + score.told_on_wrongly


def _points(share: float | None) -> float:
    return 100 * (share or 0.0)


def grid_table(answered: Sequence[Answered]) -> str:
    """Return the whole grid as a Markdown table, a line for each method."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    grid = [(loss, false_rate) for loss in LOSSES for false_rate in FALSE_RATES]
    asked = [
        (f"{loss:.0%}", f"{rate:.0%}", together(answered, loss=loss, false_rate=rate)) for loss, rate in grid
    ]
    asked.append(("no meters", "", together(answered, meters=False)))
    lines += [
        _line(loss, false_rate, method, scores[method])
        for loss, false_rate, scores in asked
        for method in METHODS
        if scores
    ]
    return "\n".join(lines)


def network_table(answered: Sequence[Answered]) -> str:
    """Return the results by network over the whole grid, as a Markdown table."""
    names = list(dict.fromkeys(one.portion.ground for one in answered))
    lines = ["| network | " + " | ".join(f"{method}: first" for method in METHODS) + " | faults |"]
    lines.append("|---" * (len(METHODS) + 2) + "|")
    for name in names:
        scores = together(answered, ground=name)
        cells = [f"{_points(scores[method].exact_first):.1f} %" for method in METHODS]
        lines.append(f"| {name} | {' | '.join(cells)} | {len(scores[TOLD].reported):,} |")
    return "\n".join(lines)


def _line(loss: str, false_rate: str, method: str, score: Score) -> str:
    cells = [
        loss,
        false_rate,
        method,
        f"{_points(score.exact_first):.1f} %",
        f"{_points(score.among_three):.1f} %",
        f"{score.mean_log_score or 0:.3f}",
        f"{_points(score.precision):.1f} %",
        f"{score.calibration_error or 0:.3f}",
        f"{score.told_out_wrongly:,}",
        f"{score.told_on_wrongly:,}",
        f"{len(score.reported):,}",
    ]
    return f"| {' | '.join(cells)} |"


def plot_grid(answered: Sequence[Answered], path: Path) -> None:
    """Draw the exact hits of every method against the loss, a panel for each false share; write an SVG."""
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "relight"
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    for axes, false_rate in zip(figure.subplots(1, len(FALSE_RATES), sharey=True), FALSE_RATES, strict=True):
        for method in METHODS:
            shares = [
                _points(scores[method].exact_first)
                for loss in LOSSES
                if (scores := together(answered, loss=loss, false_rate=false_rate))
            ]
            style = {LIMIT: "--", LIMIT_UNKNOWN: ":", ROLLUP: "-."}.get(method, "-")
            losses = [100 * loss for loss in LOSSES]
            axes.plot(losses[: len(shares)], shares, marker="o", linestyle=style, label=method)
        axes.set(title=f"{false_rate:.0%} of those received are false", xlabel="last gasps lost, %")
        axes.grid(visible=True, alpha=0.3)
    figure.axes[0].set_ylabel("exact device first, %")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize="small")
    figure.savefig(path, format="svg", metadata={"Date": None})

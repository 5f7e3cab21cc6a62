"""Where inference fails, and why: each reported fault that was not named first, and what was said instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.inference_grounds import Ground
from storm.trials import Score, Trial, TrueFault
from storm.trials.result import BelievedOutage

# With so few reports a fault looks like a smaller one, or like nothing.
FEW_REPORTS = 2


class Instead(StrEnum):
    """What was said instead of the device that opened."""

    NOTHING = "nothing named"
    MORE = "a device that puts out more"
    PART = "a device that puts out a part"
    OTHER = "other service points"


@dataclass(frozen=True, slots=True)
class Failure:
    """A fault that was not named first; `limit_failed` tells whether the limit erred as well."""

    ground: str
    kind: str
    instead: Instead
    service_points: int
    reports: int
    is_among_three: bool
    limit_failed: bool


def failures_of(
    ground: Ground, trial: Trial, outages: Sequence[BelievedOutage], score: Score, limit: Score
) -> list[Failure]:
    """Return the reported faults of a storm that a method did not name first."""
    found = []
    for fault, mine, best in zip(trial.truth.faults, score.faults, limit.faults, strict=True):
        if mine.is_reported and not mine.is_found_first:
            found.append(
                Failure(
                    ground=ground.name,
                    kind=fault.kind,
                    instead=_instead(ground, fault, outages),
                    service_points=len(fault.service_points),
                    reports=len(fault.reporting_points),
                    is_among_three=mine.is_among_three,
                    limit_failed=not best.is_found_first,
                )
            )
    return found


def _instead(ground: Ground, fault: TrueFault, outages: Sequence[BelievedOutage]) -> Instead:
    true = set(ground.network.service_point_ids(fault.service_points))
    touching = [named for one in outages if (named := set(one.service_point_ids)) & true]
    if not touching:
        return Instead.NOTHING
    named = max(touching, key=lambda one: len(one & true))
    if named > true:
        return Instead.MORE
    return Instead.PART if named <= true else Instead.OTHER


def failure_table(failures: Iterable[Failure], faults: Mapping[tuple[str, str], int]) -> str:
    """Return a Markdown table by network and kind; `faults` counts the reported ones by both."""
    by_both: dict[tuple[str, str], list[Failure]] = {}
    for one in failures:
        by_both.setdefault((one.ground, one.kind), []).append(one)
    lines = [
        "| network | opened | faults | not first | not in three | limit too | 1 or 2 reports | instead |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (ground, kind), count in sorted(faults.items()):
        failed = by_both.get((ground, kind), [])
        if not failed:
            lines.append(f"| {ground} | {kind} | {count:,} | 0 % | | | | |")
            continue
        said = Counter(one.instead.value for one in failed).most_common()
        cells = [
            ground,
            kind,
            f"{count:,}",
            _share(len(failed), count),
            _share(sum(not one.is_among_three for one in failed), count),
            _share(sum(one.limit_failed for one in failed), len(failed)),
            _share(sum(one.reports <= FEW_REPORTS for one in failed), len(failed)),
            ", ".join(f"{what} {_share(times, len(failed))}" for what, times in said),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}".replace("%", " %") if whole else ""

"""Counts what past storms, whose truth is known by now, tell of the rates (`relight rates learn`).

Rule 1: a meter or a place counts once, however often it speaks.
Rule 2: a last gasp that the meter's own power-up follows at once was a momentary interruption, and counts as
neither true nor false.
Rule 3: storms with an upper fault repaired are left out: their truth no longer tells who was out before.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from storm.trials.errors import TrialFileError
from storm.trials.folder import EVIDENCE, TRUTH, about_trial, read_about, read_json, storms_in
from storm.trials.trial import Trial
from topology.rates import EvidenceRates
from topology.rates_learning import PastStorm, learn_rates

MOMENTARY = timedelta(seconds=60)
_BY_MINUTE = EvidenceRates().gasps_by_minute


@dataclass(frozen=True, slots=True)
class Learned:
    """The rates, from how many storms and faults, and what could not be used."""

    rates: EvidenceRates
    storms: int
    faults: int
    left_out: tuple[str, ...]


def learn_from_folder(folder: Path) -> Learned:
    """Return the rates of the storms in a folder; TrialFileError names what is not as it should be."""
    counted, left_out = [], []
    for one in storms_in(folder):
        about = read_about(one)
        if about["shape"].get("nested"):
            left_out.append(f"{one.name}: part of it was repaired")
            continue
        try:
            counted.append(_count(read_json(one / TRUTH), about, _documents(one / EVIDENCE)))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            reason = f"its files do not fit together ({type(error).__name__}: {error})"
            raise TrialFileError(one, reason) from error
    return Learned(
        rates=learn_rates(counted),
        storms=len(counted),
        faults=sum(sum(one.faults.values()) for one in counted),
        left_out=tuple(left_out),
    )


def past_storm(trial: Trial) -> PastStorm:
    """Return what is counted in a storm that was never written, for learning in one process."""
    return _count(trial.truth.as_json(trial.ground.network), about_trial(trial, ""), trial.documents())


@dataclass(slots=True)
class _Spoken:
    """Who has spoken, and when first."""

    gasps: dict[str, datetime] = field(default_factory=dict)
    power_ups: dict[str, datetime] = field(default_factory=dict)
    calls: dict[str, datetime] = field(default_factory=dict)

    def momentary(self) -> set[str]:
        """Return the places whose supply came back at once."""
        return {
            point
            for point, at in self.gasps.items()
            if point in self.power_ups and abs(self.power_ups[point] - at) <= MOMENTARY
        }


def _count(truth: Any, about: dict[str, Any], documents: Iterable[dict[str, Any]]) -> PastStorm:
    at = datetime.fromisoformat(truth["at"])
    since = {
        point: datetime.fromisoformat(fault["started_at"])
        for fault in truth["faults"]
        for point in fault["service_points"]
    }
    minutes = {point: (at - started).total_seconds() / 60 for point, started in since.items()}
    without = set(about["points_without_meter"])
    metered = [point for point in since if about["meters_with_supply"] and point not in without]
    spoken = _read(documents)
    gasped = set(spoken.gasps) - spoken.momentary()
    candidates = about["candidates"]
    ages, shares = zip(*_BY_MINUTE, strict=True)
    return PastStorm(
        faults=Counter(fault["kind"] for fault in truth["faults"]),
        faults_of_several_phases=Counter(
            fault["kind"] for fault in truth["faults"] if len(fault["phases"]) > 1
        ),
        candidates={kind: int(one["count"]) for kind, one in candidates.items()},
        candidates_of_several_phases={kind: int(one["several_phases"]) for kind, one in candidates.items()},
        gasps_due=float(np.interp([minutes[point] for point in metered], ages, shares).sum()),
        gasps_heard=len(gasped.intersection(metered)),
        gasps_false=len(gasped.difference(since)),
        dark_minutes=list(minutes.values()),
        call_minutes=[
            max(0.0, (spoken.calls[point] - started).total_seconds() / 60) if point in spoken.calls else inf
            for point, started in since.items()
        ],
        calls_false=len(set(spoken.calls).difference(since)),
    )


def _read(documents: Iterable[dict[str, Any]]) -> _Spoken:
    spoken = _Spoken()
    kept = {"last_gasp": spoken.gasps, "power_up": spoken.power_ups, "trouble_call": spoken.calls}
    for document in documents:
        point = document.get("service_point")
        if point is not None and document["kind"] in kept:
            at = datetime.fromisoformat(document["at"])
            first = kept[document["kind"]].get(point)
            kept[document["kind"]][point] = at if first is None else min(first, at)
    return spoken


def _documents(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)
    except OSError as error:
        raise TrialFileError(path, f"it cannot be read ({error.strerror})") from error

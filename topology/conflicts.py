"""Conflicts in what is told: things that cannot all be true, and sources that are not to be believed.

Owns which are named, and what is withheld because of them. Each is one, however many messages it rests on.
Rule 1, `telemetry_contradicted`: telemetry shows a device closed that is more likely open than not, or open
while meters below answered since that they have supply.
Rule 2, `false_gasps`: outages of `MOST_ALONE` service points at most on one feeder, `FEWEST_BABBLING` or more
within `BABBLE`, by last gasps alone, and `TIMES_EXPECTED` as many as false ones are expected there. So many
do not break apart from each other at once: somebody babbles. They are withheld from the outages.
Rule 3, `times_apart`: last gasps of an outage that lie `APART` before all else that is said of it.
Rule 4, `collector_silent`: of one feeder `FEWEST_SILENT` meters or more cannot be reached and nothing says
that they are out, while others there answer: it may be what collects them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

import numpy as np

from topology.arrays import BoolArray, Indices, LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import UNKNOWN_FALSE_RATES, FloatArray, Meter
from topology.findings import IDS_SHOWN, count_things, name_ids
from topology.heard import TimeArray
from topology.inference_result import Conflict
from topology.known_open import KnownDevice
from topology.observations import Observation, ObservationKind
from topology.rates import EvidenceRates
from topology.reasons import Ground, NamedDevice, name_device
from topology.statements import Statements

FEWEST_BABBLING = 8
MOST_ALONE = 3
TIMES_EXPECTED = 3.0
BABBLE = timedelta(minutes=5)
APART = timedelta(hours=2)
FEWEST_SILENT = 5
FEWEST_ANSWERING = 2
ANSWERED_WITHIN = timedelta(hours=1)
_MORE_LIKELY_OPEN = 0.5
_FEWEST_OTHERS = 2


def contradicted_closed(ground: Ground, blamed: LongArray, probability: FloatArray) -> list[Conflict]:
    """Rule 1: devices believed open that telemetry shows closed; what is blamed are `Blamed.number`s."""
    found = []
    closed = [device for device, said in ground.devices.items() if said.closed_by_telemetry is not None]
    for place in np.flatnonzero(np.isin(blamed, closed) & (probability > _MORE_LIKELY_OPEN)).tolist():
        named, likely = name_device(ground.tree, blamed.item(place)), probability.item(place)
        text = (
            f"Telemetry shows {named.words} closed, but what is reported below makes it "
            f"{likely:.0%} likely to be open."
        )
        values = {**_named(named), "told": "closed", "probability": likely}
        found.append(Conflict("telemetry_contradicted", named.id, values, text))
    return found


def contradicted_open(
    ground: Ground, contradicted: Iterable[tuple[KnownDevice, Collection[int]]]
) -> list[Conflict]:
    """Rule 1: devices that telemetry shows open, and the service points below that are on since."""
    found = []
    for known, on in contradicted:
        named = name_device(ground.tree, known.blamed.device)
        listed = _listed("examples", ground, np.array(sorted(on), dtype=np.int64))
        text = (
            f"Telemetry shows {named.words} open, but {count_things(len(on), 'service point')} below it "
            f"answered since, such as {_words(listed['examples'])}."
        )
        values = {**_named(named), "told": "open", "on": len(on), **listed}
        found.append(Conflict("telemetry_contradicted", named.id, values, text))
    return found


def false_gasps(ground: Ground, rates: EvidenceRates, alone: LongArray) -> tuple[LongArray, list[Conflict]]:
    """Rule 2; `alone` are those that small outages rest on. Return which are withheld, and the conflicts."""
    blame, heard = ground.blame, ground.heard
    lone = alone[np.isin(heard.word[alone], (Meter.GASPED, Meter.GASPED_UNREACHABLE)) & ~heard.called[alone]]
    feeders = blame.feeder[blame.vertex_of_point[lone]]
    found, withheld = [], [lone[:0]]
    numbers, counts = np.unique(feeders[feeders != ROOT], return_counts=True)
    fewest = np.maximum(FEWEST_BABBLING, TIMES_EXPECTED * _expected_false(ground, rates, numbers))
    for feeder, least in zip(numbers[counts >= fewest].tolist(), fewest[counts >= fewest], strict=True):
        of_feeder = lone[feeders == feeder]
        babbling = of_feeder[_crowded(heard.first_report[of_feeder], least)]
        if not len(babbling):
            continue
        withheld.append(babbling)
        named = name_device(ground.tree, int(blame.device[feeder]))
        listed = _listed("examples", ground, babbling)
        text = (
            f"{count_things(len(babbling), 'meter')} behind {named.words} gasped, each alone, within "
            f"minutes, such as {_words(listed['examples'])}: no outages are made of them before one is "
            f"confirmed."
        )
        values = {**_named(named), "count": len(babbling), **listed}
        found.append(Conflict("false_gasps", named.id, values, text))
    return np.concatenate(withheld), found


def _expected_false(ground: Ground, rates: EvidenceRates, feeders: Indices) -> FloatArray:
    """Return how many false ones of all last gasps each feeder has by the rates, at the most."""
    of_feeder = ground.blame.count_below[feeders].astype(np.float64)
    if rates.false_gasp_probability is not None:
        return rates.false_gasp_probability * of_feeder
    false_rate = max(UNKNOWN_FALSE_RATES) if rates.false_rate is None else rates.false_rate
    return false_rate * ground.heard.gasps * of_feeder / len(ground.blame.points)


def _crowded(times: TimeArray, fewest: float) -> BoolArray:
    """Tell which times lie in a stretch of `BABBLE` with so many of them."""
    order = np.argsort(times, kind="stable")
    stops = np.searchsorted(times[order], times[order] + BABBLE.total_seconds(), side="right")
    starts = np.arange(len(times))
    is_full = stops - starts >= fewest
    begun, ended = (np.bincount(one[is_full], minlength=len(times) + 1) for one in (starts, stops))
    steps = begun - ended
    crowded = np.zeros(len(times), dtype=np.bool_)
    crowded[order] = np.cumsum(steps[:-1]) > 0
    return crowded


def times_apart(device: str, started_at: datetime, spoken: Iterable[Observation]) -> list[Conflict]:
    """Rule 3, for one outage and what is said of it."""
    early: dict[str, datetime] = {}
    others: set[str] = set()
    for one in spoken:
        if one.kind is ObservationKind.LAST_GASP and one.at <= started_at - APART:
            early[one.subject] = min(one.at, early.get(one.subject, one.at))
        else:
            others.add(one.subject)
    if not early or len(others) < _FEWEST_OTHERS:
        return []
    meters = sorted(early)
    hours = round((started_at - min(early.values())).total_seconds() / 3600, 1)
    text = (
        f"{count_things(len(meters), 'last gasp')} under {device} came with times up to {hours:g} hours "
        f"before all else that is said of the outage: {name_ids(meters)}."
    )
    shown = meters[:IDS_SHOWN]
    values = {"count": len(meters), "hours": hours, "meters": shown, "more": len(meters) - len(shown)}
    return [Conflict("times_apart", device, values, text)]


def silent_collectors(
    ground: Ground, statements: Statements, points_out: Callable[[], LongArray]
) -> list[Conflict]:
    """Rule 4; `points_out` tells who is out by any outage."""
    blame, heard = ground.blame, ground.heard
    silent = np.flatnonzero(heard.word == Meter.UNREACHABLE)
    is_alone = ~heard.called[silent] & ~heard.explained[silent]
    silent = silent[is_alone & (blame.vertex_of_point[silent] > ROOT)]
    if len(silent) < FEWEST_SILENT:
        return []
    silent = np.setdiff1d(silent, points_out())
    feeders = blame.feeder[blame.vertex_of_point[silent]]
    found = []
    for feeder in np.unique(feeders).tolist():
        of_feeder = silent[feeders == feeder]
        on = _answering(ground, statements, feeder, of_feeder)
        if len(of_feeder) < FEWEST_SILENT or len(on) < FEWEST_ANSWERING:
            continue
        vertex = _common(blame, blame.vertex_of_point[of_feeder])
        named = name_device(ground.tree, int(blame.device[vertex]))
        listed = _listed("examples", ground, of_feeder)
        text = (
            f"{count_things(len(of_feeder), 'meter')} behind {named.words} cannot be reached, such as "
            f"{_words(listed['examples'])}, while {len(on)} beside them answer: it may be what collects them."
        )
        values = {**_named(named), "count": len(of_feeder), "on": len(on), **listed}
        found.append(Conflict("collector_silent", named.id, values, text))
    return found


def _answering(ground: Ground, statements: Statements, feeder: int, silent: LongArray) -> LongArray:
    """Return the service points of a feeder that said they have supply when others could not be reached."""
    asked = [said.unreachable for one in silent.tolist() if (said := statements.points.get(one)) is not None]
    times = [one.at.timestamp() for one in asked if one is not None]
    points = ground.blame.points_at_or_below(feeder)
    since = min(times, default=np.inf) - ANSWERED_WITHIN.total_seconds()
    is_on = (ground.heard.word[points] == Meter.ON) & (ground.heard.on_at[points] >= since)
    return np.asarray(points[is_on])


def _common(blame: BlameTree, vertices: LongArray) -> int:
    """Return the lowest vertex that all of some vertices of one feeder lie at or below."""
    first, last = int(vertices.min()), int(vertices.max())
    while blame.end[first] <= last:
        first = int(blame.parent[first])
    return first


def _named(named: NamedDevice) -> dict[str, object]:
    return {"device_kind": named.values["device_kind"]}


def _listed(name: str, ground: Ground, points: LongArray) -> dict[str, object]:
    shown = ground.tree.network.service_point_ids(points[:IDS_SHOWN])
    return {name: list(shown), "more": len(points) - len(shown)}


def _words(ids: object) -> str:
    return ", ".join(str(one) for one in ids) if isinstance(ids, list) else ""

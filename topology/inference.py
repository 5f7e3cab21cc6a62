"""Which devices have opened: the door of inference (故障研判).

Owns the course of one answer: statements, what is known to be open, categories, the passes, the outages.

Rule 1: what is known to be open (telemetry, a crew, a person's confirmation) explains all reports below it,
the lowest device first. Telemetry that meters contradict is weighed instead of known.
Rule 2: the rest is explained by the devices, and services, that are most likely open: exactly, in one pass up
the tree of blameable devices and one down (docs/inference.md).
Rule 3: what is worked out again is what new evidence and the hands of the clock touch; the answer is the same
as if all were worked out anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from topology.answers import Answers, Rest
from topology.arrays import BoolArray, LongArray
from topology.blame_tree import ROOT, grow_blame_tree
from topology.device_evidence import device_ratios
from topology.down_pass import go_down
from topology.evidence_weights import BUCKET_STARTS, GASPS, UNWOKEN, Meter, ages_of, rounded_share
from topology.heard import NEVER, WAKING_TAKES, Heard, TimeArray
from topology.inference_result import Candidate, Conflict, InferenceResult, InferredOutage, Reason
from topology.known_open import KnownDevice, claim_reports, find_known_open
from topology.observations import Observation
from topology.posterior import QUIET, Posterior
from topology.rates import EvidenceRates
from topology.reasons import Ground
from topology.reports import first_together
from topology.statements import DEFAULT_HOLD_DOWN, Statements
from topology.supply_tree import SupplyTree

__all__ = [
    "Candidate",
    "Conflict",
    "Inference",
    "InferenceResult",
    "InferredOutage",
    "Reason",
    "Restored",
    "infer",
]


# These words of a meter tell when supply was lost; a call comes some time later.
_MARKS_THE_TIME = (*GASPS, *UNWOKEN)


@dataclass(frozen=True, slots=True)
class Restored:
    """Supply came back at a device at a time; it had been away since `since`."""

    device: str
    at: datetime
    since: datetime


class Inference:
    """One network's evidence and what follows from it; every call of `update` brings both up to date."""

    def __init__(
        self,
        *,
        tree: SupplyTree,
        rates: EvidenceRates | None = None,
        metered: BoolArray | None = None,
        hold_down: Mapping[str, float] = DEFAULT_HOLD_DOWN,
    ) -> None:
        """Start without evidence.

        Args:
            tree: the supply under the current switch state, without the faults: those are beliefs.
            rates: the parameters (docs/formats/rates.md); None: the documented defaults.
            metered: by service point, whether it has a meter that could gasp; None: all have.
            hold_down: by kind of observation, the seconds before it counts (momentary interruptions).
        """
        self.tree = tree
        self.blame = grow_blame_tree(tree)
        self.rates = rates or EvidenceRates()
        self.posterior = Posterior(self.blame, self.rates, metered)
        self.statements = Statements(tree.network, dict(hold_down))
        self.heard = Heard(self.blame, metered)
        self._restored: dict[Restored, LongArray] = {}
        self._confirmed: frozenset[str] = frozenset()
        self._unknown: list[str] = []
        self._known: list[KnownDevice] = []
        self._contradicted: list[tuple[KnownDevice, list[int]]] = []
        # By vertex, since when its feeder is in trouble: by reports, or by telemetry that is not believed.
        self._since: TimeArray = np.full(len(self.blame), np.inf)
        # By feeder: when it was first reported, whether by a call, and how many report.
        self._first_reports: TimeArray = np.full(len(self.blame), np.inf)
        self._is_called_first = np.zeros(len(self.blame), dtype=np.bool_)
        self._report_counts: LongArray = np.zeros(len(self.blame), dtype=np.int64)
        self._told_since: dict[int, float] = {}
        # Feeders whose outages must be worded again.
        self._changed: set[int] = {ROOT}
        self._answers = Answers(
            Ground(self.blame, self.heard, self.statements.devices, self._since),
            states=self.posterior.states,
            statements=self.statements,
            rates=self.rates,
        )

    def update(
        self,
        observations: Iterable[Observation] = (),
        *,
        now: datetime,
        confirmed: Collection[str] = (),
        restored: Collection[Restored] = (),
        forgotten: Iterable[str] = (),
    ) -> InferenceResult:
        """Take what is new, and return the outages that explain all that is known now.

        Args:
            observations: new ones, in any order; doubled ones count once, unknown subjects are ignored.
            now: the time of the answer.
            confirmed: all devices (or service points) that a person has confirmed open.
            restored: all devices where supply came back of late; what stayed dark below them is nested.
            forgotten: ids of observations that speak no more.
        """
        points, devices = self.statements.forget(forgotten)
        spoken, spoken_devices = self.statements.take(observations, now)
        points |= spoken
        points |= self._restore(restored, now)
        points |= self._explain(confirmed, is_changed=bool(points or devices or spoken_devices))
        self._hear(points, self._note_told(), now)
        self._age(now)
        self._tell_devices()
        self._changed.update(self.posterior.refresh().tolist())
        self._changed.update(self._feeders_of(devices | spoken_devices))
        changed, self._changed = sorted(self._changed), {ROOT}
        believed = go_down(self.posterior, self.heard.reporting(), self.blame.of_feeders(changed))
        rest = Rest(self._known, self._contradicted, self._unknown)
        return self._answers.answer(believed, changed=changed, rest=rest, now=now)

    def _feeders_of(self, devices: Iterable[int]) -> set[int]:
        return {int(self.blame.feeder[self.blame.vertex_above_device(device)]) for device in devices}

    def next_time(self, now: datetime) -> datetime | None:
        """Return when the answer may change without new evidence: the earliest such time after now."""
        times = [one for one in [self.statements.next_time] if one is not None]
        feeders = np.append(ROOT, self.blame.feeders)
        for began in np.unique(self._since[feeders][np.isfinite(self._since[feeders])]).tolist():
            since = datetime.fromtimestamp(began, tz=now.tzinfo)
            times += [since + timedelta(minutes=start) for start in BUCKET_STARTS[1:]]
        times += [one.at + WAKING_TAKES for one in self._restored]
        return min((one for one in times if one > now), default=None)

    def _restore(self, told: Collection[Restored], now: datetime) -> set[int]:
        """Note where supply came back: what was told, and devices that opened and closed again."""
        network = self.tree.network
        self._told = frozenset(told)
        wanted = set(told)
        for device, said in self.statements.devices.items():
            if said.reclosed and said.open is None:
                over = said.reclosed[-1]
                name = network.device_ids(np.array([device]))[0]
                wanted.add(Restored(name, over.ended, over.began))
        touched: set[int] = set()
        if wanted != set(self._restored):
            for points in self._restored.values():
                touched.update(points.tolist())
            self._restored = {
                one: self._points_of(one.device) for one in sorted(wanted, key=lambda one: one.at)
            }
            self._write_restored()
            for points in self._restored.values():
                touched.update(points.tolist())
        for one, points in self._restored.items():
            if now >= one.at + WAKING_TAKES:
                touched.update(points[self.heard.word[points] == Meter.NONE].tolist())
        return touched

    def _write_restored(self) -> None:
        self.heard.restored_at[:] = NEVER
        self.heard.restored_from[:] = np.inf
        for one, points in self._restored.items():
            self.heard.restored_at[points] = one.at.timestamp()
            self.heard.restored_from[points] = one.since.timestamp()

    def _points_of(self, name: str) -> LongArray:
        device = int(self.tree.network.find_devices([name])[0])
        if device >= 0:
            return self.tree.service_points_below(device).astype(np.int64)
        point = int(self.tree.network.find_service_points([name])[0])
        return np.array([point] if point >= 0 else [], dtype=np.int64)

    def _explain(self, confirmed: Collection[str], *, is_changed: bool) -> set[int]:
        """Rule 1; return the service points that are explained now and were not, or the other way round."""
        key = frozenset(confirmed)
        if not is_changed and key == self._confirmed:
            return set()
        self._confirmed = key
        known, self._unknown = find_known_open(self.tree, self.statements, confirmed)
        self._known, self._contradicted = [], []
        for one in known:
            if on := self._contradicting(one):
                self._contradicted.append((one, on))
            else:
                self._known.append(one)
        explained = np.zeros(self.tree.network.service_point_count, dtype=np.bool_)
        claim_reports(self._known, self.statements, explained)
        return set(self.heard.explain(explained).tolist())

    def _contradicting(self, one: KnownDevice) -> list[int]:
        """Return who below a device that telemetry alone shows open says since to have supply."""
        if one.is_confirmed or one.known is None or one.has_crew_finding:
            return []
        opened = min(said.at for said in one.known.observations)
        return [
            point
            for point in one.service_points.tolist()
            if (said := self.statements.points.get(point)) is not None
            and said.on is not None
            and said.on.at > opened
        ]

    def _hear(self, touched: set[int], stirred: set[int], now: datetime) -> None:
        """Bring the categories of service points and the start of each feeder's trouble up to date.

        `stirred` are feeders that telemetry says something else of than before.
        """
        if not touched and not stirred:
            return
        points = np.array(sorted(self.heard.read(touched, self.statements, now)), dtype=np.int64)
        hung = points[self.blame.vertex_of_point[points] >= 0]
        vertices = np.unique(self.blame.vertex_of_point[hung]).astype(np.int64)
        self.heard.note_newest(vertices)
        feeders = set(self.blame.feeder[vertices].tolist())
        self._note_reports(sorted(feeders))
        self._date_restored()
        # What one place says may make the "on" of its neighbours stale, or of all on a feeder that wakes up.
        feeders |= stirred
        beside = self._points_with_on(sorted(feeders))
        points = np.union1d(points, beside)
        self._changed |= feeders
        self.posterior.categorise(points, self.heard.categories(points, self._since))
        self.posterior.receive(
            gasps=self.heard.gasps,
            calls=self.heard.calls,
            woken=rounded_share(*self.heard.count_woken()) if self._restored else 1.0,
        )

    def _date_restored(self) -> None:
        """Let what a device took with it begin with the first reports of it: a crew comes later."""
        for one, points in self._restored.items():
            since = one.since.timestamp()
            if one not in self._told:
                began, woke = self.heard.spell_began[points], self.heard.woke_at[points]
                together = first_together(began[(began <= one.at.timestamp()) & (woke >= since)])
                since = min(since, together if together is not None else since)
            if (self.heard.restored_from[points] != since).any():
                self.heard.restored_from[points] = since
                hung = points[self.blame.vertex_of_point[points] >= 0]
                self._changed.update(np.unique(self.blame.feeder[self.blame.vertex_of_point[hung]]).tolist())

    def _note_reports(self, feeders: Sequence[int]) -> None:
        """Note the first report of some feeders, and how many there are."""
        points = self.heard.reporting()
        points = points[self.blame.of_feeders(feeders)[self.blame.vertex_of_point[points]]]
        feeder, at = self.blame.feeder[self.blame.vertex_of_point[points]], self.heard.first_report[points]
        self._report_counts[feeders] = np.bincount(feeder, minlength=len(self.blame))[feeders]
        self._first_reports[feeders] = np.inf
        np.minimum.at(self._first_reports, feeder, at)
        # Of several at the same moment, that of the first service point.
        is_first = at == self._first_reports[feeder]
        heard_of, first = np.unique(feeder[is_first], return_index=True)
        words = self.heard.word[points[is_first][first]]
        self._is_called_first[heard_of] = ~np.isin(words, _MARKS_THE_TIME)
        self._write_since()

    def _note_told(self) -> set[int]:
        """Note since when telemetry shows devices open; return the feeders where that has changed."""
        before, self._told_since = self._told_since, self._told_feeders()
        changed = {feeder for feeder, _ in before.items() ^ self._told_since.items()}
        if changed:
            self._write_since()
        return changed

    def _write_since(self) -> None:
        since = self._first_reports.copy()
        for feeder, told in self._told_since.items():
            since[feeder] = min(told, since[feeder])
        self._since[:] = since[self.blame.feeder]

    def _points_with_on(self, feeders: Sequence[int]) -> LongArray:
        on = np.flatnonzero((self.heard.word == Meter.ON) & self.blame.is_fed)
        return on[self.blame.of_feeders(feeders)[self.blame.vertex_of_point[on]]]

    def _age(self, now: datetime) -> None:
        """Put every feeder into the bucket of its age; one that telemetry speaks of is as old as that."""
        feeders = np.append(ROOT, self.blame.feeders)
        since = self._since[feeders]
        told = np.array([self._told_since.get(feeder, np.inf) for feeder in feeders.tolist()])
        ages = ages_of((now.timestamp() - since) / 60, self._is_called_first[feeders] & (since < told))
        ages = np.where(np.isfinite(since), ages, QUIET)
        for place in np.flatnonzero(ages != self.posterior.age[feeders]).tolist():
            self.posterior.set_age(int(feeders[place]), int(ages[place]))
        # One report alone may be false; several on a feeder are a fault more to expect.
        self.posterior.expect(int(np.count_nonzero(self._report_counts > 1)))

    def _told_feeders(self) -> dict[int, float]:
        told: dict[int, float] = {}
        known = {one.blamed.device for one in self._known}
        for device, said in self.statements.devices.items():
            vertex = int(self.blame.vertex_of_device[device])
            if said.open is not None and vertex > ROOT and device not in known:
                feeder = int(self.blame.feeder[vertex])
                at = said.open.observations[0].at.timestamp()
                told[feeder] = min(at, told.get(feeder, np.inf))
        return told

    def _tell_devices(self) -> None:
        before = np.flatnonzero(self.posterior.is_told)
        vertices, ratios = device_ratios(
            blame=self.blame,
            states=self.posterior.states,
            rates=self.rates,
            said=self.statements.devices,
            known={one.blamed.device for one in self._known},
            reported_since=self._reported_since,
        )
        silent = np.setdiff1d(before, vertices)
        self.posterior.tell_devices(silent, np.ones((len(silent), len(self.posterior.states))))
        self.posterior.tell_devices(vertices, ratios)
        self.posterior.tell_services(dict.fromkeys(self.statements.sound_points, 0.0))

    def _reported_since(self, vertex: int, at: datetime) -> bool:
        points = self.blame.points_at_or_below(vertex)
        reporting = points[self.heard.reports(points)]
        return bool((self.heard.last_report[reporting] > at.timestamp()).any())


def infer(
    *,
    tree: SupplyTree,
    observations: Sequence[Observation],
    now: datetime,
    confirmed: Collection[str] = (),
    restored: Collection[Restored] = (),
    rates: EvidenceRates | None = None,
    metered: BoolArray | None = None,
    hold_down: Mapping[str, float] = DEFAULT_HOLD_DOWN,
) -> InferenceResult:
    """Return the outages that explain the observations up to now, from nothing (see `Inference`)."""
    inference = Inference(tree=tree, rates=rates, metered=metered, hold_down=hold_down)
    return inference.update(observations, now=now, confirmed=confirmed, restored=restored)

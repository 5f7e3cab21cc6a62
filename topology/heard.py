"""What is heard from every service point, in arrays: the category each stands in, and since when.

Owns how statements become categories of evidence, in rules:
Rule 1: what is already explained, by a device known to be open, counts no more.
Rule 2: "on" is of its moment: it says nothing about what another place at the same device first reported
later, or before the first report on the feeder, give or take `SAME_MOMENT`.
Rule 3: after a restoration only what comes later counts; a meter below it that does not wake within
`WAKING_TAKES` speaks by its silence (nested outages).
Rule 4: a last gasp, the meter's answer to a ping after it, and calls count beside each other.
Rule 5: power-ups get lost. Where two neighbours, and a third of those that gasped at the same device on the
same phases, woke again, what was reported there during their spell is over; but a meter that answers `off`
when they answer `on` means it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from topology.arrays import BoolArray, IntArray, LongArray
from topology.blame_tree import BlameTree
from topology.evidence_weights import GASPS, METERS, NOT_COUNTED, SAY_OUT, UNWOKEN, Meter
from topology.observations import Observation, ObservationKind
from topology.statements import PointStatement, Statements

# Meters lose supply within seconds of each other; their clocks differ by more.
SAME_MOMENT = timedelta(minutes=2)
WAKING_TAKES = timedelta(minutes=3)
NEVER = -np.inf
# A meter that has neither woken nor gasped since supply came back has been dark all the time.
_DARK_SINCE = tuple(int(one) for one in (*UNWOKEN, Meter.OFF))
# Rule 5: fewer may have come on by generation of their own.
FEWEST_WOKEN = 2
LEAST_SHARE_WOKEN = 1 / 3

TimeArray = npt.NDArray[np.float64]
Spell = tuple[Observation, ...]
_IS_GASP = np.array([one in GASPS for one in Meter])
_SAYS_OUT = np.array([one in SAY_OUT for one in Meter])
_IS_DARK_SINCE = np.array([one in _DARK_SINCE for one in Meter])
_SAME_MOMENT_S = SAME_MOMENT.total_seconds()
_NOTHING = PointStatement()
# The kinds of report that there are in a spell, as columns hold them.
_CALL, _GASP, _PING = range(3)
_CODE_OF_KIND = {
    ObservationKind.TROUBLE_CALL: _CALL,
    ObservationKind.LAST_GASP: _GASP,
    ObservationKind.PING: _PING,
}


class Heard:
    """By service point: the meter's word, whether somebody called, and the times that matter (in seconds)."""

    def __init__(self, blame: BlameTree, metered: BoolArray | None) -> None:
        """Start with silence."""
        self._blame = blame
        count = blame.tree.network.service_point_count
        has_meter = np.ones(count, dtype=np.bool_) if metered is None else metered
        self._silence = np.where(has_meter, Meter.SILENT, Meter.NONE).astype(np.int8)
        self.word = self._silence.copy()
        self.called = np.zeros(count, dtype=np.bool_)
        # Whether the word or a call says that it is out.
        self.says_out = np.zeros(count, dtype=np.bool_)
        self.explained = np.zeros(count, dtype=np.bool_)
        # How many meters have gasped, and from how many places somebody called.
        self.gasps = self.calls = 0
        self.on_at: TimeArray = np.full(count, NEVER)
        self.first_report: TimeArray = np.full(count, np.inf)
        self.last_report: TimeArray = np.full(count, NEVER)
        self.restored_at: TimeArray = np.full(count, NEVER)
        self.restored_from: TimeArray = np.full(count, np.inf)
        # The last spell, open or over: when it was first reported, and when the meter woke again.
        self.spell_began: TimeArray = np.full(count, np.inf)
        self.woke_at: TimeArray = np.full(count, np.inf)
        # What was said in the spell a place is in: calls, whether and first when its meter gasped, an answer.
        self.calls_said = np.zeros(count, dtype=np.int32)
        self.has_answered_off = np.zeros(count, dtype=np.bool_)
        self.first_gasp: TimeArray = np.full(count, np.inf)
        self.spell: npt.NDArray[np.object_] = np.full(count, None, dtype=object)
        # Rule 5: what was reported between these is over.
        self._over_from: TimeArray = np.full(count, np.inf)
        self._over_until: TimeArray = np.full(count, NEVER)
        # By vertex: whether rule 5 may hold there, and when the newest report was made.
        self._has_woken = np.zeros(len(blame), dtype=np.bool_)
        self._newest: TimeArray = np.full(len(blame), NEVER)
        self._reporting: LongArray | None = None

    def read(self, points: Iterable[int], statements: Statements, now: datetime) -> set[int]:
        """Take what is now said about some service points; return them and those it is over for (rule 5)."""
        touched = set(points)
        told = _Told(np.array(sorted(touched), dtype=np.int64), statements)
        self._note_spells(told)
        if over := self._note_woken(told.points) - touched:
            touched |= over
            told = _Told(np.array(sorted(touched), dtype=np.int64), statements)
        self._read(told, now.timestamp())
        return touched

    def _note_spells(self, told: _Told) -> None:
        """Note the spells that some service points are in, or were: when they were, and what was said."""
        points = told.points
        over = [one.over for one in told.said]
        began = [one.began.timestamp() if one is not None else np.inf for one in over]
        self.woke_at[points] = [one.ended.timestamp() if one is not None else np.inf for one in over]
        self.spell_began[points] = np.where(told.is_out, told.least(told.at), began)
        self.calls_said[points] = told.count(told.kind == _CALL)
        self.first_gasp[points] = told.least(np.where(told.kind == _GASP, told.at, np.inf))
        self.has_answered_off[points] = told.count(told.kind == _PING) > 0
        self.spell[points] = told.spells

    def _note_woken(self, points: LongArray) -> set[int]:
        """Rule 5; return the service points that it is over for now and was not, or the other way round."""
        blame = self._blame
        changed: set[int] = set()
        points = points[blame.is_fed[points]]
        self._has_woken[blame.vertex_of_point[points[np.isfinite(self.woke_at[points])]]] = True
        vertices = np.unique(blame.vertex_of_point[points])
        for vertex in vertices[self._has_woken[vertices]].tolist():
            own = blame.points[blame.point_starts[vertex] : blame.point_starts[vertex + 1]]
            for taken in np.unique(blame.taken_of_point[own]).tolist():
                alike = own[blame.taken_of_point[own] == taken]
                began, ended = self._over_spell(alike)
                differs = (self._over_from[alike] != began) | (self._over_until[alike] != ended)
                self._over_from[alike], self._over_until[alike] = began, ended
                changed.update(alike[differs].tolist())
            self._has_woken[vertex] = (
                np.isfinite(self.woke_at[own]) | np.isfinite(self._over_until[own])
            ).any()
        return changed

    def _over_spell(self, points: LongArray) -> tuple[float, float]:
        """Return from when until when some neighbours were all out, by those that woke."""
        woken = points[np.isfinite(self.woke_at[points])]
        gasped = np.count_nonzero(np.isfinite(self.spell_began[points]))
        if len(woken) < max(FEWEST_WOKEN, LEAST_SHARE_WOKEN * gasped):
            return np.inf, NEVER
        last = woken[np.argsort(self.woke_at[woken], kind="stable")[-FEWEST_WOKEN:]]
        began = float(self.spell_began[last].max()) - SAME_MOMENT.total_seconds()
        return began, float(self.woke_at[last].min())

    def _read(self, told: _Told, now: float) -> None:
        """Work out the words of some service points, and when they reported."""
        points = told.points
        restored = self.restored_at[points]
        counts = self._counts(told)
        on_at = np.array([one.on.at.timestamp() if one.on is not None else NEVER for one in told.said])
        on_at[on_at < restored - _SAME_MOMENT_S] = NEVER
        asked = np.array(
            [one.unreachable.at.timestamp() if one.unreachable is not None else NEVER for one in told.said]
        )
        word = _words(
            told, counts, now=now, on_at=on_at, asked=asked, restored=restored, silence=self._silence[points]
        )
        is_called = told.count(counts & (told.kind == _CALL)) > 0
        # What has been dark all the time speaks since supply came back to the others.
        dark = _IS_DARK_SINCE[word] & (restored > NEVER)
        first = np.minimum(told.least(np.where(counts, told.at, np.inf)), np.where(dark, restored, np.inf))
        last = np.maximum(-told.least(np.where(counts, -told.at, np.inf)), np.where(dark, restored, NEVER))
        self.gasps += int(np.count_nonzero(_IS_GASP[word])) - int(
            np.count_nonzero(_IS_GASP[self.word[points]])
        )
        self.calls += int(np.count_nonzero(is_called)) - int(np.count_nonzero(self.called[points]))
        self.word[points] = word
        self.called[points] = is_called
        self.says_out[points] = _SAYS_OUT[word] | is_called
        self.on_at[points] = on_at
        self.first_report[points] = first
        self.last_report[points] = last
        self._reporting = None

    def _counts(self, told: _Told) -> BoolArray:
        """Tell which reports still count (rules 3 and 5)."""
        points = told.points[told.place]
        until = self._over_until[points] - np.where(told.kind == _PING, _SAME_MOMENT_S, 0.0)
        is_over = (self._over_from[points] <= told.at) & (told.at <= until)
        return np.asarray((told.at > self.restored_at[points]) & ~is_over)

    def reports(self, points: LongArray | slice = slice(None)) -> BoolArray:
        """Tell which service points say that they are out and are not explained."""
        return np.asarray(self.says_out[points] & ~self.explained[points])

    def reporting(self) -> LongArray:
        """Return the service points with supply to lose that say that they are out and are not explained."""
        if self._reporting is None:
            self._reporting = np.flatnonzero(self.says_out & ~self.explained & self._blame.is_fed)
        return self._reporting

    def explain(self, explained: BoolArray) -> LongArray:
        """Take what is explained otherwise; return the service points for which that is news."""
        changed = np.flatnonzero(explained != self.explained)
        self.explained = explained
        self._reporting = None
        return changed

    def note_newest(self, vertices: LongArray) -> None:
        """Bring up to date when the newest report at some vertices was made."""
        points = self.reporting()
        at = self._blame.vertex_of_point[points]
        is_asked = np.zeros(len(self._blame), dtype=np.bool_)
        is_asked[vertices] = True
        asked = is_asked[at]
        self._newest[vertices] = NEVER
        np.maximum.at(self._newest, at[asked], self.first_report[points[asked]])

    def count_woken(self) -> tuple[int, int]:
        """Return how many meters woke where supply came back, and of how many.

        Only where one woke beside them: what is dark altogether tells of supply, not of lost power-ups.
        Where none woke at all, none of these meters may be able to say so: of one, none woke.
        """
        restored = np.flatnonzero((self.restored_at > NEVER) & (self._blame.vertex_of_point >= 0))
        vertices, word = self._blame.vertex_of_point[restored], self.word[restored]
        woken = np.bincount(vertices[word == Meter.ON], minlength=len(self._blame))
        unwoken = np.bincount(vertices[np.isin(word, UNWOKEN)], minlength=len(self._blame))
        beside = np.maximum(woken - 1, 0)
        if not woken.any():
            return 0, 1
        return int(beside.sum()), int((beside + unwoken)[woken > 0].sum())

    def categories(self, points: LongArray, feeder_since: TimeArray) -> IntArray:
        """Return the category of some service points; `feeder_since` is by vertex, inf for quiet ones."""
        vertices = self._blame.vertex_of_point[points]
        word = self.word[points].astype(np.int32)
        since = feeder_since[vertices]
        newest = np.maximum(self._newest[vertices], np.where(np.isfinite(since), since, NEVER))
        is_stale = (word == Meter.ON) & (self.on_at[points] < newest - SAME_MOMENT.total_seconds())
        word = np.where(is_stale, self._silence[points], word)
        category = word + METERS * self.called[points]
        return np.where(self.explained[points] | (vertices < 0), NOT_COUNTED, category).astype(np.int32)

    def since(self, points: LongArray) -> TimeArray:
        """Return when reporting service points lost supply, as far as they say: a nested one as all."""
        nested = _IS_DARK_SINCE[self.word[points]] & (self.restored_at[points] > NEVER)
        return np.where(nested, self.restored_from[points], self.first_report[points])


class _Told:
    """What is said about some service points, and the reports of the spells that they are in, in columns.

    Of each report: `place` tells of which of the points, `kind` of which kind, `at` when it was made.
    """

    def __init__(self, points: LongArray, statements: Statements) -> None:
        """Read what is said now."""
        self.points = points
        self.said = [statements.points.get(point, _NOTHING) for point in points.tolist()]
        out = [one.out.observations if one.out is not None else () for one in self.said]
        self.is_out = np.array([bool(one) for one in out], dtype=np.bool_)
        self.spells: npt.NDArray[np.object_] = np.full(len(out), None, dtype=object)
        for place, spell in enumerate(out):
            self.spells[place] = spell or None
        self.place = np.repeat(np.arange(len(out)), [len(one) for one in out])
        self.kind = np.array([_CODE_OF_KIND[one.kind] for spell in out for one in spell], dtype=np.int8)
        self.at: TimeArray = np.array(
            [one.at.timestamp() for spell in out for one in spell], dtype=np.float64
        )

    def count(self, of: BoolArray) -> LongArray:
        """Return by point how many of some reports there are."""
        return np.bincount(self.place[of], minlength=len(self.points))

    def least(self, values: TimeArray) -> TimeArray:
        """Return by point the least of what is so of its reports, infinite without one."""
        least = np.full(len(self.points), np.inf)
        np.minimum.at(least, self.place, values)
        return least


def _words(
    told: _Told,
    counts: BoolArray,
    *,
    now: float,
    on_at: TimeArray,
    asked: TimeArray,
    restored: TimeArray,
    silence: npt.NDArray[np.int8],
) -> npt.NDArray[np.int8]:
    """Return the words of meters: by what is on, what was asked in vain, where supply came back."""
    gasped = told.kind == _GASP
    first_gasp = told.least(np.where(counts & gasped, told.at, np.inf))
    has_gasped = np.isfinite(first_gasp)
    is_off = told.count(counts & (told.kind == _PING)) > 0
    is_asked = asked > NEVER
    is_unwoken = (restored > NEVER) & (silence == Meter.SILENT)
    is_waking = now < restored + WAKING_TAKES.total_seconds()
    # A last gasp that is over is no silence; a meter that never gasped while its people call is.
    ever_gasped = told.count(gasped) > 0
    words = (
        (is_off & has_gasped, Meter.GASPED_OFF),
        (is_off, Meter.OFF),
        (has_gasped & is_asked & (asked >= first_gasp), Meter.GASPED_UNREACHABLE),
        (has_gasped, Meter.GASPED),
        (on_at > NEVER, Meter.ON),
        (is_unwoken & is_waking, Meter.NONE),
        (is_unwoken & is_asked & (asked >= restored), Meter.NOT_WOKEN_UNREACHABLE),
        (is_unwoken, Meter.NOT_WOKEN),
        (is_asked, Meter.UNREACHABLE),
        (ever_gasped, Meter.NONE),
    )
    of = [np.int8(word) for _, word in words]
    return np.select([is_so for is_so, _ in words], of, silence).astype(np.int8)

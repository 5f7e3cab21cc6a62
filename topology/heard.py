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

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from topology.arrays import BoolArray, IntArray, LongArray
from topology.blame_tree import NOBODY, BlameTree
from topology.evidence_weights import METERS, NOT_COUNTED, SAY_OUT, UNWOKEN, Meter
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
_SAYS_OUT = np.array([one in SAY_OUT for one in Meter])
_OUT_WORDS = frozenset(int(one) for one in SAY_OUT)
_IS_DARK_SINCE = np.array([one in _DARK_SINCE for one in Meter])
_SAME_MOMENT_S = SAME_MOMENT.total_seconds()
_NOTHING = PointStatement()
# Looked up once: a storm asks for them a million times.
_CALL, _GASP, _PING = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.PING
_NONE, _SILENT, _ON, _OFF = (int(one) for one in (Meter.NONE, Meter.SILENT, Meter.ON, Meter.OFF))
_GASPED, _GASPED_OFF, _GASPED_UNREACHABLE = (
    int(one) for one in (Meter.GASPED, Meter.GASPED_OFF, Meter.GASPED_UNREACHABLE)
)
_UNREACHABLE, _NOT_WOKEN, _NOT_WOKEN_UNREACHABLE = (
    int(one) for one in (Meter.UNREACHABLE, Meter.NOT_WOKEN, Meter.NOT_WOKEN_UNREACHABLE)
)


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
        self.explained = np.zeros(count, dtype=np.bool_)
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
        self._newest: TimeArray = np.full(len(blame), NEVER)

    def read(self, points: Iterable[int], statements: Statements, now: datetime) -> set[int]:
        """Take what is now said about some service points; return them and those it is over for (rule 5)."""
        touched = set(points)
        self._note_spells(np.array(sorted(touched), dtype=np.int64), statements)
        touched |= self._note_woken(touched)
        self._read(np.array(sorted(touched), dtype=np.int64), statements, now.timestamp())
        return touched

    def _note_spells(self, points: LongArray, statements: Statements) -> None:
        """Note the spells that some service points are in, or were: when they were, and what was said."""
        told = [_told(statements.points.get(point)) for point in points.tolist()]
        columns = zip(*told, strict=True) if told else [()] * 6
        began, woke, calls, first_gasp, has_answered, spells = columns
        self.spell_began[points] = began
        self.woke_at[points] = woke
        self.calls_said[points] = calls
        self.first_gasp[points] = first_gasp
        self.has_answered_off[points] = has_answered
        for point, spell in zip(points.tolist(), spells, strict=True):
            self.spell[point] = spell

    def _note_woken(self, points: set[int]) -> set[int]:
        """Rule 5; return the service points that it is over for now and was not, or the other way round."""
        blame = self._blame
        changed: set[int] = set()
        for vertex in {int(blame.vertex_of_point[point]) for point in points} - {NOBODY}:
            own = blame.points[blame.point_starts[vertex] : blame.point_starts[vertex + 1]]
            if not (np.isfinite(self.woke_at[own]).any() or np.isfinite(self._over_until[own]).any()):
                continue
            for taken in np.unique(blame.taken_of_point[own]).tolist():
                alike = own[blame.taken_of_point[own] == taken]
                began, ended = self._over_spell(alike)
                differs = (self._over_from[alike] != began) | (self._over_until[alike] != ended)
                self._over_from[alike], self._over_until[alike] = began, ended
                changed.update(alike[differs].tolist())
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

    def _read(self, points: LongArray, statements: Statements, now: float) -> None:
        restored, over_from, over_until = (
            one[points].tolist() for one in (self.restored_at, self._over_from, self._over_until)
        )
        silence = self._silence[points].tolist()
        found = [
            _read_point(statements.points.get(point, _NOTHING), _Past(back, since, until), quiet, now)
            for point, back, since, until, quiet in zip(
                points.tolist(), restored, over_from, over_until, silence, strict=True
            )
        ]
        columns = zip(*found, strict=True) if found else [()] * 5
        word, called, on_at, first, last = columns
        self.word[points] = word
        self.called[points] = called
        self.on_at[points] = on_at
        self.first_report[points] = first
        self.last_report[points] = last

    def reports(self, points: LongArray | slice = slice(None)) -> BoolArray:
        """Tell which service points say that they are out and are not explained."""
        out = _SAYS_OUT[self.word[points]] | self.called[points]
        return np.asarray(out & ~self.explained[points])

    def reports_at(self, point: int) -> bool:
        """Tell whether one service point says that it is out and is not explained."""
        if self.explained.item(point):
            return False
        return bool(self.called.item(point)) or self.word.item(point) in _OUT_WORDS

    def note_newest(self, vertices: LongArray) -> None:
        """Bring up to date when the newest report at some vertices was made."""
        starts, ends = self._blame.point_starts[vertices], self._blame.point_starts[vertices + 1]
        for vertex, start, end in zip(vertices.tolist(), starts.tolist(), ends.tolist(), strict=True):
            points = self._blame.points[start:end]
            reporting = points[self.reports(points)]
            self._newest[vertex] = self.first_report[reporting].max(initial=NEVER)

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

    def since_at(self, point: int) -> float:
        """Return when one reporting service point lost supply (see `since`)."""
        restored = self.restored_at.item(point) > NEVER and self.word.item(point) in _DARK_SINCE
        return float((self.restored_from if restored else self.first_report).item(point))

    def since(self, points: LongArray) -> TimeArray:
        """Return when reporting service points lost supply, as far as they say: a nested one as all."""
        nested = _IS_DARK_SINCE[self.word[points]] & (self.restored_at[points] > NEVER)
        return np.where(nested, self.restored_from[points], self.first_report[points])


class _Past(NamedTuple):
    """Of a service point, in seconds: since when supply is back, and between when what it said is over."""

    restored_at: float
    over_from: float
    over_until: float

    def counts(self, kind: ObservationKind, at: float) -> bool:
        """Tell whether a report still counts (rules 3 and 5)."""
        if at <= self.restored_at:
            return False
        until = self.over_until - (_SAME_MOMENT_S if kind is _PING else 0.0)
        return not self.over_from <= at <= until


def _told(said: PointStatement | None) -> tuple[float, float, int, float, bool, Spell | None]:
    """Return when a spell began and the meter woke from it; calls, the first gasp, an answer; all of it."""
    if said is None:
        return np.inf, np.inf, 0, np.inf, False, None
    over = said.over
    woke = over.ended.timestamp() if over else np.inf
    if said.out is None:
        return over.began.timestamp() if over else np.inf, woke, 0, np.inf, False, None
    spell = said.out.observations
    kinds = [one.kind for one in spell]
    # The observations of a spell are in the order of their times.
    first_gasp = spell[kinds.index(_GASP)].at.timestamp() if _GASP in kinds else np.inf
    began = said.out.reported.timestamp()
    return began, woke, kinds.count(_CALL), first_gasp, _PING in kinds, spell


def _read_point(
    said: PointStatement, past: _Past, silence: int, now: float
) -> tuple[int, bool, float, float, float]:
    """Return the meter's word, whether somebody called, when it was on, and the first and last report."""
    spell = said.out.observations if said.out is not None else ()
    timed = [(one.kind, one.at.timestamp()) for one in spell]
    out = [(kind, at) for kind, at in timed if past.counts(kind, at)]
    on_at = said.on.at.timestamp() if said.on is not None else NEVER
    if on_at < past.restored_at - _SAME_MOMENT_S:
        on_at = NEVER
    word = _word(out, said, past, silence, is_on=on_at > NEVER, now=now)
    times = [at for _, at in out]
    if word in _DARK_SINCE and past.restored_at > NEVER:
        times.append(past.restored_at)
    is_called = any(kind is _CALL for kind, _ in out)
    return word, is_called, on_at, min(times, default=np.inf), max(times, default=NEVER)


def _word(
    out: Sequence[tuple[ObservationKind, float]],
    said: PointStatement,
    past: _Past,
    silence: int,
    *,
    is_on: bool,
    now: float,
) -> int:
    gasps = [at for kind, at in out if kind is _GASP]
    if any(kind is _PING for kind, _ in out):
        return _GASPED_OFF if gasps else _OFF
    asked = said.unreachable.at.timestamp() if said.unreachable is not None else None
    if gasps:
        return _GASPED_UNREACHABLE if asked is not None and asked >= min(gasps) else _GASPED
    if is_on:
        return _ON
    if past.restored_at > NEVER and silence == _SILENT:
        return _unwoken(past.restored_at, asked, now)
    if asked is not None:
        return _UNREACHABLE
    # A last gasp that is over is no silence; a meter that never gasped while its people call is.
    has_gasped = said.out is not None and any(one.kind is _GASP for one in said.out.observations)
    return _NONE if has_gasped else silence


def _unwoken(restored_at: float, asked: float | None, now: float) -> int:
    """Return the word of a meter that has said nothing since supply came back (rule 3)."""
    if now < restored_at + WAKING_TAKES.total_seconds():
        return _NONE
    return _NOT_WOKEN_UNREACHABLE if asked is not None and asked >= restored_at else _NOT_WOKEN

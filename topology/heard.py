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
from topology.blame_tree import NOBODY, BlameTree
from topology.evidence_weights import METERS, NOT_COUNTED, SAY_OUT, UNWOKEN, Meter
from topology.observations import Observation, ObservationKind
from topology.statements import PointStatement, Statements

# Meters lose supply within seconds of each other; their clocks differ by more.
SAME_MOMENT = timedelta(minutes=2)
WAKING_TAKES = timedelta(minutes=3)
NEVER = -np.inf
# A meter that has neither woken nor gasped since supply came back has been dark all the time.
_DARK_SINCE = (*UNWOKEN, Meter.OFF)
# Rule 5: fewer may have come on by generation of their own.
FEWEST_WOKEN = 2
LEAST_SHARE_WOKEN = 1 / 3

TimeArray = npt.NDArray[np.float64]
_SAYS_OUT = np.array([one in SAY_OUT for one in Meter])


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
        # What was said in the spell a place is in: calls, whether its meter gasped and first when, or answered.
        self.calls_said = np.zeros(count, dtype=np.int32)
        self.has_gasped = np.zeros(count, dtype=np.bool_)
        self.has_answered_off = np.zeros(count, dtype=np.bool_)
        self.first_gasp: TimeArray = np.full(count, np.inf)
        # Rule 5: what was reported between these is over.
        self._over_from: TimeArray = np.full(count, np.inf)
        self._over_until: TimeArray = np.full(count, NEVER)
        self._newest: TimeArray = np.full(len(blame), NEVER)

    def read(self, points: Iterable[int], statements: Statements, now: datetime) -> set[int]:
        """Take what is now said about some service points; return them and those it is over for (rule 5)."""
        touched = set(points)
        for point in touched:
            self._note_spell(point, statements.points.get(point))
        touched |= self._note_woken(touched)
        for point in touched:
            self._read(point, statements.points.get(point), now.timestamp())
        return touched

    def _note_spell(self, point: int, said: PointStatement | None) -> None:
        over = said.over if said else None
        self.woke_at[point] = over.ended.timestamp() if over else np.inf
        began = said.out.reported if said and said.out else over.began if over else None
        self.spell_began[point] = began.timestamp() if began else np.inf
        spell = said.out.observations if said and said.out else ()
        gasps = [one.at for one in spell if one.kind is ObservationKind.LAST_GASP]
        kinds = [one.kind for one in spell]
        self.calls_said[point] = kinds.count(ObservationKind.TROUBLE_CALL)
        self.has_gasped[point] = bool(gasps)
        self.has_answered_off[point] = ObservationKind.PING in kinds
        self.first_gasp[point] = min(gasps).timestamp() if gasps else np.inf

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

    def _read(self, point: int, said: PointStatement | None, now: float) -> None:
        restored = float(self.restored_at[point])
        out = [
            one
            for one in (said.out.observations if said and said.out else ())
            if one.at.timestamp() > restored and not self._is_over(point, one)
        ]
        on = said.on if said else None
        if on is not None and on.at.timestamp() < restored - SAME_MOMENT.total_seconds():
            on = None
        self.called[point] = any(one.kind is ObservationKind.TROUBLE_CALL for one in out)
        self.word[point] = self._word(point, out, on, said, now)
        self.on_at[point] = on.at.timestamp() if on is not None else NEVER
        times = [one.at.timestamp() for one in out]
        if self.word[point] in _DARK_SINCE and restored > NEVER:
            times.append(restored)
        self.first_report[point] = min(times, default=np.inf)
        self.last_report[point] = max(times, default=NEVER)

    def _is_over(self, point: int, one: Observation) -> bool:
        """Tell whether a report was of the spell that neighbours have woken from (rule 5)."""
        is_answer = one.kind is ObservationKind.PING
        until = self._over_until[point] - (SAME_MOMENT.total_seconds() if is_answer else 0.0)
        return bool(self._over_from[point] <= one.at.timestamp() <= until)

    def _word(
        self,
        point: int,
        out: list[Observation],
        on: Observation | None,
        said: PointStatement | None,
        now: float,
    ) -> int:
        kinds = {one.kind for one in out}
        gasps = [one.at for one in out if one.kind is ObservationKind.LAST_GASP]
        if ObservationKind.PING in kinds:
            return Meter.GASPED_OFF if gasps else Meter.OFF
        if gasps:
            asked = said.unreachable if said is not None else None
            is_away = asked is not None and asked.at >= min(gasps)
            return Meter.GASPED_UNREACHABLE if is_away else Meter.GASPED
        if on is not None:
            return Meter.ON
        asked = said.unreachable if said is not None else None
        if self.restored_at[point] > NEVER and self._silence[point] == Meter.SILENT:
            return self._unwoken(point, asked, now)
        if asked is not None:
            return Meter.UNREACHABLE
        # A last gasp that is over is no silence; a meter that never gasped while its people call is.
        has_gasped = said is not None and said.out is not None and _has_gasped(said.out.observations)
        return Meter.NONE if has_gasped else int(self._silence[point])

    def _unwoken(self, point: int, asked: Observation | None, now: float) -> int:
        """Return the word of a meter that has said nothing since supply came back (rule 3)."""
        if now < self.restored_at[point] + WAKING_TAKES.total_seconds():
            return Meter.NONE
        is_away = asked is not None and asked.at.timestamp() >= self.restored_at[point]
        return Meter.NOT_WOKEN_UNREACHABLE if is_away else Meter.NOT_WOKEN

    def reports(self, points: LongArray | slice = slice(None)) -> BoolArray:
        """Tell which service points say that they are out and are not explained."""
        out = _SAYS_OUT[self.word[points]] | self.called[points]
        return np.asarray(out & ~self.explained[points])

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

    def since(self, points: LongArray) -> TimeArray:
        """Return when reporting service points lost supply, as far as they say: a nested one as all."""
        nested = np.isin(self.word[points], _DARK_SINCE) & (self.restored_at[points] > NEVER)
        return np.where(nested, self.restored_from[points], self.first_report[points])


def _has_gasped(observations: Iterable[Observation]) -> bool:
    return any(one.kind is ObservationKind.LAST_GASP for one in observations)

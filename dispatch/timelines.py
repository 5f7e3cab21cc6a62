"""The timeline of one service point: who holds which of its phases without supply, and when. Pure.

A timeline is a tuple of stretches in order of time that do not overlap; in a gap there is supply. One stretch
becomes one row of the ledger (dispatch/ledger.py).
RULE 1: a phase is held by one holder at a time: who comes second takes the phases that are free.
RULE 2: where what is held changes, one stretch ends and another begins.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Holder:
    """Because of what a service point is without supply: one of the three ids, and of what kind it is."""

    outage_id: str | None = None
    planned_outage_id: str | None = None
    switching_order_id: str | None = None
    kind: str = "fault"


@dataclass(frozen=True, slots=True)
class Hold:
    """Phases that one holder keeps without supply; `supplied_by` something temporary, they count no share."""

    holder: Holder
    phases: str
    cause: str | None = None
    supplied_by: str | None = None


Holds = tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time `[start, end)` in which the same is held, first come first; `end` is FOREVER while it lasts."""

    start: datetime
    end: datetime
    holds: Holds


Timeline = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What leads from recorded stretches to others: all by index, `replaced` to a new one or to None."""

    closed: dict[int, datetime]
    replaced: dict[int, int | None]
    written: tuple[Stretch, ...]


def in_order(phases: Iterable[str]) -> str:
    """Return phases as they are written: each once, in the order of the alphabet."""
    return "".join(sorted(set(phases)))


def phases_out(holds: Holds) -> str:
    """Return the phases that are held, those supplied temporarily included."""
    return in_order(phase for hold in holds for phase in hold.phases)


def phase_share(holds: Holds, *, taken: str) -> float:
    """Return which share of the phases a service point takes is without any supply, 0 to 1."""
    out = {phase for hold in holds if hold.supplied_by is None for phase in hold.phases}
    return len(out) / max(len(taken), len(out), 1)


def take(timeline: Timeline, hold: Hold, *, start: datetime, end: datetime = FOREVER) -> Timeline:
    """Let a holder take the free phases of `hold` in `[start, end)`; those supplied temporarily are free."""

    def taken(holds: Holds) -> Holds:
        kept = [one for one in (_less(one, hold.phases) if one.supplied_by else one for one in holds) if one]
        free = set(hold.phases) - set(phases_out(tuple(kept)))
        return _with(tuple(kept), replace(hold, phases=in_order(free))) if free else holds

    return changed(timeline, taken, start=start, end=end)


def release(
    timeline: Timeline,
    *,
    phases: str = "ABC",
    holder: Holder | None = None,
    start: datetime,
    end: datetime = FOREVER,
) -> Timeline:
    """Give phases back in `[start, end)`, those of one holder or of all."""

    def released(holds: Holds) -> Holds:
        kept = (_less(one, phases) if holder is None or _same(one.holder, holder) else one for one in holds)
        return tuple(one for one in kept if one)

    return changed(timeline, released, start=start, end=end)


def supply_temporarily(timeline: Timeline, *, phases: str, by: str, start: datetime) -> Timeline:
    """Let something temporary supply phases that are held, from `start` on."""

    def supplied(holds: Holds) -> Holds:
        made: Holds = ()
        for one in holds:
            both = set(one.phases) & set(phases)
            left = _less(one, phases)
            made = _with(made, left) if left else made
            made = _with(made, replace(one, phases=in_order(both), supplied_by=by)) if both else made
        return made

    return changed(timeline, supplied, start=start)


def hand_over(timeline: Timeline, *, holder: Holder, to: Holder, start: datetime | None = None) -> Timeline:
    """Give all that one holder holds to another, or all that it holds from `start` on."""

    def handed(holds: Holds) -> Holds:
        made: Holds = ()
        for one in holds:
            made = _with(made, replace(one, holder=to) if _same(one.holder, holder) else one)
        return made

    if start is not None:
        return changed(timeline, handed, start=start)
    return tuple(replace(one, holds=handed(one.holds)) for one in timeline)


def changed(
    timeline: Timeline,
    change: Callable[[Holds], Holds],
    *,
    start: datetime,
    end: datetime = FOREVER,
) -> Timeline:
    """Return the timeline with what is held in `[start, end)` changed; a gap holds nothing."""
    before = [_clip(one, one.start, start) for one in timeline if one.start < start]
    after = [_clip(one, end, one.end) for one in timeline if one.end > end]
    inside = [one for one in timeline if one.start < end and one.end > start]
    bounds = {start, end, *(max(one.start, start) for one in inside), *(min(one.end, end) for one in inside)}
    points = sorted(bounds)
    within = [Stretch(begin, until, change(_holds_at(inside, begin))) for begin, until in pairwise(points)]
    known = {bound for one in timeline for bound in (one.start, one.end)}
    return _joined([*before, *(one for one in within if one.holds), *after], known)


def joined(timeline: Timeline, *, at: Collection[datetime]) -> Timeline:
    """Return a timeline in which stretches that hold the same are one where they touch at these times."""
    kept = {bound for one in timeline for bound in (one.start, one.end)} - set(at)
    return _joined(timeline, kept)


def difference(recorded: Sequence[Stretch], wanted: Timeline) -> Difference:
    """Return the fewest changes of rows that lead from the recorded stretches to the wanted ones."""
    open_to = {(one.start, one.holds): index for index, one in enumerate(wanted)}
    kept: set[int] = set()
    closed: dict[int, datetime] = {}
    left: list[int] = []
    for number, one in enumerate(recorded):
        index = open_to.get((one.start, one.holds))
        if index is None or (wanted[index].end != one.end and one.end != FOREVER):
            left.append(number)
            continue
        kept.add(index)
        if wanted[index].end != one.end:
            closed[number] = wanted[index].end
    new = [index for index in range(len(wanted)) if index not in kept]
    written = tuple(wanted[index] for index in new)
    replaced: dict[int, int | None] = {}
    for number in left:
        old = recorded[number]
        over = (at for at, one in enumerate(written) if one.start < old.end and one.end > old.start)
        replaced[number] = next(over, None)
    return Difference(closed, replaced, written)


def _same(one: Holder, other: Holder) -> bool:
    return (one.outage_id, one.planned_outage_id, one.switching_order_id) == (
        other.outage_id,
        other.planned_outage_id,
        other.switching_order_id,
    )


def _less(hold: Hold, phases: str) -> Hold | None:
    left = "".join(phase for phase in hold.phases if phase not in phases)
    return replace(hold, phases=left) if left else None


def _with(holds: Holds, hold: Hold) -> Holds:
    """Add a hold; one of the same holder that differs in nothing but the phases grows."""
    for index, one in enumerate(holds):
        if replace(one, phases="") == replace(hold, phases=""):
            grown = replace(one, phases=in_order(one.phases + hold.phases))
            return (*holds[:index], grown, *holds[index + 1 :])
    return (*holds, hold)


def _clip(one: Stretch, start: datetime, end: datetime) -> Stretch:
    return replace(one, start=max(one.start, start), end=min(one.end, end))


def _holds_at(stretches: Iterable[Stretch], at: datetime) -> Holds:
    return next((one.holds for one in stretches if one.start <= at < one.end), ())


def _joined(stretches: Sequence[Stretch], known: set[datetime]) -> Timeline:
    """Join what was only cut to look at it: where nothing changes and no recorded stretch ended before."""
    made: list[Stretch] = []
    for one in stretches:
        last = made[-1] if made else None
        if last and last.end == one.start and last.holds == one.holds and one.start not in known:
            made[-1] = replace(last, end=one.end)
        else:
            made.append(one)
    return tuple(made)

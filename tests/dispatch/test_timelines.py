"""The timeline of a household against minutes kept one by one, for whatever happens in whatever order."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.ledger_corrections import correct
from dispatch.timelines import (
    FOREVER,
    Hold,
    Holder,
    Stretch,
    difference,
    hand_over,
    phase_share,
    phases_out,
    release,
    supply_temporarily,
    take,
)

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTES = 30
OUTAGES = ("O-1", "O-2", "O-3")
PHASES = st.sampled_from(["A", "B", "C", "AB", "BC", "ABC"])


def at(minute):
    return FOREVER if minute is None else START + timedelta(minutes=minute)


class Minutes:
    """The twin: for each minute and phase who holds it, and whether something temporary supplies it."""

    def __init__(self):
        self.held = [dict.fromkeys("ABC") for _ in range(MINUTES + 1)]

    def span(self, begin, end):
        return self.held[begin : MINUTES + 1 if end is None else end]

    def take(self, outage, phases, begin, end=None):
        for minute in self.span(begin, end):
            for phase in phases:
                if minute[phase] is None or minute[phase][1]:
                    minute[phase] = (outage, False)

    def release(self, phases, begin, outage=None):
        for minute in self.span(begin, None):
            for phase in phases:
                if minute[phase] and (outage is None or minute[phase][0] == outage):
                    minute[phase] = None

    def supply(self, phases, begin):
        for minute in self.span(begin, None):
            for phase in phases:
                if minute[phase]:
                    minute[phase] = (minute[phase][0], True)

    def hand_over(self, outage, to):
        for minute in self.held:
            for phase, one in minute.items():
                if one and one[0] == outage:
                    minute[phase] = (to, one[1])


def seen(timeline):
    """Return the timeline as minutes."""
    minutes = []
    for minute in range(MINUTES + 1):
        held = dict.fromkeys("ABC")
        for one in timeline:
            if one.start <= at(minute) < one.end:
                for hold in one.holds:
                    for phase in hold.phases:
                        assert held[phase] is None, "a phase is held twice"
                        held[phase] = (hold.holder.outage_id, hold.supplied_by is not None)
        minutes.append(held)
    return minutes


STEPS = st.one_of(
    st.tuples(st.just("take"), st.sampled_from(OUTAGES), PHASES, st.integers(0, MINUTES)),
    st.tuples(st.just("release"), st.sampled_from([None, *OUTAGES]), PHASES, st.integers(0, MINUTES)),
    st.tuples(st.just("supply"), st.none(), PHASES, st.integers(0, MINUTES)),
    st.tuples(st.just("hand_over"), st.sampled_from(OUTAGES), st.sampled_from(OUTAGES), st.none()),
)


def apply(timeline, twin, step):
    name, outage, phases, minute = step
    if name == "take":
        twin.take(outage, phases, minute)
        return take(timeline, Hold(Holder(outage_id=outage), phases), start=at(minute))
    if name == "release":
        twin.release(phases, minute, outage)
        holder = Holder(outage_id=outage) if outage else None
        return release(timeline, phases=phases, holder=holder, start=at(minute))
    if name == "supply":
        twin.supply(phases, minute)
        return supply_temporarily(timeline, phases=phases, by="generator", start=at(minute))
    twin.hand_over(outage, phases)
    return hand_over(timeline, holder=Holder(outage_id=outage), to=Holder(outage_id=phases))


def rewritten(timeline, wanted):
    """Apply a difference to rows as the ledger does: closed rows keep what they are, replaced ones go."""
    found = difference(timeline, wanted)
    rows = [
        Stretch(one.start, found.closed.get(number, one.end), one.holds)
        for number, one in enumerate(timeline)
        if number not in found.replaced
    ]
    assert all(timeline[number].end == FOREVER for number in found.closed)
    assert all(index is None or 0 <= index < len(found.written) for index in found.replaced.values())
    return tuple(sorted([*rows, *found.written], key=lambda one: one.start))


@given(steps=st.lists(STEPS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_a_timeline_says_of_every_minute_what_minutes_say(steps):
    timeline, twin = (), Minutes()
    for step in steps:
        before = timeline
        timeline = apply(timeline, twin, step)
        assert seen(timeline) == twin.held
        assert all(one.start < one.end and one.holds for one in timeline)
        assert all(one.end <= other.start for one, other in pairwise(timeline))
        assert rewritten(before, timeline) == timeline


@given(steps=st.lists(STEPS, max_size=8), begin=st.integers(0, 14), end=st.integers(15, 29))
@settings(max_examples=100, deadline=None)
def test_a_corrected_outage_is_out_between_the_new_bounds_and_nobody_else_changes(steps, begin, end):
    timeline, twin = (), Minutes()
    for step in steps:
        timeline = apply(timeline, twin, step)
    holder = Holder(outage_id="O-1")
    if not any(hold.holder.outage_id == "O-1" for one in timeline for hold in one.holds):
        return
    told = {"started_at": at(begin), "ended_at": at(end), "cause": "tree"}
    own = [minute for minute, held in enumerate(twin.held) if any(x and x[0] == "O-1" for x in held.values())]
    if own[0] >= end or own[-1] < begin:
        return
    after = seen(correct(timeline, holder=holder, **told))
    for minute, (was, now) in enumerate(zip(twin.held, after, strict=True)):
        for phase in "ABC":
            if was[phase] and was[phase][0] != "O-1":
                assert now[phase] == was[phase]
            elif own[0] <= minute <= own[-1]:
                assert now[phase] == (was[phase] if begin <= minute < end else None)
            elif not begin <= minute < end:
                assert now[phase] is None


def test_nested_outages_of_single_phases_share_a_household():
    timeline = take((), Hold(Holder(outage_id="O-1"), "A"), start=at(0))
    timeline = take(timeline, Hold(Holder(outage_id="O-2"), "AB"), start=at(10))
    first, second = timeline
    assert (first.start, first.end, phases_out(first.holds)) == (at(0), at(10), "A")
    assert [(hold.holder.outage_id, hold.phases) for hold in second.holds] == [("O-1", "A"), ("O-2", "B")]
    assert phase_share(first.holds, taken="ABC") == 1 / 3
    assert phase_share(second.holds, taken="ABC") == 2 / 3
    after = release(timeline, holder=Holder(outage_id="O-1"), start=at(20))
    assert [(phases_out(one.holds), one.end) for one in after] == [
        ("A", at(10)),
        ("AB", at(20)),
        ("B", FOREVER),
    ]


def test_what_something_temporary_supplies_counts_no_share():
    timeline = take((), Hold(Holder(outage_id="O-1"), "ABC"), start=at(0))
    timeline = supply_temporarily(timeline, phases="ABC", by="generator", start=at(5))
    assert [phase_share(one.holds, taken="ABC") for one in timeline] == [1.0, 0.0]

"""The ledger against minutes kept one by one: whatever is done, each household's time out is the same.

Two twins. One keeps for each household, minute and phase who holds it, while outages begin, end, are
corrected, handed over and taken back. The other opens and closes devices, and looks minute by minute along
the closed ones who is connected to the source.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.change_log import Author
from dispatch.errors import DispatchError
from dispatch.ledger import (
    Takes,
    end_of_outage,
    give_supply_back,
    hand_outage_over,
    take_supply,
    withdraw_outage_rows,
)
from dispatch.ledger_corrections import correct_interruptions
from dispatch.ledger_rows import Household, rows_in_force
from dispatch.network_cache import TracedNetwork
from dispatch.switched_supply import Holder, give_back, put_out
from dispatch.timelines import FOREVER
from topology.phases import format_phases, parse_phases
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTES = 30
OUTAGES = ("O-1", "O-2", "O-3")
TAKEN = {"h1": "ABC", "h2": "A", "h3": "BC"}
CHECKS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def at(minute):
    return START + timedelta(minutes=minute)


NOW = Author(actor="wang", now=at(MINUTES))


def add_outage(session, number, id):
    """Write a confirmed outage as a row; what it is about does not matter here."""
    session.execute(
        text(
            "INSERT INTO outage (id, version, network_version, status, device, device_kind, phases, "
            "probability, candidates, reasons, service_points_out, customers_out, started_at, predicted_at, "
            "confirmed_at) "
            "VALUES (:id, :version, 1, 'confirmed', 'D', 'fuse', 'ABC', 1, '[]', '[]', 0, 0, :at, :at, :at)"
        ),
        {"id": id, "version": number, "at": START},
    )


def seen(session, households):
    """Return what the rows in force say of every minute: who holds each phase, and whether it is supplied."""
    minutes = {id: [dict.fromkeys("ABC") for _ in range(MINUTES + 1)] for id in households}
    for id, rows in rows_in_force(session, service_points=households).items():
        for minute in range(MINUTES + 1):
            for row in rows:
                if row.stretch.start <= at(minute) < row.stretch.end:
                    for hold in row.stretch.holds:
                        for phase in hold.phases:
                            minutes[id][minute][phase] = (hold.holder.outage_id, bool(hold.supplied_by))
    return minutes


def out_minutes(session):
    """Return each household's minutes without supply on any phase, summed by the database."""
    query = text(
        "SELECT service_point, sum(extract(epoch FROM coalesce(upper(period), :end) - lower(period)) / 60) "
        "FROM interruption WHERE replaced_by IS NULL AND phase_share > 0 GROUP BY 1"
    )
    return {id: int(minutes) for id, minutes in session.execute(query, {"end": at(MINUTES + 1)})}


class Twin:
    """For each household, minute and phase: who holds it, and whether something temporary supplies it."""

    def __init__(self):
        self.held = {id: [dict.fromkeys("ABC") for _ in range(MINUTES + 1)] for id in TAKEN}

    def change(self, ids, begin, end, phases, new):
        for id in ids:
            for minute in self.held[id][begin:end]:
                for phase in set(phases) & set(TAKEN[id]):
                    minute[phase] = new(minute[phase])

    def correct(self, ids, outage, begin, end):
        """Move the bounds of an outage; return whether that can be."""
        plans = []
        for id in ids:
            own = [
                m
                for m, held in enumerate(self.held[id])
                if any(one and one[0] == outage for one in held.values())
            ]
            first, last = own[0], own[-1]
            since = first if begin is None else begin
            until = end if end is not None else MINUTES + 1 if last == MINUTES else last + 1
            phases = [
                {p for p, one in self.held[id][m].items() if one and one[0] == outage} for m in (first, last)
            ]
            strange = [*range(since, first), *range(last + 1, until)]
            if until <= since or any(
                self.held[id][m][p] and self.held[id][m][p][0] != outage
                for m in strange
                for p in phases[0] | phases[1]
            ):
                return False
            plans.append((id, first, last, since, until))
        for id, first, last, since, until in plans:
            held = self.held[id]
            ends = [{p: one for p, one in held[m].items() if one and one[0] == outage} for m in (first, last)]
            for minute in range(MINUTES + 1):
                if not since <= minute < until:
                    for phase, one in held[minute].items():
                        if one and one[0] == outage:
                            held[minute][phase] = None
                elif minute < first:
                    held[minute] |= ends[0]
                elif minute > last:
                    held[minute] |= ends[1]
        return True


HOUSEHOLDS = st.sets(st.sampled_from(sorted(TAKEN)), min_size=1)
MINUTE = st.integers(0, MINUTES - 1)
PHASES = st.sampled_from(["A", "BC", "AB", "ABC", "ABC"])
STEPS = st.one_of(
    st.tuples(st.just("take"), st.sampled_from(OUTAGES), HOUSEHOLDS, PHASES, MINUTE, st.none()),
    st.tuples(st.just("take"), st.sampled_from(OUTAGES), HOUSEHOLDS, PHASES, MINUTE, st.none()),
    st.tuples(st.just("end"), st.sampled_from(OUTAGES), st.none(), st.none(), MINUTE, st.none()),
    st.tuples(st.just("back"), st.none(), HOUSEHOLDS, PHASES, MINUTE, st.sampled_from([None, "generator"])),
    st.tuples(
        st.just("correct"),
        st.sampled_from(OUTAGES),
        HOUSEHOLDS,
        st.none(),
        st.none() | st.integers(0, 15),
        st.none() | st.integers(1, MINUTES),
    ),
    st.tuples(st.just("withdraw"), st.just("O-3"), st.none(), st.none(), st.none(), st.none()),
    st.tuples(st.just("hand_over"), st.just("O-2"), st.none(), st.none(), st.none(), st.none()),
)


def do(session, twin, step):
    """Do one thing to the ledger and to its twin."""
    name, outage, ids, phases, minute, more = step
    everyone = (list(TAKEN), 0, MINUTES + 1, "ABC")
    if name == "take":
        takes = [
            Takes(id, both, at(minute))
            for id in sorted(ids)
            if (both := "".join(p for p in phases if p in TAKEN[id]))
        ]
        households = {id: Household(1, taken) for id, taken in TAKEN.items()}
        holder = Holder(outage_id=outage)
        take_supply(session, takes=takes, households=households, holder=holder, author=NOW)
        free = lambda one: (outage, False) if one is None or one[1] else one  # noqa: E731
        twin.change(ids, minute, MINUTES + 1, phases, free)
    elif name == "end":
        end_of_outage(session, outage_id=outage, at=at(minute), author=NOW)
        gone = lambda one: None if one and one[0] == outage else one  # noqa: E731
        twin.change(TAKEN, minute, MINUTES + 1, "ABC", gone)
    elif name == "back":
        given = dict.fromkeys(sorted(ids), phases)
        give_supply_back(session, phases=given, at=at(minute), author=NOW, supplied_by=more)
        back = lambda one: (one[0], True) if one and more else None  # noqa: E731
        twin.change(ids, minute, MINUTES + 1, phases, back)
    elif name == "withdraw":
        withdraw_outage_rows(session, outage_id=outage, author=NOW, reason="none")
        twin.change(*everyone, lambda one: None if one and one[0] == outage else one)
    elif name == "hand_over":
        hand_outage_over(session, outage_id=outage, to="O-1", author=NOW)
        twin.change(*everyone, lambda one: ("O-1", one[1]) if one and one[0] == outage else one)
    else:
        correct(session, twin, outage=outage, ids=ids, begin=minute, end=more)


def correct(session, twin, *, outage, ids, begin, end):
    """Correct households of an outage; whether the ledger refuses must be what minutes say."""
    held = {id for id in ids if any(one and one[0] == outage for m in twin.held[id] for one in m.values())}
    told = {"started_at": None if begin is None else at(begin), "ended_at": None if end is None else at(end)}
    if not held or begin is end is None:
        return
    can_be = twin.correct(sorted(held), outage, begin, end)
    try:
        correct_interruptions(
            session,
            outage_id=outage,
            version=None,
            service_points=held,
            cause="tree",
            reason="minutes",
            actor="wang",
            now=at(MINUTES),
            **told,
        )
    except DispatchError as refused:
        assert not can_be or refused.because == "nothing_to_correct"  # noqa: PT017
    else:
        assert can_be


@given(steps=st.lists(STEPS, max_size=9))
@CHECKS
def test_the_ledger_says_of_every_minute_what_minutes_say(session, steps):
    with session.begin_nested() as example:
        for number, id in enumerate(OUTAGES):
            add_outage(session, number, id)
        twin = Twin()
        for step in steps:
            do(session, twin, step)
            assert seen(session, TAKEN) == twin.held
        dark = {
            id: sum(any(one and not one[1] for one in minute.values()) for minute in minutes)
            for id, minutes in twin.held.items()
        }
        assert out_minutes(session) == {id: count for id, count in dark.items() if count}
        example.rollback()


# S --B1-- N1 --L1-- N2 --F1-- N3 (P: three phases, 3 customers; Q: phase A)
#           |         +---K1-- N4 (R: three phases; V: phases A and B)
# S --B2-- N5 --K2-- N4   (K2 is normally open)
ENDS = {
    "B1": ("S", "N1"),
    "L1": ("N1", "N2"),
    "F1": ("N2", "N3"),
    "K1": ("N2", "N4"),
    "B2": ("S", "N5"),
    "K2": ("N5", "N4"),
}
POINTS = {"P": ("N3", "ABC"), "Q": ("N3", "A"), "R": ("N4", "ABC"), "V": ("N4", "AB")}
TOWN = """
source S
breaker B1 S N1
line L1 N1 N2
fuse F1 N2 N3
switch K1 N2 N4
breaker B2 S N5
tie K2 N5 N4
service_point P N3 3
service_point Q N3 1 A
service_point R N4 1
service_point V N4 1 AB
"""
SWITCHED = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["B1", "F1", "K1", "B2", "K2"]),
    st.sampled_from(["A", "B", "ABC", "ABC"]),
    st.booleans(),
)


def dark(open_phases):
    """Return the phases that each service point is without: step by step along what is closed."""
    reached = {"S": set("ABC")}
    changed = True
    while changed:
        changed = False
        for device, (one, other) in ENDS.items():
            closed = set("ABC") - open_phases[device]
            for begin, end in ((one, other), (other, one)):
                new = reached.get(begin, set()) & closed
                if new - reached.get(end, set()):
                    reached[end] = reached.get(end, set()) | new
                    changed = True
    return {id: set(taken) - reached.get(node, set()) for id, (node, taken) in POINTS.items()}


@given(steps=st.lists(SWITCHED, max_size=10))
@CHECKS
def test_who_is_out_in_the_ledger_is_who_a_trace_finds_dark_in_every_minute(session, steps):
    network, _ = parse_text_network(TOWN)
    tree = SupplyTree(network, SwitchState.normal(network))
    traced = TracedNetwork(1, network, tree)
    supply, minute = Supply.under(tree, SwitchState.normal(network)), 0
    open_phases = {id: set("ABC") if id == "K2" else set() for id in ENDS}
    states = {0: dark(open_phases)}
    with session.begin_nested() as example:
        for number, id in enumerate(OUTAGES):
            add_outage(session, number, id)
        for number, (wait, device, phases, opens) in enumerate(steps):
            minute = min(minute + wait, MINUTES)
            before = supply.service_point_phases
            switch = supply.opened if opens else supply.closed
            supply = switch([network.device_index(device)], parse_phases(phases))
            if opens:
                open_phases[device] |= set(phases)
            else:
                open_phases[device] -= set(phases)
            states[minute] = dark(open_phases)
            lost, gained = before & ~supply.service_point_phases, supply.service_point_phases & ~before
            holder = Holder(outage_id=OUTAGES[number % 3])
            author = Author(actor="wang", now=at(minute))
            out = _by_id(network, lost)
            put_out(session, phases=out, at=at(minute), holder=holder, traced=traced, author=author)
            give_back(session, phases=_by_id(network, gained), at=at(minute), author=author)
            now = {
                id: {
                    phase
                    for row in rows
                    if row.stretch.end == FOREVER
                    for h in row.stretch.holds
                    for phase in h.phases
                }
                for id, rows in rows_in_force(session, service_points=POINTS).items()
            }
            assert {id: out for id, out in now.items() if out} == {
                id: out for id, out in states[minute].items() if out
            }
        held = seen(session, POINTS)
        for one in range(MINUTES + 1):
            truth = states[max(moment for moment in states if moment <= one)]
            for id in POINTS:
                assert {phase for phase, by in held[id][one].items() if by} == truth[id]
        example.rollback()


def _by_id(network, masks):
    ids = network.service_point_ids(range(network.service_point_count))
    return {id: format_phases(int(mask)) for id, mask in zip(ids, masks, strict=True) if mask}

"""From statements to categories: what every service point says, since when, and what is over."""

import numpy as np
import pytest
from topology_stories import FEEDER, every, moment, say

from topology.blame_tree import grow_blame_tree
from topology.evidence_weights import METERS, NOT_COUNTED, Meter
from topology.heard import NEVER, Heard
from topology.observations import ObservationKind
from topology.statements import Statements

CALL, GASP, WAKE = ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP, ObservationKind.POWER_UP
PING = ObservationKind.PING


class Listening:
    """What is heard in a tree, by ids of service points."""

    def __init__(self, tree, metered=None):
        self.blame = grow_blame_tree(tree)
        self.network = tree.network
        self.heard = Heard(self.blame, metered)
        self.statements = Statements(self.network)
        self.since = np.full(len(self.blame), np.inf)

    def index(self, *ids):
        return self.network.find_service_points(list(ids))

    def hear(self, *said, minute=60.0):
        points, _ = self.statements.take(said, moment(minute))
        touched = self.heard.read(points, self.statements, moment(minute))
        vertices = np.unique(self.blame.vertex_of_point[list(touched)]).astype(np.int64)
        self.heard.note_newest(vertices)

    def words(self, *ids):
        return [Meter(int(one)) for one in self.heard.word[self.index(*ids)]]

    def categories(self, *ids):
        return self.heard.categories(self.index(*ids), self.since).tolist()

    def restored(self, minute, since, *ids):
        points = self.index(*ids)
        self.heard.restored_at[points] = moment(minute).timestamp()
        self.heard.restored_from[points] = moment(since).timestamp()


@pytest.fixture
def listening(draw_tree):
    return Listening(draw_tree(FEEDER))


def test_at_first_all_meters_are_silent_and_who_has_none_says_nothing(draw_tree):
    tree = draw_tree(FEEDER)
    metered = np.ones(tree.network.service_point_count, dtype=np.bool_)
    metered[tree.network.find_service_points(["A-1"])] = False
    listening = Listening(tree, metered)
    assert listening.categories("A-1", "A-2") == [Meter.NONE, Meter.SILENT]
    assert not listening.heard.reports().any()


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ([(0, GASP, None)], Meter.GASPED),
        ([(0, PING, "off")], Meter.OFF),
        ([(0, GASP, None), (5, PING, "off")], Meter.GASPED_OFF),
        ([(0, GASP, None), (5, PING, "unreachable")], Meter.GASPED_UNREACHABLE),
        ([(0, PING, "unreachable"), (5, GASP, None)], Meter.GASPED),
        ([(0, PING, "unreachable")], Meter.UNREACHABLE),
        ([(0, PING, "unreachable"), (5, PING, "on")], Meter.ON),
        ([(0, PING, "unknown")], Meter.SILENT),
        ([(0, GASP, None), (5, WAKE, None)], Meter.ON),
        ([(0, WAKE, None), (5, GASP, None)], Meter.GASPED),
    ],
)
def test_what_a_meter_says_at_last(listening, said, word):
    listening.hear(*[say(minute, kind, "A-1", result) for minute, kind, result in said])
    assert listening.words("A-1") == [word]


def test_calls_count_besides(listening):
    listening.hear(say(0, CALL, "A-1"), say(0, GASP, "A-2"), say(3, CALL, "A-2"))
    # Who calls says nothing for the meter: where it has sent no last gasp, that is heard too.
    assert listening.heard.called[listening.index("A-1", "A-2")].tolist() == [True, True]
    assert listening.categories("A-2") == [Meter.GASPED + METERS]
    assert listening.heard.first_report[listening.index("A-2")].tolist() == [moment(0).timestamp()]
    assert listening.heard.last_report[listening.index("A-2")].tolist() == [moment(3).timestamp()]


def test_on_is_of_its_moment(listening):
    listening.hear(say(10, PING, "C-1", "on"), say(10, PING, "D-1", "on"))
    assert listening.categories("C-1", "D-1") == [Meter.ON, Meter.ON]
    # Another place at the same device reports twelve minutes later; a clock may be two minutes off.
    listening.hear(say(12, CALL, "C-2"))
    assert listening.categories("C-1") == [Meter.ON]
    listening.hear(say(22, CALL, "C-3"))
    assert listening.categories("C-1", "D-1") == [Meter.SILENT, Meter.ON]
    # It is from before the trouble of the whole feeder.
    listening.since[:] = moment(20).timestamp()
    assert listening.categories("D-1") == [Meter.SILENT]


def test_who_calls_again_makes_nothing_stale(listening):
    listening.hear(say(0, CALL, "C-2"), say(10, PING, "C-1", "on"), say(30, CALL, "C-2"))
    assert listening.categories("C-1") == [Meter.ON]


def test_what_is_explained_counts_no_more(listening):
    listening.hear(*every("C", range(1, 4), GASP))
    listening.heard.explained[listening.index("C-1", "C-5")] = True
    assert listening.categories("C-1", "C-2", "C-5") == [NOT_COUNTED, Meter.GASPED, NOT_COUNTED]
    assert listening.heard.reports(listening.index("C-1", "C-2")).tolist() == [False, True]


def test_after_a_restoration_only_what_comes_later_counts(listening):
    listening.restored(30, 0, *[f"C-{place}" for place in range(1, 9)])
    listening.hear(
        *every("C", range(1, 5), GASP),
        say(31, WAKE, "C-1"),
        say(40, CALL, "C-2"),
        say(41, GASP, "C-3"),
        minute=60,
    )
    assert listening.words("C-1", "C-2", "C-3", "C-4") == [
        Meter.ON,
        Meter.NOT_WOKEN,
        Meter.GASPED,
        Meter.NOT_WOKEN,
    ]
    since = listening.heard.since(listening.index("C-2", "C-3", "C-4")).tolist()
    assert since == [moment(0).timestamp(), moment(41).timestamp(), moment(0).timestamp()]


def test_a_meter_has_three_minutes_to_wake(listening):
    listening.restored(30, 0, "C-1", "C-2")
    listening.hear(*every("C", (1, 2), GASP), minute=32.9)
    assert listening.words("C-1") == [Meter.NONE]
    listening.heard.read(listening.index("C-1", "C-2").tolist(), listening.statements, moment(33))
    assert listening.words("C-1", "C-2") == [Meter.NOT_WOKEN, Meter.NOT_WOKEN]


def test_a_meter_asked_after_the_restoration_has_been_dark_all_the_time(listening):
    listening.restored(30, 0, "C-1")
    listening.hear(say(0, GASP, "C-1"), say(45, PING, "C-1", "off"))
    assert listening.words("C-1") == [Meter.OFF]
    assert listening.heard.since(listening.index("C-1")).tolist() == [moment(0).timestamp()]
    assert listening.heard.first_report[listening.index("C-1")].tolist() == [moment(30).timestamp()]


def test_where_two_neighbours_woke_the_gasps_of_then_are_over(listening):
    listening.hear(*every("C", range(1, 7), GASP), say(5, WAKE, "C-1"))
    assert listening.words("C-2", "C-3") == [Meter.GASPED, Meter.GASPED]
    listening.hear(say(5, WAKE, "C-2"))
    assert listening.words("C-1", "C-2", "C-3", "C-6") == [Meter.ON, Meter.ON, Meter.NONE, Meter.NONE]
    # What comes later is new, what was before is another matter, and other devices are not meant.
    listening.hear(say(9, GASP, "C-6"), say(-60, GASP, "C-7"), say(0.1, GASP, "D-1"))
    assert listening.words("C-6", "C-7", "D-1") == [Meter.GASPED] * 3
    # They gasp again: nothing is over any more.
    listening.hear(say(20, GASP, "C-1"))
    assert listening.words("C-3") == [Meter.GASPED]


def test_one_that_answers_off_while_its_neighbours_answer_on_is_out_still(listening):
    listening.hear(*every("C", range(1, 7), GASP))
    listening.hear(*(say(20, PING, f"C-{place}", "off" if place == 3 else "on") for place in range(1, 7)))
    assert listening.words("C-2", "C-3") == [Meter.ON, Meter.OFF]
    assert listening.heard.first_report[listening.index("C-3")].tolist() == [moment(20).timestamp()]


def test_two_of_many_may_have_generators(listening):
    listening.hear(*every("A", range(1, 13), GASP), say(5, WAKE, "A-1"), say(5, WAKE, "A-2"))
    assert listening.words("A-3") == [Meter.GASPED]
    listening.hear(say(5, WAKE, "A-4"), say(5, WAKE, "A-5"))
    assert listening.words("A-3") == [Meter.NONE]


def test_power_ups_are_counted_where_one_came(listening):
    places = [f"{prefix}-{place}" for prefix, count in (("C", 8), ("D", 6)) for place in range(1, count + 1)]
    listening.restored(30, 0, *places)
    listening.hear(*every("C", range(1, 9), GASP), *every("D", range(1, 7), GASP), minute=60)
    # Nothing woke at all: these meters may not be able to say so.
    assert listening.heard.count_woken() == (0, 1)
    listening.hear(*every("C", range(1, 7), WAKE, 31))
    # Of the seven beside the first of C five; D, all dark, tells nothing of power-ups.
    assert listening.heard.count_woken() == (5, 7)


def test_nothing_heard_is_never(listening):
    assert (listening.heard.last_report == NEVER).all()
    assert np.isinf(listening.heard.first_report).all()

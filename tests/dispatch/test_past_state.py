"""What is told of an instant of the past is what the desk was told at that instant, whatever came after."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatch.assignments import assign_crew, recall_job
from dispatch.change_log import latest_position
from dispatch.crews import report_position
from dispatch.errors import Because, DispatchError, InvalidInput
from dispatch.hazard_intake import raise_reported_hazards
from dispatch.incidents import open_incident
from dispatch.jobs import Progress, report_progress
from dispatch.kept_states import KEPT_FOR, keep_state, nearest_kept, present_state, state_to_keep
from dispatch.known_state import KnownState, placed, unusual_devices
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage, set_etr
from dispatch.outage_merge import merge_outages
from dispatch.outage_place import places_as_told
from dispatch.outage_reopening import reopen_outage
from dispatch.past_curve import past_curve
from dispatch.past_state import changes_until, position_at, state_at
from dispatch.road_closures import close_roads, open_roads
from dispatch.states import JobStatus, SwitchingKind
from dispatch.switch_tags import place_tag, remove_tag
from dispatch.switching_orders import approve_order, draft_order
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, preview_order
from dispatch.switching_tables import StepAction
from dispatch.transactions import write_transaction

LINE = {"type": "LineString", "coordinates": [[11.41, 53.63], [11.42, 53.63]]}
OUT = {"predicted", "confirmed", "partially_restored"}
STEPS = (
    Step(StepAction.OPEN, "B1"),
    Step(StepAction.CLOSE, "B1"),
    Step(StepAction.OPEN, "B2"),
    Step(StepAction.RUN_GENERATOR, name="G1", node="N3"),
    Step(StepAction.REMOVE, name="G1"),
)
HOUSEHOLDS = [f"{letter}{n}" for letter in "abc" for n in range(1, 5)]
ON_OUTAGES = (
    "confirm",
    "confirm",
    "assign",
    "etr",
    "restore",
    "close",
    "dismiss",
    "recall",
    "reopen",
    "merge",
)
DEEDS = st.one_of(
    st.tuples(st.just("report"), st.lists(st.sampled_from(HOUSEHOLDS), min_size=1, max_size=4)),
    st.tuples(st.just("danger"), st.sampled_from(HOUSEHOLDS)),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 60, 26 * 60])),
    st.tuples(st.sampled_from(ON_OUTAGES), st.integers(0, 4)),
    st.tuples(st.sampled_from(ON_OUTAGES), st.integers(0, 4)),
    st.tuples(st.sampled_from(list(JobStatus)[1:6]), st.integers(0, 4)),
    st.tuples(st.just("switch"), st.sampled_from(STEPS)),
    st.tuples(st.sampled_from(["tag", "closure", "drive", "group"]), st.integers(0, 4)),
)


class Hands:
    """Somebody who does one thing after the other; what is refused is refused, and that is fine too."""

    def __init__(self, world):
        self.world = world
        self.tags = []
        self.closures = []

    def do(self, name, told):
        world = self.world
        world.now += timedelta(seconds=1)
        if name == "wait":
            world.later(told)
        elif name == "report":
            world.report(*(("last_gasp", one) for one in told))
        elif name == "danger":
            world.numbers += 1
            call = {"id": f"e{world.numbers}", "kind": "trouble_call", "at": world.now.isoformat()}
            world.report({**call, "service_point": told, "hazard": "wire_down"})
            with write_transaction(world.engine) as session:
                raise_reported_hazards(session, now=world.now)
        elif name == "switch":
            self.switch(told)
        elif name in {"tag", "closure", "drive"}:
            getattr(self, name)(told)
        else:
            self.act(name, told)

    def act(self, name, number):
        """Do something to an outage, those that are over included."""
        world = self.world
        outages = [one for one in world.outages() if name != "reopen" or one.restored_at is not None]
        if not outages:
            return
        outage, other = outages[number % len(outages)], outages[(number + 1) % len(outages)]
        networks = {"networks": world.networks}
        orders = {
            "confirm": (confirm_outage, networks),
            "dismiss": (dismiss_outage, {"reason": "no", **networks}),
            "etr": (set_etr, {"etr_at": world.now + timedelta(hours=2)}),
            "assign": (assign_crew, {"crew_id": ("north", "south")[number % 2]}),
            "restore": (restore_outage, {"restored_at": None, **networks}),
            "close": (close_outage, {"cause": "wind", "note": None}),
            "reopen": (reopen_outage, {"reason": "it tripped again", "occurred_at": None, **networks}),
            "merge": (
                merge_outages,
                {"into": other.id, "into_version": other.version, "occurred_at": None, **networks},
            ),
        }
        if name == "group":
            world.do(open_incident, name="storm cell", cause=None, outages=[outage.id], occurred_at=None)
        elif name in orders:
            operation, told = orders[name]
            world.do(operation, outage_id=outage.id, version=outage.version, **told)
        elif outage.jobs:
            self.work(name, outage.jobs[number % len(outage.jobs)])

    def work(self, name, job):
        world = self.world
        if name == "recall":
            world.do(recall_job, outage_id=job.outage_id, version=None, job_id=job.id, reason="elsewhere")
            return
        report = Progress(status=name, occurred_at=world.now, client_event_id=f"{job.id}-{world.now}")
        world.do(report_progress, job_id=job.id, crew_id=job.crew_id, progress=report)

    def switch(self, step):
        """Draft, approve and carry out an order of one step."""
        world = self.world
        networks = {"networks": world.networks}
        order = world.do(
            draft_order,
            kind=SwitchingKind.EMERGENCY,
            steps=[step],
            outage_id=None,
            planned_outage_id=None,
            note=None,
            **networks,
        )
        world.do(approve_order, order_id=order.id, version=None, **networks)
        ((number, effect),) = world.ask(preview_order, order_id=order.id, **networks).steps
        told = {"seen": effect.digest, "executed_at": None, "reason": "so it is"}
        world.do(execute_step, order_id=order.id, number=number, **told, **networks)

    def tag(self, number):
        world = self.world
        if number % 2 and self.tags:
            world.do(remove_tag, tag_id=self.tags.pop(), is_supervisor=True)
            return
        traced = world.ask(world.networks.in_force)
        self.tags.append(world.do(place_tag, device="B2", kind="do_not_close", note=None, traced=traced).id)

    def closure(self, number):
        world = self.world
        if number % 2 and self.closures:
            world.do(open_roads, closure_id=self.closures.pop())
            return
        until = world.now + timedelta(hours=1) if number else None
        self.closures.append(
            world.do(close_roads, geometry=LINE, reason="flooded", note=None, until=until).id
        )

    def drive(self, number):
        place = {"lon": 11.3 + 0.01 * number, "lat": 53.63}
        self.world.do(report_position, crew_id="north", **place, at=self.world.now)


def now_shown(world):
    return world.ask(present_state, now=world.now)


def keep(world, *, every=1):
    """Keep a state if one is due; return its position."""
    kept = world.ask(state_to_keep, now=world.now, every=every)
    if kept is None:
        return None
    with write_transaction(world.engine) as session:
        keep_state(session, state=kept)
    return kept.position


def shown_at(world, at):
    return world.ask(state_at, at=at, now=world.now)


@given(deeds=st.lists(DEEDS, min_size=4, max_size=18), kept_after=st.integers(0, 17))
@settings(
    max_examples=5,
    # One database for all: what is tried again to make an example shorter would begin from another state.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_every_instant_is_told_as_it_was_told_then(world, deeds, kept_after):
    hands = Hands(world)
    seen = []
    for number, deed in enumerate(deeds):
        with suppress(DispatchError):
            hands.do(*deed)
        seen.append((world.now, now_shown(world)))
        if number == kept_after:
            keep(world)
    world.later(1)
    for number, (at, shown) in enumerate(seen):
        # What happens a second later is not known yet.
        assert shown_at(world, at + timedelta(milliseconds=number % 2 * 999)).state == shown
    span = timedelta(seconds=(world.now - seen[0][0]).total_seconds())
    points = world.ask(past_curve, span=span, now=world.now, steps=7).points
    for point in points:
        outages = shown_at(world, point.at).state.snapshot["outages"].values()
        out = [one["customers_out"] for one in outages if one["status"] in OUT]
        assert (point.customers, point.outages) == (sum(out), len(out))


@pytest.fixture
def story(world):
    """An outage from the first report to its restoration, a minute between the steps; when each was done."""
    at = {}

    def note(name):
        at[name] = world.now
        world.later(1)

    note("before")
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"), ("last_gasp", "a4"))
    note("predicted")
    for name, operation, told in (
        ("confirmed", confirm_outage, {"networks": world.networks}),
        ("assigned", assign_crew, {"crew_id": "north"}),
        ("restored", restore_outage, {"restored_at": None, "networks": world.networks}),
    ):
        (outage,) = world.outages()
        world.do(operation, outage_id=outage.id, version=outage.version, **told)
        note(name)
    return at


def statuses(state: KnownState):
    return [one["status"] for one in state.snapshot["outages"].values()]


def test_a_story_is_gone_through_step_by_step(world, story):
    with pytest.raises(InvalidInput) as refused:
        shown_at(world, story["before"] - timedelta(days=1))
    assert refused.value.because == Because.INSTANT_BEFORE_FIRST_CHANGE
    assert [statuses(shown_at(world, at).state) for at in story.values()] == [
        [],
        ["predicted"],
        ["confirmed"],
        ["confirmed"],
        ["restored"],
    ]
    walked, at = [], story["before"]
    while (at := shown_at(world, at).next_at) is not None:
        walked.append(at)
    assert walked == [story[name] for name in ("predicted", "confirmed", "assigned", "restored")]
    back = [shown_at(world, world.now).previous_at]
    while back[-1] > story["predicted"]:
        back.append(shown_at(world, back[-1]).previous_at)
    assert back == walked[::-1]


def test_a_step_passes_over_where_crews_drove(world, story):
    world.do(report_position, crew_id="north", lon=11.5, lat=53.6, at=world.now)
    driven = world.now
    world.later(1)
    past = shown_at(world, story["restored"])
    assert past.next_at is None
    lon = shown_at(world, driven).state.snapshot["crews"]["north"]["lon"]
    assert (lon, past.state.snapshot["crews"]["north"]["lon"]) == (11.5, 11.43)


def test_instants_of_which_nothing_can_be_told(world, story):
    for at, because in (
        (world.now + timedelta(seconds=1), Because.INSTANT_IN_FUTURE),
        (world.now - KEPT_FOR - timedelta(seconds=1), Because.INSTANT_TOO_LONG_AGO),
    ):
        with pytest.raises(InvalidInput) as refused:
            shown_at(world, at)
        assert refused.value.because == because
    assert statuses(shown_at(world, world.now).state) == ["restored"]


def test_a_replay_begins_at_the_nearest_kept_state_and_needs_none(world, story):
    assert keep(world, every=1_000) is None
    position = keep(world)
    assert position == world.ask(latest_position)
    assert world.ask(nearest_kept, position=position).position == position
    assert world.ask(nearest_kept, position=position - 1).position == 0
    assert keep(world) is None


def test_kept_states_go_once_no_replay_reaches_them(world, story):
    kept = [keep(world)]
    for days in (0, KEPT_FOR.days + 1):
        world.now += timedelta(days=days)
        world.do(report_position, crew_id="north", lon=11.45 + days / 1000, lat=53.6, at=world.now)
        kept.append(keep(world))
    # The last one before the time that a replay reaches still begins the first of it.
    found = [world.ask(nearest_kept, position=position).position for position in kept]
    assert found == [0, kept[1], kept[2]]


def close(world):
    """Call the crew back, and close the outage."""
    (outage,) = world.outages()
    (job,) = outage.jobs
    world.do(recall_job, outage_id=outage.id, version=None, job_id=job.id, reason="elsewhere")
    return world.do(close_outage, outage_id=outage.id, version=None, cause="wind", note=None)


def test_a_snapshot_tells_the_jobs_of_the_outages_in_it_alone(world, story):
    close(world)
    assert len(now_shown(world).snapshot["jobs"]) == 1
    world.later(25 * 60)
    shown = now_shown(world)
    assert (shown.snapshot["outages"], shown.snapshot["jobs"]) == ({}, {})
    assert shown_at(world, world.now).state == shown


def test_what_was_out_of_sight_and_changed_again_is_told_whole(world, story):
    outage = close(world)
    world.later(30 * 60)
    keep(world)
    again = {"reason": "it tripped again", "occurred_at": None, "within": timedelta(days=9)}
    world.do(reopen_outage, outage_id=outage.id, version=None, networks=world.networks, **again)
    shown = now_shown(world)
    assert len(shown.snapshot["outages"][outage.id]["candidates"]) > 0
    assert list(shown.snapshot["jobs"]) == [outage.jobs[0].id]
    assert shown_at(world, world.now).state == shown
    curve = world.ask(past_curve, span=timedelta(hours=2), now=world.now)
    assert [curve.points[0].customers, curve.points[-1].customers] == [0, 4]


def test_changes_lead_from_one_instant_to_a_later_one(world, story):
    start = shown_at(world, story["predicted"]).state.position
    position, changes = world.ask(changes_until, after=start, until=story["confirmed"], limit=10)
    assert [change.name for change in changes] == ["outage.confirmed", "outage.etr_changed"][: len(changes)]
    assert position == world.ask(position_at, at=story["confirmed"])
    assert world.ask(changes_until, after=start, until=world.now, limit=1)[1] is None
    # Backwards nobody can go by changes.
    assert world.ask(changes_until, after=position, until=story["before"], limit=10)[1] is None


def test_how_the_network_was_switched_is_told_too(world):
    hands = Hands(world)
    world.later(1)
    before = world.now
    hands.do("switch", Step(StepAction.OPEN, "B2"))
    hands.do("switch", Step(StepAction.RUN_GENERATOR, name="G1", node="M2"))
    there = world.now
    hands.do("switch", Step(StepAction.REMOVE, name="G1"))
    hands.do("switch", Step(StepAction.CLOSE, "B2"))
    normal = world.ask(world.networks.in_force).normal

    def switched(at):
        state = shown_at(world, at).state
        return unusual_devices(state, normal=normal), [one.name for one in placed(state)]

    assert [switched(at) for at in (before, there, world.now)] == [([], []), (["B2"], ["G1"]), ([], [])]


def test_an_outage_stands_where_its_device_was(world, story):
    outages = shown_at(world, story["predicted"]).state.snapshot["outages"]
    (place,) = world.ask(places_as_told, outages=outages).values()
    assert (round(place.lon, 3), round(place.lat, 3)) == (11.421, 53.636)

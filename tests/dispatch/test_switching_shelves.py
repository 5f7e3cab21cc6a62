"""Orders and tags at a live desk: the snapshot before and the events give the snapshot after."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatch.change_log import changes_after
from dispatch.errors import DispatchError
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.states import SwitchingKind
from dispatch.switch_tags import place_tag, remove_tag
from dispatch.switching_orders import approve_order, cancel_order, draft_order, return_order, set_steps
from dispatch.switching_step import Step
from dispatch.switching_steps import execute_step, instruct_step, preview_order
from dispatch.switching_tables import StepAction

STEPS = st.lists(
    st.builds(Step, st.sampled_from(list(StepAction)), st.sampled_from(["B1", "B2"])), min_size=1, max_size=3
)
DEEDS = st.one_of(
    st.tuples(st.just("draft"), st.sampled_from(list(SwitchingKind)), STEPS),
    st.tuples(st.just("steps"), st.integers(0, 2), STEPS),
    st.tuples(
        st.sampled_from(["approve", "approve", "return", "cancel", "instruct", "execute", "execute"]),
        st.integers(0, 2),
        st.integers(1, 3),
    ),
    st.tuples(st.just("tag"), st.sampled_from(["B1", "B2"]), st.sampled_from(["hold", "do_not_close"])),
    st.tuples(st.just("untag"), st.integers(0, 2), st.none()),
)


class Hands:
    """A dispatcher who does one thing after the other; what is refused is refused, and that is fine too."""

    def __init__(self, world):
        self.world = world
        self.orders = []
        self.tags = []

    def do(self, name, first, second):
        self.world.later(1)
        if name == "draft":
            self.draft(first, second)
        elif name == "tag":
            traced = self.world.ask(self.world.networks.in_force)
            placed = self.world.do(place_tag, device=first, kind=second, note="for Li", traced=traced)
            self.tags.append(placed.id)
        elif name == "untag" and self.tags:
            tag = self.tags[first % len(self.tags)]
            self.world.do(remove_tag, tag_id=tag, is_supervisor=False)
        elif name != "untag" and self.orders:
            self.act(name, {"order_id": self.orders[first % len(self.orders)]}, second)

    def draft(self, kind, steps):
        order = self.world.do(
            draft_order,
            kind=kind,
            steps=steps,
            outage_id=None,
            planned_outage_id=None,
            note="Ring Li Si first",
            networks=self.world.networks,
        )
        self.orders.append(order.id)

    def act(self, name, order, second):
        world, networks = self.world, {"networks": self.world.networks}
        if name == "steps":
            world.do(set_steps, **order, version=None, steps=second, **networks)
        elif name == "approve":
            world.do(approve_order, **order, version=None, **networks, actor="li")
        elif name == "return":
            world.do(return_order, **order, version=None)
        elif name == "cancel":
            world.do(cancel_order, **order, version=None, reason="Li Si is away")
        elif name == "instruct":
            world.do(instruct_step, **order, number=second, to="Squad 3")
        else:
            seen = dict(world.ask(preview_order, **order, **networks).steps)
            digest = seen[second].digest if second in seen else ""
            told = {"seen": digest, "executed_at": None, "reason": "Li Si said so"}
            world.do(execute_step, **order, number=second, **told, **networks)


@given(deeds=st.lists(DEEDS, min_size=4, max_size=16))
@settings(
    max_examples=12,
    # One database for all: what is tried again to make an example shorter would begin from another state.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_a_page_that_follows_the_log_knows_every_order_and_tag(world, deeds):
    before = world.ask(snapshot, now=world.now)
    hands = Hands(world)
    for deed in deeds:
        with suppress(DispatchError):
            hands.do(*deed)
    after = world.ask(snapshot, now=world.now)
    log = world.ask(changes_after, position=before["position"], limit=100_000)
    assert replay(before, log) == after
    # What a person wrote is asked for by itself, and stands in neither.
    assert "Li" not in repr(after["switching_orders"]) + repr(after["tags"])


def test_an_order_that_is_over_leaves_after_a_day_and_a_tag_at_once(world):
    hands = Hands(world)
    hands.do("draft", SwitchingKind.EMERGENCY, [Step(StepAction.OPEN, "B1")])
    hands.do("tag", "B2", "hold")
    (order,) = hands.orders
    told = world.ask(snapshot, now=world.now)
    assert told["switching_orders"][order]["steps"] == [
        {"number": 1, "action": "open", "device": "B1", "phases": "ABC", "status": "waiting"}
    ]
    assert [tag["device"] for tag in told["tags"].values()] == ["B2"]
    hands.do("untag", 0, None)
    hands.act("cancel", {"order_id": order}, 1)
    told = world.ask(snapshot, now=world.now)
    assert told["switching_orders"][order]["status"] == "cancelled"
    assert told["tags"] == {}
    later = world.ask(snapshot, now=world.now + timedelta(hours=25))
    assert later["switching_orders"] == {}

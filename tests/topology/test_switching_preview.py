"""Previews of steps on a drawn network: customers, rings, dangers, overloads and what was not checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from topology.dangers import Danger
from topology.errors import NetworkLoadError, TemporarySupplyError, UnknownDeviceError, UnknownNodeError
from topology.load_flow import LoadMeter
from topology.network_load import LIFE_SUPPORT, LoadRules, NetworkLoad
from topology.overload import NotChecked
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.switching_preview import StepPreview, preview_step, rehearse
from topology.switching_step import CloseDevice, OpenDevice, Place, Remove
from topology.temporarily_supplied import temporarily_supplied
from topology.temporary_supply import Cut, Generator, Jumper

# S1 -B1- A1 -L1- A2 -W1- A3 -L2- A4 ..T.. C3 -L3- C2 -B2- S2
#          P1 (2)   PL (1, on A)   P4 (10)   Q3 (20)
TEXT = """
source S1
source S2
breaker B1 S1 A1
line L1 A1 A2
switch W1 A2 A3
line L2 A3 A4
tie T A4 C3
line L3 C3 C2
breaker B2 S2 C2
service_point P1 A1 2
service_point PL A2 1 A
service_point P4 A4 10
service_point Q3 C3 20
"""
KW = {"P1": 30.0, "PL": 100.0, "P4": 300.0, "Q3": 600.0}
AMPERES_OF_A_KILOWATT = np.sqrt(3) / (10 * 0.92)


@pytest.fixture
def tree(draw_tree: Callable[[str], SupplyTree]) -> SupplyTree:
    return draw_tree(TEXT)


@pytest.fixture
def supply(tree: SupplyTree) -> Supply:
    return Supply(tree)


@pytest.fixture
def load(tree: SupplyTree) -> NetworkLoad:
    network = tree.network
    rated_a, priority = np.full(network.device_count, np.nan), np.zeros(4, dtype=np.uint8)
    for device, amperes in {"L1": 100.0, "L2": 30.0, "L3": 45.0, "B2": 400.0}.items():
        rated_a[network.device_index(device)] = amperes
    priority[network.service_point_index("P4")] = 2
    priority[network.service_point_index("PL")] = LIFE_SUPPORT
    return replace(
        NetworkLoad.unknown(network),
        device_rated_a=rated_a,
        node_nominal_kv=np.full(network.node_count, 10.0),
        service_point_peak_kw=np.array([KW[one] for one in network.service_point_ids(range(4))]),
        service_point_priority=priority,
    )


@pytest.fixture
def preview(supply: Supply, load: NetworkLoad) -> Callable[..., StepPreview]:
    def take(*steps, dangers=(), load=load):
        return rehearse(supply=supply, steps=steps, meter=LoadMeter(supply.tree, load), dangers=dangers)[-1]

    return take


def names(supply: Supply, points) -> list[str]:
    return supply.network.service_point_ids(points)


def test_opening_names_who_loses_and_the_important_first(preview, supply):
    found = preview(OpenDevice("B1"))
    assert names(supply, found.lost.service_points) == ["P1", "P4", "PL"]
    assert (found.lost.count, found.lost.customers, found.lost.wholly) == (3, 13, 3)
    assert names(supply, found.lost.important) == ["PL", "P4"]
    assert names(supply, found.lost.life_support) == ["PL"]
    assert found.gained.count == 0
    assert not found.changes_nothing
    assert preview(OpenDevice("T")).changes_nothing
    on_one_phase = preview(OpenDevice("B1", phases=1))
    assert (on_one_phase.lost.count, on_one_phase.lost.wholly) == (3, 1)


def test_closing_a_tie_tells_the_ring_both_feeders_and_who_is_fed_twice(preview):
    (ring,) = preview(CloseDevice("T")).rings
    assert ring.phases == "ABC"
    assert ring.devices == ("B1", "B2", "L1", "L2", "L3", "T", "W1")
    assert ring.has_two_sources
    assert ring.joins_two_feeders
    assert ring.feeders == ("B1", "B2")
    assert (ring.fed_twice, ring.customers_fed_twice) == (4, 33)
    check = preview(CloseDevice("T")).load
    assert check.checked == 0
    assert {one.reason for one in check.not_checked} == {"ring", "no_rating"}
    assert preview(OpenDevice("W1"), CloseDevice("T")).rings == ()


def test_a_generator_in_parallel_is_a_ring_with_two_sources(preview):
    (ring,) = preview(Place(Generator("G", "A4"))).rings
    assert ring.has_two_sources
    assert ring.devices == ("B1", "G", "L1", "L2", "W1")
    (again,) = preview(OpenDevice("W1"), Place(Generator("G", "A4")), CloseDevice("W1")).rings
    assert set(again.devices) == set(ring.devices)


def test_what_a_tie_takes_over_is_held_against_ratings(preview, load):
    check = preview(OpenDevice("W1"), CloseDevice("T")).load
    (over,) = check.overloads
    assert over.device == "L3"
    assert over.carried == pytest.approx(300 * AMPERES_OF_A_KILOWATT)
    assert over.before == pytest.approx(200 * AMPERES_OF_A_KILOWATT)
    assert (over.rated, over.unit, over.known_load_share) == (45.0, "A", 1.0)
    assert check.margin == pytest.approx(1 - over.share)
    assert check.margin < 0
    assert check.overloaded == 1
    assert check.not_checked == (NotChecked("no_rating", 1),)
    half = preview(
        OpenDevice("W1"),
        CloseDevice("T"),
        load=replace(load, rules=LoadRules(coincidence=0.5)),
    )
    assert half.load.overloads == ()


def test_single_phase_load_is_held_against_the_fullest_phase(preview):
    check = preview(OpenDevice("B1"), CloseDevice("T")).load
    over = {one.device: one.carried for one in check.overloads}
    assert over["L3"] == pytest.approx((30 / 3 + 100 + 300 / 3 + 600 / 3) * AMPERES_OF_A_KILOWATT)


def test_what_is_as_in_the_normal_state_is_no_overload(preview, load, supply):
    rated = load.device_rated_a.copy()
    rated[supply.network.device_index("L2")] = 1.0
    low = replace(load, device_rated_a=rated)
    back = preview(OpenDevice("W1"), CloseDevice("W1"), load=low).load
    assert back.overloads == ()
    assert back.above_rating_as_normal == 1


def test_what_is_not_known_is_said(preview, load, supply):
    steps = (OpenDevice("W1"), CloseDevice("T"))
    nothing = preview(*steps, load=NetworkLoad.unknown(supply.network)).load
    assert nothing.checked == 0
    assert nothing.margin is None
    assert not nothing.is_whole
    assert {one.reason for one in nothing.not_checked} == {"no_rating"}
    no_voltage = replace(load, node_nominal_kv=np.full(supply.network.node_count, np.nan))
    assert NotChecked("no_voltage", 2) in preview(*steps, load=no_voltage).load.not_checked
    peaks = load.service_point_peak_kw.copy()
    peaks[supply.network.service_point_index("Q3")] = np.nan
    some = preview(*steps, load=replace(load, service_point_peak_kw=peaks)).load
    assert some.known_load_share == 0.5
    peaks = np.full(4, np.nan)
    none = preview(*steps, load=replace(load, service_point_peak_kw=peaks)).load
    assert NotChecked("no_load", 2) in none.not_checked


def test_a_step_that_would_feed_a_danger_names_it(preview):
    dangers = (
        Danger("fault", devices=frozenset({"L2"})),
        Danger("wire down", nodes=frozenset({"A4", "nowhere"})),
        Danger("elsewhere", devices=frozenset({"B2", "unknown"})),
    )
    met = preview(OpenDevice("W1"), CloseDevice("T"), dangers=dangers).dangers
    assert [one.id for one in met] == ["fault", "wire down"]
    assert met[0].devices == ("L2",)
    assert met[1].nodes == ("A4",)
    assert met[0].phases == "ABC"
    cut_off = (Place(Cut("K1", "L2", "A3")), OpenDevice("W1"), CloseDevice("W1"))
    assert preview(*cut_off, dangers=dangers[:1]).dangers == ()
    mended = preview(*cut_off, Remove("K1"), dangers=dangers)
    assert [one.id for one in mended.dangers] == ["fault", "wire down"]
    switch = Danger("burnt switch", devices=frozenset({"W1"}))
    assert preview(OpenDevice("W1"), CloseDevice("W1"), dangers=(switch,)).dangers[0].id == "burnt switch"


def test_temporary_supply_step_by_step(preview, supply, load):
    broken = (OpenDevice("W1"), Place(Cut("K", "L2", "A4")))
    laid = preview(*broken, Place(Jumper("J", "A4", "C3", rated_a=20.0)))
    assert names(supply, laid.gained.service_points) == ["P4"]
    assert laid.rings == ()
    assert {one.device for one in laid.load.overloads} == {"L3"}
    only = temporarily_supplied(laid.after)
    assert names(supply, only.service_points) == ["P4"]
    run = preview(*broken, Place(Generator("G", "A4", rated_kva=100.0)))
    (over,) = run.load.overloads
    assert (over.device, over.unit) == ("G", "kVA")
    assert over.carried == pytest.approx(300 / 0.92)
    stopped = preview(*broken, Place(Generator("G", "A4")), Remove("G"))
    assert names(supply, stopped.lost.service_points) == ["P4"]
    assert stopped.after.state().temporary.cuts


def test_what_does_not_fit_is_refused(preview, tree, load):
    for step, error in (
        (OpenDevice("nothing"), UnknownDeviceError),
        (Place(Jumper("J", "A1", "nowhere")), UnknownNodeError),
        (Place(Jumper("J", "A1", "A1")), TemporarySupplyError),
        (Place(Jumper("J", "A1", "A2", 0)), TemporarySupplyError),
        (Place(Cut("K", "W1", "A2")), TemporarySupplyError),
        (Place(Cut("K", "L1", "A4")), TemporarySupplyError),
        (Place(Cut("K", "nothing", "A4")), UnknownDeviceError),
        (Remove("J"), TemporarySupplyError),
    ):
        with pytest.raises(error):
            preview(step)
    twice = Place(Generator("G", "A4"))
    with pytest.raises(TemporarySupplyError):
        preview(twice, twice)
    with pytest.raises(NetworkLoadError):
        LoadMeter(tree, replace(load, device_rated_a=np.zeros(3)))
    with pytest.raises(NetworkLoadError):
        LoadRules(power_factor=0)
    temporary = Supply(tree).temporary.placed(Generator("G", "A4"))
    with pytest.raises(TemporarySupplyError):
        SupplyTree(tree.network, SwitchState.normal(tree.network).with_temporary(temporary))


def test_a_preview_leaves_the_live_state_as_it_is(supply, load):
    meter = LoadMeter(supply.tree, load)
    preview_step(supply=supply, step=OpenDevice("B1"), meter=meter)
    assert supply.node_phases.all()

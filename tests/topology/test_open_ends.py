"""Open ends of the part behind a device, beside a twin that walks a networkx graph of each phase."""

import pytest
from hypothesis import given, settings

from topology.errors import UnknownDeviceError
from topology.open_ends import open_ends
from topology.supply import Supply
from topology.temporary_supply import Cut


def test_the_part_behind_a_switch_ends_at_its_ties(draw_tree):
    # S1 --B1-- N1 --W1-- N2 --L1-- N3 (P1)
    #                               | Y1/open
    # S2 --B2---------------------- N4 (P2)
    tree = draw_tree("""
        source S1
        source S2
        breaker B1 S1 N1
        switch W1 N1 N2
        line L1 N2 N3
        tie Y1 N3 N4
        breaker B2 S2 N4
        service_point P1 N3
        service_point P2 N4
    """)
    supply = Supply(tree)
    assert [(one.id, one.phases) for one in open_ends(supply=supply, device="W1")] == [("Y1", "ABC")]
    assert [one.id for one in open_ends(supply=supply, device="B2")] == ["Y1"]
    # What is open feeds nothing, and has no ends.
    assert open_ends(supply=supply, device="Y1") == ()
    # Switched over, the part hangs on the tie, and ends at what was opened for it.
    over = supply.opened([tree.network.device_index("W1")]).closed([tree.network.device_index("Y1")])
    assert [one.id for one in open_ends(supply=over, device="Y1")] == ["W1"]
    with pytest.raises(UnknownDeviceError):
        open_ends(supply=supply, device="W9")


def test_open_ends_beside_a_walk_of_every_phase(twin, temporary_twin, tree_of_rows):
    @settings(max_examples=120, deadline=None)
    @given(
        drawn=twin.drawn_networks(),
        chosen=temporary_twin.PLACED,
        steps=temporary_twin.SWITCHED,
    )
    def check(drawn, chosen, steps):
        supply = Supply(tree_of_rows(drawn))
        if drawn.devices:
            drawn, supply = temporary_twin.switch(drawn, supply, steps)
        slow, supply = temporary_twin.place(drawn, supply, chosen)
        for device, *_ in drawn.devices[:4]:
            told = {one.id: one.phases for one in open_ends(supply=supply, device=device)}
            assert told == _slow(slow, device)

    check()


def _slow(slow, device):
    """Open every device in turn in the graph of a phase, and look at what ends in what lost it."""
    found = {}
    for phase in "ABC":
        lost = slow.fed(phase) - slow.fed(phase, (device,))
        cut = {one.device for one in slow.placed if isinstance(one, Cut) and _is_cut(one, phase)}
        for id, _, start, stop, phases, _ in slow.drawn.devices:
            is_open = phase in slow.drawn.open_phases.get(id, "") or id in cut
            if id != device and phase in phases and is_open and lost & {start, stop}:
                found[id] = found.get(id, "") + phase
    return found


def _is_cut(cut, phase):
    return bool(cut.phases & {"A": 1, "B": 2, "C": 4}[phase])

"""What `check_network` finds, each network drawn above its text."""

from collections.abc import Callable

import pytest

from topology.check import check_network
from topology.findings import Finding
from topology.network import Network
from topology.text_network import parse_text_network


@pytest.fixture
def check(draw_network: Callable[[str], Network]) -> Callable[[str], dict[str, list[Finding]]]:
    def by_rule(text: str) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for finding in check_network(draw_network(text)):
            found.setdefault(finding.rule, []).append(finding)
        return found

    return by_rule


def test_a_sound_radial_network_has_no_findings(check):
    # S --B1-- N1 --L1-- N2 (P1)      T1 is a tie to N3, fed by B2
    #                     |T1/open
    # S --B2-- N3 (P2) ---+
    assert (
        check("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        breaker B2 S N3
        tie T1 N2 N3
        service_point P1 N2
        service_point P2 N3
    """)
        == {}
    )


def test_a_tie_of_two_open_switches_with_a_dead_node_between_is_no_finding(check):
    # S --B1-- N1 --T1/open-- M --T2/open-- N2 --B2-- S
    assert (
        check("""
        source S
        breaker B1 S N1
        tie T1 N1 M
        tie T2 M N2
        breaker B2 S N2
        service_point P1 N1
        service_point P2 N2
    """)
        == {}
    )


def test_a_loop_closed_in_the_normal_state_names_its_devices(check):
    # S --B1-- N1 --L1-- N2
    #           |         |L2
    #           +---L3--- N3 --L4-- N4 (P1)
    found = check("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        line L2 N2 N3
        line L3 N1 N3
        line L4 N3 N4
        service_point P1 N4
    """)
    assert list(found) == ["normal_state_loop"]
    (loop,) = found["normal_state_loop"]
    assert loop.ids == ("L1", "L2", "L3")
    assert loop.text == "3 devices form a loop: L1, L2, L3."


def test_parallel_devices_on_one_phase_are_a_loop_on_that_phase(check):
    # S ==L1(ABC), L2(A)== N1 (P1)
    found = check("""
        source S
        line L1 S N1
        line L2 S N1 A
        service_point P1 N1
    """)
    assert [one.text for one in found["normal_state_loop"]] == ["2 devices form a loop on phase A: L1, L2."]


def test_a_loop_without_any_source_is_found_too(check):
    # N1 --L1-- N2 --L2-- N3 --L3-- N1
    found = check("line L1 N1 N2\nline L2 N2 N3\nline L3 N3 N1")
    assert [one.ids for one in found["normal_state_loop"]] == [("L1", "L2", "L3")]


def test_two_sources_in_one_island_are_fed_twice_and_no_loop(check):
    # S1 --B1-- N1 --L1-- N2 --B2-- S2      N1 --L2-- N3 (P1)
    found = check("""
        source S1
        source S2
        breaker B1 S1 N1
        line L1 N1 N2
        breaker B2 S2 N2
        line L2 N1 N3
        service_point P1 N3
    """)
    assert list(found) == ["fed_twice"]
    (fed_twice,) = found["fed_twice"]
    assert fed_twice.ids == ("S1", "S2", "B1", "B2", "L1")
    assert fed_twice.text == "2 sources feed one island: S1, S2, joined by 3 devices: B1, B2, L1."


def test_a_missing_source(check):
    # N1 --B1-- N2 (P1)
    found = check("breaker B1 N1 N2\nservice_point P1 N2 3")
    assert list(found) == ["no_source", "unsupplied_service_point"]
    assert "is_source" in found["no_source"][0].text
    assert found["unsupplied_service_point"][0].ids == ("P1",)


def test_isolated_loads_are_named_with_their_island(check):
    # S --B1-- N1 (P1)      I1 --L9-- I2 (P2, P3)      I3 (P4)
    found = check("""
        source S
        breaker B1 S N1
        line L9 I1 I2
        node I3
        service_point P1 N1
        service_point P2 I2
        service_point P3 I2
        service_point P4 I3
    """)
    assert set(found) == {"island", "unsupplied_service_point", "dangling_end"}
    large, rest = found["island"]
    assert large.ids == ("I1", "I2")
    assert large.text.startswith("An island of 2 nodes and 2 service points has no path to a source")
    assert rest.ids == ("I3",)
    (points,) = found["unsupplied_service_point"]
    assert points.ids == ("P2", "P3", "P4")
    assert "3 with no path to a source" in points.text


def test_what_only_open_switches_cut_off_is_told_from_an_island(check):
    # S --B1-- N1 --T1/open-- N2 --L1-- N3 (P1)
    found = check("""
        source S
        breaker B1 S N1
        tie T1 N1 N2
        line L1 N2 N3
        service_point P1 N3
    """)
    assert list(found) == ["switched_off", "unsupplied_service_point"]
    assert found["switched_off"][0].ids == ("N2", "N3")
    assert "1 behind open switches" in found["unsupplied_service_point"][0].text


def test_vanished_phases_are_named_where_they_vanish(check):
    # S --B1/ABC-- N1 --L1/A-- N2 --L2/ABC-- N3 --L3/ABC-- N4 (P1)
    #                          N2 --F1/B-- N5 (P2)
    found = check("""
        source S
        breaker B1 S N1
        line L1 N1 N2 A
        line L2 N2 N3
        line L3 N3 N4
        fuse F1 N2 N5 B
        service_point P1 N4
        service_point P2 N5
    """)
    lines, switches, points = found["vanished_phases"]
    assert (lines.layer, lines.ids) == ("line_section", ("L2",))
    assert (
        lines.text
        == "1 line section carrying phases that the supply in front does not: L2 (ABC, without BC)."
    )
    assert (switches.layer, switches.ids) == ("switch", ("F1",))
    assert (points.layer, points.ids) == ("service_point", ("P1",))
    assert found["unsupplied_service_point"][0].ids == ("P2",)
    assert set(found) == {"vanished_phases", "unsupplied_service_point"}


def test_services_on_phases_that_their_node_never_has_are_one_finding(check):
    # S --B1/ABC-- N1 (P1/C) --L1/AB-- N2 (P2/A, P3/BC, P4/C)    N2 --T1/C/open-- N3 --B2-- S
    found = check("""
        source S
        breaker B1 S N1
        line L1 N1 N2 AB
        tie T1 N2 N3 C
        breaker B2 S N3
        service_point P1 N1 1 C
        service_point P2 N2 1 A
        service_point P3 N2 1 BC
        service_point P4 N2 1 C
    """)
    assert set(found) == {"vanished_phases", "unsupplied_service_point"}
    (vanished,) = found["vanished_phases"]
    assert (vanished.layer, vanished.ids) == ("service_point", ("P3", "P4"))
    assert vanished.text == (
        "2 service points taking phases that their node has no supply on: "
        "P3 (BC, without C), P4 (C, without C)."
    )
    (unsupplied,) = found["unsupplied_service_point"]
    assert unsupplied.ids == ("P4",)
    assert "1 behind open switches or phases that do not reach them" in unsupplied.text


def test_dangling_ends_are_one_finding(check):
    # S --B1-- N1 (P1), and 30 lines from N1 to nowhere
    ends = "\n".join(f"line L{place:02} N1 E{place}" for place in range(30))
    found = check(f"source S\nbreaker B1 S N1\nservice_point P1 N1\n{ends}")
    (dangling,) = found["dangling_end"]
    assert len(dangling.ids) == 30
    assert "30 line sections" in dangling.text
    assert "and 25 more" in dangling.text


def test_ten_thousand_islands_are_a_handful_of_findings(check):
    # S --B1-- N1 (P1), and 10,000 pairs of nodes with a line between them
    pairs = "\n".join(f"line L{place} X{place} Y{place}" for place in range(10_000))
    found = check(f"source S\nbreaker B1 S N1\nservice_point P1 N1\n{pairs}")
    assert len(found["island"]) == 21
    assert sum(len(one.ids) for one in found["island"]) == 20_000


def test_an_empty_network_has_no_source():
    network, findings = parse_text_network("")
    assert findings == ()
    assert [one.rule for one in check_network(network)] == ["no_source"]


def test_a_ring_that_no_phase_goes_round_is_named(draw_network):
    # S --B1-- N1 --L1-- N2 --L2/A-- N3 --L3/BC-- N1; three regulators side by side are no ring
    network = draw_network("""
        source S
        breaker B1 S N1
        line L1 N1 N2
        line L2 N2 N3 A
        line L3 N3 N1 BC
        regulator R1 N2 N4 A
        regulator R2 N2 N4 B
        regulator R3 N2 N4 C
        service_point P N4
    """)
    (finding,) = [one for one in check_network(network) if one.rule == "phase_clash_ring"]
    assert finding.ids == ("L1", "L2", "L3")
    assert not [one for one in check_network(network) if one.rule == "normal_state_loop"]
    whole = draw_network("source S\nline L1 S N\nline L2 N M AB\nline L3 M S BC\nservice_point P N")
    assert "phase_clash_ring" not in {one.rule for one in check_network(whole)}
    assert "normal_state_loop" in {one.rule for one in check_network(whole)}

"""Traces over HTTP: up and down, now and normally, and what is counted; beside a walk of a networkx graph."""

from datetime import UTC, datetime
from itertools import count

import networkx as nx
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from dispatch.switching_tables import SwitchPositionRow
from gis.database import connect

#   S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3
#           └─W1─ N4 ─L1─ N6 ─T2─ N5   b1 b2 b3
#   S ─B2─ M1 ─T3─ M2          c1 c2 c3      (N4 ─Y1─ M1: a tie, normally open)
TIED = """
    breaker B1 S N1
    fuse F1 N1 N2
    distribution T1 N2 N3
    switch W1 N1 N4
    overhead L1 N4 N6
    distribution T2 N6 N5
    breaker B2 S M1
    distribution T3 M1 M2
    switch Y1 N4 M1 open
    service_points a N3 3
    service_points b N5 3
    service_points c M2 3
"""
# From N4 to N6 it is a thousandth of a degree of longitude: 66 m.
PLACES = {"S": (11.4, 53.63), "N1": (11.41, 53.63), "N4": (11.415, 53.628), "N6": (11.416, 53.628)}
positions = count(1)


@pytest.fixture(scope="module")
def tied_world(database_server, world_module):
    tables = world_module.drawn_tables(TIED, PLACES)
    points = tables.service_point
    points.loc[points["id"] == "b2", ["priority", "customers"]] = ["life_support", 4]
    with database_server.fresh_database() as name:
        engine = connect(database_server.url(name), application_name="relight tests")
        world = world_module.World(engine, tables=tables)
        yield world
        world.close()
        engine.dispose()


def _switch(world, device, open_phases):
    """Let a device stand otherwise, as the last of all steps."""
    with Session(world.engine) as session, session.begin():
        session.merge(
            SwitchPositionRow(
                device=device,
                open_phases=open_phases,
                since=datetime.now(UTC),
                operated_at={},
                position=next(positions),
            )
        )


def _ask(world, device, direction, **query):
    answer = world.client("dispatcher").get(
        f"/api/network/traces/{device}", params={"direction": direction, **query}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def _graph():
    """The drawing as a graph; devices that are open are no edges."""
    graph = nx.MultiGraph()
    for words in (line.split() for line in TIED.splitlines() if line.strip()):
        if words[0] != "service_points" and words[-1] != "open":
            graph.add_edge(words[2], words[3], key=words[1])
    return graph


def _below(device):
    """Every household that no longer reaches the source without the device."""
    graph = _graph()
    graph.remove_edges_from([edge for edge in graph.edges(keys=True) if edge[2] == device])
    fed = nx.node_connected_component(graph, "S")
    at = {"a": "N3", "b": "N5", "c": "M2"}
    return {f"{letter}{number}" for letter, node in at.items() if node not in fed for number in (1, 2, 3)}


@pytest.mark.parametrize("device", ["B1", "F1", "T1", "W1", "L1", "T2", "B2", "T3"])
def test_whoever_hangs_below_is_counted(tied_world, device):
    told = _ask(tied_world, device, "downstream")
    below = _below(device)
    assert told["service_points"] == len(below)
    # b2 lives by its supply, and stands for four.
    assert told["customers"] == sum(4 if one == "b2" else 1 for one in below)
    assert (told["critical_service_points"], told["critical_customers"]) == (
        (1, 4) if "b2" in below else (0, 0)
    )
    assert told["is_as_asked"]
    assert told["is_drawn_whole"]


def test_a_part_is_counted_drawn_and_ends_at_its_tie(tied_world):
    told = _ask(tied_world, "B1", "downstream")
    assert (told["customers"], told["transformers"], told["devices"]) == (9, 2, 5)
    assert {one["id"] for one in told["switches"]} == {"F1", "W1"}
    assert told["open_ends"] == [{"id": "Y1", "kind": "switch", "name": None, "open_phases": "ABC"}]
    # L1 has no length in the assets: that of its line counts.
    assert 65 < told["length_m"] < 67
    west, south, east, north = told["bounds"]
    assert west < east
    assert south < north
    assert told["drawn"]["type"] == "GeometryCollection"


def test_the_way_to_the_source_is_told_from_near_to_far(tied_world):
    told = _ask(tied_world, "b1", "upstream")
    assert [one["id"] for one in told["switches"]] == ["W1", "B1"]
    assert (told["devices"], told["transformers"]) == (4, 1)
    assert (told["service_points"], told["customers"]) == (1, 1)
    assert _ask(tied_world, "Y1", "upstream")["devices"] == 0
    assert _ask(tied_world, "Y1", "downstream")["open_phases"] == "ABC"


def test_what_is_switched_counts_now_and_not_normally(tied_world):
    _switch(tied_world, "W1", "ABC")
    try:
        # No way to a source: the normal one, and where it is open.
        told = _ask(tied_world, "b1", "upstream")
        assert not told["is_as_asked"]
        assert [(one["id"], one["open_phases"]) for one in told["switches"]] == [("W1", "ABC"), ("B1", "")]
        assert _ask(tied_world, "B1", "downstream")["customers"] == 3
        assert _ask(tied_world, "B1", "downstream", state="normal")["customers"] == 9
        # Switched over, the other feeder carries them, and ends at what was opened.
        _switch(tied_world, "Y1", "")
        told = _ask(tied_world, "b1", "upstream")
        assert told["is_as_asked"]
        assert [one["id"] for one in told["switches"]] == ["Y1", "B2"]
        assert [one["id"] for one in _ask(tied_world, "B2", "downstream")["open_ends"]] == ["W1"]
    finally:
        with Session(tied_world.engine) as session, session.begin():
            session.execute(delete(SwitchPositionRow))


def test_what_cannot_be_traced_is_told(tied_world):
    client = tied_world.client("dispatcher")
    assert client.get("/api/network/traces/B9", params={"direction": "upstream"}).status_code == 404
    for query in ({}, {"direction": "sideways"}, {"direction": "upstream", "state": "tomorrow"}):
        assert client.get("/api/network/traces/B1", params=query).status_code == 422

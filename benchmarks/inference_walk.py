"""The same posterior by a plain walk over a networkx tree: one service point, device and state at a time.

Given the same priors and the same ratios for each service point, so that only the work is compared. What is
unknown of how messages come (the settings of the passes) is walked once for each, and averaged.
"""

from __future__ import annotations

import math

import networkx as nx
import numpy as np

from topology.blame_tree import ROOT
from topology.fault_priors import WHOLE
from topology.posterior import QUIET, Posterior

NEVER = -math.inf


def walk_tree(posterior: Posterior) -> nx.DiGraph[int]:
    """Return the tree of devices of feeders with reports: nodes hold `ways` and `points`, as plain values.

    `ways` are the states a device may open to with the logarithm of how likely each is (the first: closed);
    `points` are the place of the phases each service point takes in `taken`, and its log ratio by setting.
    """
    blame, priors = posterior.blame, posterior.priors
    tree: nx.DiGraph[int] = nx.DiGraph()
    tree.add_node(ROOT, ways=[(WHOLE, 0.0)], points=[])
    active = np.flatnonzero(posterior.age != QUIET)
    active = active[active != ROOT]
    for vertex in active.tolist():
        likely = priors.probability[vertex]
        ways = [(WHOLE, float(priors.log_none[vertex]))]
        ways += [(state, math.log(likely[state])) for state in np.flatnonzero(likely).tolist()]
        tree.add_node(vertex, ways=ways, points=[])
        tree.add_edge(int(blame.parent[vertex]), vertex)
    points = blame.points[np.isin(blame.vertex_of_point[blame.points], active)]
    ratios = posterior.ratios(posterior.passes, points).tolist()
    taken = blame.taken_of_point[points].tolist()
    vertices = blame.vertex_of_point[points].tolist()
    for vertex, place, ratio in zip(vertices, taken, ratios, strict=True):
        tree.nodes[vertex]["points"].append((place, ratio))
    return tree


def walk(tree: nx.DiGraph[int], posterior: Posterior) -> dict[tuple[int, int], float]:
    """Return by vertex and state how likely it is open so, with nothing above open on these phases."""
    together: dict[tuple[int, int], float] = {}
    for setting, weight in enumerate(posterior.weights.tolist()):
        for way, probability in _walk_once(tree, posterior, setting).items():
            together[way] = together.get(way, 0.0) + weight * probability
    return together


def _walk_once(tree: nx.DiGraph[int], posterior: Posterior, setting: int) -> dict[tuple[int, int], float]:
    states_of = posterior.states
    out, join, apart = states_of.out.tolist(), states_of.join.tolist(), states_of.apart.tolist()
    states = range(len(out))
    service = posterior.priors.service
    within: dict[int, list[float]] = {}
    whole: dict[int, list[float]] = {}
    for vertex in nx.dfs_postorder_nodes(tree, ROOT):
        here = [0.0 for _ in states]
        for place, ratios in tree.nodes[vertex]["points"]:
            ratio = ratios[setting]
            alone = math.log((1 - service) + service * math.exp(ratio))
            for state in states:
                here[state] += ratio if out[state][place] else alone
        for child in tree.successors(vertex):
            below = whole[child]
            for state in states:
                here[state] += below[state]
        within[vertex] = here
        whole[vertex] = [
            _log_sum([prior + here[join[above][state]] for state, prior in tree.nodes[vertex]["ways"]])
            for above in states
        ]
    return _down(tree, within, whole, join=join, apart=apart)


def _down(
    tree: nx.DiGraph[int],
    within: dict[int, list[float]],
    whole: dict[int, list[float]],
    *,
    join: list[list[int]],
    apart: list[list[bool]],
) -> dict[tuple[int, int], float]:
    reach = {ROOT: [1.0 if state == WHOLE else 0.0 for state in range(len(join))]}
    found: dict[tuple[int, int], float] = {}
    for above, vertex in nx.dfs_edges(tree, ROOT):
        cut = [0.0 for _ in join]
        for state, prior in tree.nodes[vertex]["ways"]:
            together = 0.0
            for before, likely in enumerate(reach[above]):
                after = join[before][state]
                joint = likely * math.exp(prior + within[vertex][after] - whole[vertex][before])
                cut[after] += joint
                if apart[state][before]:
                    together += joint
            if state != WHOLE:
                found[vertex, state] = together
        reach[vertex] = cut
    return found


def _log_sum(values: list[float]) -> float:
    highest = max(values)
    return highest + math.log(sum(math.exp(value - highest) for value in values))

"""The recipe of docs/formats/storm.md, followed slowly step by step, gives the storm that is generated."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import NormalDist

import numpy as np
import pytest

from storm.trials import TrialGround, TrialShape, make_trial
from topology.rates import DEFAULT_CALLS
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network
from topology.trace import downstream, service_points_downstream

KINDS = ["breaker", "distribution", "fuse", "recloser", "sectionalizer", "service"]


def stream(seed, purpose):
    number = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, number])))


class SlowStorm:
    """One number at a time, with names instead of indices and traces instead of slices."""

    def __init__(self, tree, shape, seed):
        self.tree, self.shape, self.seed = tree, shape, seed
        network = tree.network
        self.points = network.service_point_ids(range(network.service_point_count))
        self.candidates = {kind: [] for kind in KINDS}
        for index, device in enumerate(network.device_ids(range(network.device_count))):
            kind = network.device_kind(index).value
            if kind in KINDS and service_points_downstream(tree=tree, device=device):
                self.candidates[kind].append(device)
        self.candidates["service"] = self.points
        self.candidates = {kind: found for kind, found in self.candidates.items() if found}
        self.faults = self.draw()
        self.dark = [point for _, _, _, out in self.faults for point in out]

    def out(self, device, phases):
        if device in self.points:
            return [device]
        taken = {one.id: one.phases for one in downstream(tree=self.tree, device=device).service_points}
        return sorted(point for point, fed in taken.items() if set(fed) & set(phases))

    def draw(self):
        numbers, faults, dark = stream(self.seed, "faults"), [], set()
        wanted, failures = 1 + int(numbers.random() * 3), 0
        total = sum(self.shape.shares[kind] for kind in self.candidates)
        while len(faults) < wanted:
            if failures == 100:
                wanted, failures = wanted - 1, 0
                continue
            u, at_random, alone, which = (numbers.random() for _ in range(4))
            for kind in self.candidates:
                u -= self.shape.shares[kind] / total
                if u < 0:
                    break
            device = self.candidates[kind][int(at_random * len(self.candidates[kind]))]
            fed = "" if kind == "service" else [phase for phase in "ABC" if self.out(device, phase)]
            phases = "ABC"
            if len(fed) > 1 and alone < self.shape.single_phase.get(kind, 0):
                phases = fed[int(which * len(fed))]
            out = self.out(device, phases)
            failures += 1
            if not dark & set(out):
                failures = 0
                dark |= set(out)
                faults.append((kind, device, phases, out))
        return faults

    def evidence(self):
        """Return (arrival, kind, at, service point), in order, all in milliseconds."""
        shape, said = self.shape, []
        end = shape.minutes * 60

        def gasp(point, arrives, since, u):
            at = since + NormalDist(0, shape.clock_jitter_seconds).inv_cdf(u[1] + 2.0**-54)
            said.append((arrives, 1, at, point))
            if u[3] < shape.repeat_share:
                said.append((arrives - shape.repeat_delay_seconds * math.log1p(-u[4]), 1, at, point))

        numbers = stream(self.seed, "last gasps")
        for point in self.dark:
            u = [numbers.random() for _ in range(5)]
            if u[0] >= shape.loss:
                gasp(point, -shape.gasp_delay_seconds * math.log1p(-u[2]), 0.0, u)

        lit = [point for point in self.points if point not in self.dark]
        f, expected = shape.false_rate, (1 - shape.loss) * (1 - math.exp(-end / shape.gasp_delay_seconds))
        chance = min(1, f / (1 - f) * expected * len(self.dark) / (len(lit) or 1))
        for point, u in self.false(chance, "false gasps", "false gasps: details", 5):
            arrives = u[0] * end
            gasp(point, arrives, arrives + shape.gasp_delay_seconds * math.log1p(-u[2]), u)

        rows = [(60 * minutes, share * shape.calling / 0.30) for minutes, share in DEFAULT_CALLS]
        numbers = stream(self.seed, "calls")
        for point in self.dark:
            u = numbers.random()
            for (t0, c0), (t1, c1) in pairwise(rows):
                if c0 <= u < c1:
                    at = t0 + (t1 - t0) * (u - c0) / (c1 - c0)
                    said.append((at, 0, at, point))
        f, reached = shape.false_call_rate, dict(DEFAULT_CALLS)[shape.minutes] * shape.calling / 0.30
        chance = min(1, f / (1 - f) * reached * len(self.dark) / (len(lit) or 1))
        for point, u in self.false(chance, "false calls", "false calls: times", 1):
            said.append((u[0] * end, 0, u[0] * end, point))
        rounded = [
            (round(1000 * arrives), kind, round(1000 * at), point) for arrives, kind, at, point in said
        ]
        return sorted(one for one in rounded if one[0] <= 1000 * end)

    def false(self, chance, purpose, details, count):
        numbers, more = stream(self.seed, purpose), stream(self.seed, details)
        sends = [point for point in self.points if numbers.random() < chance and point not in self.dark]
        return [(point, [more.random() for _ in range(count)]) for point in sends]


#  s ──[B1]── a ──[R1]── b ──[F1]── c ──(X1)── d     places on A, B, C and ABC at d, a dozen at b
#             └───[F2]── e ──(X2)── f                eight at f
TEXT = """
source s
breaker B1 s a
recloser R1 a b
fuse F1 b c
transformer X1 c d
fuse F2 a e
transformer X2 e f
service_points qa d 4 A
service_points qb d 4 B
service_points qc d 4 C
service_points qd d 2
service_points r b 12
service_points t f 8
"""


@pytest.mark.parametrize("seed", range(150))
def test_the_recipe_gives_the_storm(seed):
    network, _ = parse_text_network(TEXT)
    tree = SupplyTree(network, SwitchState.normal(network))
    shape = TrialShape(
        loss=0.4, false_rate=0.2, false_call_rate=0.2, shares={**TrialShape().shares, "breaker": 0.0}
    )
    slow, trial = SlowStorm(tree, shape, seed), make_trial(TrialGround(tree), shape, seed)
    document = trial.truth.as_json(network)
    assert [(one["kind"], one["device"], one["service_points"]) for one in document["faults"]] == [
        (kind, device, out) for kind, device, _, out in slow.faults
    ]
    told = [
        (datetime.fromisoformat(one["at"]) - shape.started_from, one["kind"], one["service_point"])
        for one in trial.documents()
    ]
    expected = [
        (timedelta(milliseconds=at), ("trouble_call", "last_gasp")[kind], point)
        for _, kind, at, point in slow.evidence()
    ]
    assert told == expected

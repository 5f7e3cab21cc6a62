"""`relight benchmark topology`: traces, switching, walking and opening, beside graph libraries and PostGIS.

Rule 1: all peers answer the same questions on the same network in the same run; answers are compared.
Rule 2: targets are judged at a million customers; smaller sizes show how the cost grows.
Rule 3: every figure is a median over many devices, and the worst of them where the worst is asked for; each
device is switched three times and its median taken, so that another process on the machine is not measured.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psycopg

from benchmarks.growth import plot_growth
from benchmarks.plain_forest import plain_forest
from benchmarks.report import Report, Row, milliseconds
from benchmarks.topology_peers import Igraph, Networkx, Peer, PostGis, Rustworkx, postgis, tree_of
from storm.city import make_city
from topology.arrays import IntArray, LongArray
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.network import Network
from topology.supply import Supply
from topology.supply_change import SupplyChange
from topology.supply_file import save_supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

SIZES = (1_000, 10_000, 100_000, 1_000_000)
JUDGED_SIZE = 1_000_000
SEED = 20261123
BREAKERS_ASKED = 20
STEPS = 400
STORM_OPEN = 500
STORM_CLOSED_TIES = 50

DOWNSTREAM = "downstream customers of a feeder breaker"
STEP = "open or close any device, and who lost or gained"
STEP_IN_STORM = "the same in a storm of 550 switched devices"
WALK = "full walk from the sources"
LOST = "who lost supply between two states (normal, storm)"
ALL_LOST = "who lost supply between two states (all breakers open)"
OPENING = "opening the saved file in a new process, with a first trace"
RESIDENT = "resident memory of a process that has answered"
PRIVATE = "of it not in the file, so not shared with other processes"

WORDS = """Made by `relight benchmark topology --save docs/benchmarks`: a city made to order
(`relight storm city`, drawn below) and a plain generated forest (`benchmarks/plain_forest.py`: radial, a
third of its laterals single-phase, every service on one phase).
Ratios are how many times the peer takes; where the target is an upper limit (≤), how many times Relight
takes. *equal* says whether the answers were compared and the same. Peers are given the tree ready made,
turned away from the sources; a storm has 550 devices switched.

![Growth of the cost with the number of customers](topology.svg)"""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of all sizes; a line of progress says what is being measured."""
    rows: list[Row] = []
    with postgis() as connection:
        for size in sizes:
            for ground, make in GROUNDS.items():
                progress(f"{_case_name(size, ground)}: making the network")
                rows += _Case(size, ground, make(size), connection, progress).rows()
    return Report("topology", tuple(rows))


def write(report: Report, folder: Path) -> None:
    """Write the table and the plot of a report into a folder, as `docs/benchmarks/` has them."""
    in_city = [row for row in report.rows if row.case.endswith("city")]
    sizes = {row.case: int(row.case.split()[0].replace(",", "")) for row in in_city}
    (folder / "topology.md").write_text(report.as_page(WORDS), encoding="utf-8")
    in_milliseconds = [row for row in in_city if "worst" not in row.metric]
    plot_growth(rows=in_milliseconds, sizes=sizes, unit="ms", path=folder / "topology.svg")


def _case_name(size: int, ground: str) -> str:
    return f"{size:,} customers, {ground}"


def _plain_forest(customers: int) -> Network:
    return plain_forest(customers=customers, seed=SEED)


def _city(customers: int) -> Network:
    network, _ = make_city(customers=customers, seed=SEED).tables.to_network()
    return network


GROUNDS: dict[str, Callable[[int], Network]] = {"city": _city, "plain forest": _plain_forest}


class _Case:
    def __init__(
        self,
        size: int,
        ground: str,
        network: Network,
        connection: psycopg.Connection,
        progress: Callable[[str], None],
    ) -> None:
        self.size = size
        self.case = _case_name(size, ground)
        self.connection = connection
        self.progress = progress
        self.network = network
        self.normal = SwitchState.normal(self.network)
        self.tree = SupplyTree(self.network, self.normal)
        self.supply = Supply(self.tree)
        self.random = np.random.default_rng(SEED)
        self.breakers = self._closed_breakers()
        self.asked = self.random.permutation(self.breakers)[:BREAKERS_ASKED]

    def rows(self) -> Iterator[Row]:
        walk_ms = milliseconds(lambda: SupplyTree(self.network, self.normal), repeats=3)
        # Peers come last: their millions of objects would have Python's collector stop in our figures.
        gc.collect()
        yield from self._steps(walk_ms)
        yield from self._differences()
        yield from self._file()
        yield from self._downstream(walk_ms)

    def _closed_breakers(self) -> LongArray:
        is_breaker = self.network.device_kind_codes == CODE_OF_KIND[DeviceKind.BREAKER.value]
        return np.flatnonzero(is_breaker & (self.tree.closed_phases > 0))

    def _target(self, value: float) -> float | None:
        return value if self.size == JUDGED_SIZE else None

    def _row(self, metric: str, value: float, unit: str = "ms", **more: object) -> Row:
        return Row(self.case, metric, value, unit, **more)  # type: ignore[arg-type]

    def _downstream(self, walk_ms: float) -> Iterator[Row]:
        """Ask for each of some feeder breakers, and every peer for the node behind it."""
        ours_ms = self._median([self._asking(device) for device in self.asked.tolist()])
        copies = [self.supply.service_points_behind(device).copy for device in self.asked.tolist()]
        yield self._row(
            DOWNSTREAM,
            ours_ms,
            peer="a copy by numpy",
            peer_value=self._median(copies),
            target=self._target(3),
            at_most=True,
        )
        walks = []
        for make, target in ((Networkx, 500), (Rustworkx, None), (Igraph, 100), (PostGis, 3_000)):
            self.progress(f"{self.case}: {make.name}")
            peer = self._loaded(make)
            peer_ms = [milliseconds(partial(peer.below, node), repeats=5) for node in self._nodes()]
            yield self._row(
                DOWNSTREAM,
                ours_ms,
                peer=peer.name,
                peer_value=float(np.median(peer_ms)),
                target=self._target(target) if target else None,
                equal=self._same_answers(peer),
            )
            if isinstance(peer, Networkx | Rustworkx | Igraph):
                walks.append((peer.name, milliseconds(peer.walk, repeats=3), peer.walk() == self._walked()))
        yield self._row(WALK, walk_ms / 1000, "s", target=self._target(2), at_most=True)
        for name, peer_ms_walk, equal in walks:
            yield self._row(WALK, walk_ms / 1000, "s", peer=name, peer_value=peer_ms_walk / 1000, equal=equal)

    def _loaded(self, make: type[Networkx | Rustworkx | Igraph | PostGis]) -> Peer:
        tree = tree_of(self.tree)
        return PostGis(tree, self.connection) if make is PostGis else make(tree)  # type: ignore[call-arg]

    def _walked(self) -> int:
        return self.tree.joint.live_count - 1

    def _nodes(self) -> list[int]:
        forest = self.tree.joint
        return [int(forest.node_at[forest.position_of_device[device]]) for device in self.asked]

    def _same_answers(self, peer: Peer) -> bool:
        return all(
            np.array_equal(np.sort(peer.below(node)), np.sort(self.supply.service_points_behind(device)))
            for node, device in zip(self._nodes(), self.asked.tolist(), strict=True)
        )

    def _asking(self, device: int) -> Callable[[], IntArray]:
        return lambda: self.supply.service_points_behind(device)

    @staticmethod
    def _median(actions: Sequence[Callable[[], object]]) -> float:
        return float(np.median([milliseconds(action, repeats=5, calls=2_000) for action in actions]))

    def _steps(self, walk_ms: float) -> Iterator[Row]:
        """Open or close one device after another, at rest and in a storm, from a state of all devices."""
        self.progress(f"{self.case}: switching")
        storm = self._storm()
        for metric, before in ((STEP, self.supply), (STEP_IN_STORM, storm)):
            times, equal = self._switched_times(before)
            yield self._row(
                f"{metric}: median",
                float(np.median(times)),
                target=self._target(5),
                at_most=True,
                equal=equal,
            )
            yield self._row(f"{metric}: worst", max(times), target=self._target(50), at_most=True)
            yield self._row(
                f"{metric}: median",
                float(np.median(times)),
                peer="a full walk",
                peer_value=walk_ms,
                target=self._target(100),
            )

    def _switched_times(self, before: Supply) -> tuple[list[float], bool]:
        """Return the times in milliseconds, and whether some answers equal those of full walks."""
        state = before.state()
        chosen = self.random.permutation(self.network.device_count)[:STEPS]
        devices = np.concatenate([chosen, self.breakers, self._ties()])[: 2 * STEPS]
        times, compared = [], 0
        equal = True
        for place, device in enumerate(devices.tolist()):
            name = self.network.device_ids([device])[0]
            turn = state.close if state.open_phases[device] else state.open
            step = partial(self._switch, before, turn, name)
            times.append(milliseconds(step, repeats=3))
            switched, change = step()
            if place % (len(devices) // 4) == 0 and compared < 4:  # noqa: PLR2004 (a full walk each)
                compared += 1
                was = SupplyTree(self.network, state).service_point_phases
                is_now = SupplyTree(self.network, switched).service_point_phases
                equal &= np.array_equal(np.flatnonzero(was & ~is_now), change.losers)
                equal &= np.array_equal(np.flatnonzero(is_now & ~was), change.gainers)
        return times, equal

    def _switch(
        self, before: Supply, turn: Callable[[str], SwitchState], device: str
    ) -> tuple[SwitchState, SupplyChange]:
        switched = turn(device)
        return switched, Supply.under(self.tree, switched).change_since(before)

    def _ties(self) -> LongArray:
        return np.flatnonzero(self.network.device_normally_open)

    def _storm(self) -> Supply:
        opened = self.random.permutation(self.network.device_count)[:STORM_OPEN]
        return self.supply.opened(opened.tolist()).closed(self._ties()[:STORM_CLOSED_TIES].tolist())

    def _differences(self) -> Iterator[Row]:
        for metric, now in ((LOST, self._storm()), (ALL_LOST, self.supply.opened(self.breakers.tolist()))):
            after = SupplyTree(self.network, now.state()).service_point_phases
            expected = np.flatnonzero(self.tree.service_point_phases & ~after)
            equal = np.array_equal(expected, now.change_since(self.supply).losers)
            taken = milliseconds(partial(now.change_since, self.supply))
            yield self._row(metric, taken, target=self._target(20), at_most=True, equal=equal)

    def _file(self) -> Iterator[Row]:
        """Let a new process open the file, trace, and say how long it took and what it holds."""
        self.progress(f"{self.case}: the saved file")
        with TemporaryDirectory(prefix="relight-benchmark-") as folder:
            path = Path(folder) / "supply.relight"
            save_supply(self.tree, path)
            command = [sys.executable, "-m", "benchmarks.topology_reader", str(path), str(self.breakers[0])]
            runs = [
                json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
                for _ in range(5)
            ]
        equal = all(
            one["found"] == len(self.supply.service_points_behind(int(self.breakers[0]))) for one in runs
        )
        seconds = float(np.median([one["seconds"] for one in runs]))
        yield self._row(OPENING, seconds, "s", target=self._target(0.2), at_most=True, equal=equal)
        resident, private = (max(one[name] for one in runs) for name in ("resident_mb", "private_mb"))
        yield self._row(RESIDENT, resident, "MB", target=self._target(700), at_most=True)
        yield self._row(PRIVATE, private, "MB")

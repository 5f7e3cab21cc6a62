"""`relight benchmark switching`: previews of steps and restoration proposals on a city, also in a storm.

Rule 1: previews are whole: customers, important ones, rings, dangers, loads against the city's own ratings.
Rule 2: targets are judged at a million customers. A preview's is the 95th percentile over steps of all sorts:
random devices, every kind of breaker, ties; each is taken three times and the median counts.
Rule 3: who loses and gains is compared with full walks of both states, on some steps of each sort.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from benchmarks.report import Report, Row, milliseconds
from gis.network_tables import NetworkTables
from storm.city import make_city
from topology.arrays import LongArray
from topology.dangers import Danger
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.load_flow import LoadMeter
from topology.network import Network
from topology.network_load import PRIORITIES, FloatArray, LoadRules, NetworkLoad
from topology.protection import first_protective_devices
from topology.restoration import Restoration, propose_restoration
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.switching_preview import StepPreview, preview_step
from topology.switching_step import CloseDevice, OpenDevice, SwitchingStep

SIZES = (10_000, 100_000, 1_000_000)
JUDGED_SIZE = 1_000_000
SEED = 20261123
STEPS_OF_A_SORT = 60
COMPARED_OF_A_SORT = 2
FAULTS = 25
STORM_OPEN = 500
STORM_CLOSED_TIES = 50
DANGER_NODES = 3_000
PREVIEW_LIMIT_MS = 100.0
# Many households never peak together; without this a city's own sums pass its ratings in the normal state.
COINCIDENCE = 0.35

WORDS = f"""Made by `relight benchmark switching --save docs/benchmarks` on cities made to order.
A preview tells who loses and gains, important customers, rings with both feeders, dangers met (one of
{DANGER_NODES:,} nodes is asked for), and what the step loads against ratings. In a storm, {STORM_OPEN}
devices have opened and {STORM_CLOSED_TIES} ties are closed. *equal* says whether full walks of both states
gave the same losers and gainers. Proposals are for faults on line sections with many behind them, their
protective device tripped; loads count with a coincidence of {COINCIDENCE}. The processor's time tells what a
preview takes where nothing else runs: it waits for nothing."""


def run(*, sizes: Sequence[int], progress: Callable[[str], None]) -> Report:
    """Return the rows of all sizes; a line of progress says what is being measured."""
    rows: list[Row] = []
    for size in sizes:
        progress(f"{size:,} customers: making the city")
        rows += _Case(size, progress).rows()
    return Report("switching", tuple(rows))


def write(report: Report, folder: Path) -> None:
    """Write the table of a report into a folder."""
    (folder / "switching.md").write_text(report.as_page(WORDS), encoding="utf-8")


def network_load(tables: NetworkTables, network: Network) -> NetworkLoad:
    """Return what the tables of a network tell of ratings and loads."""
    plain = NetworkLoad.unknown(network)

    def put(into: FloatArray, layer: str, column: str) -> FloatArray:
        frame = tables.layer(layer)
        places = network.find_devices(frame["id"].tolist())
        filled = np.array(into)
        filled[places[places >= 0]] = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)[places >= 0]
        return filled

    rated_a = put(put(plain.device_rated_a, "line_section", "rated_a"), "switch", "rated_a")
    points = network.find_service_points(tables.service_point["id"].tolist())
    peaks, priority = np.array(plain.service_point_peak_kw), np.array(plain.service_point_priority)
    peaks[points] = tables.service_point["peak_kw"].to_numpy(dtype=np.float64, na_value=np.nan)
    priority[points] = [
        PRIORITIES.index(one) if one in PRIORITIES else 0 for one in tables.service_point["priority"].tolist()
    ]
    nodes = np.searchsorted(network.node_id_array, tables.node["id"].to_numpy().astype("S"))
    nominal_kv = np.array(plain.node_nominal_kv)
    nominal_kv[nodes] = tables.node["nominal_kv"].to_numpy(dtype=np.float64, na_value=np.nan)
    return NetworkLoad(
        device_rated_a=rated_a,
        device_rated_kva=put(plain.device_rated_kva, "transformer", "rated_kva"),
        node_nominal_kv=nominal_kv,
        service_point_peak_kw=peaks,
        service_point_priority=priority,
        rules=LoadRules(coincidence=COINCIDENCE),
    )


class _Case:
    def __init__(self, size: int, progress: Callable[[str], None]) -> None:
        self.size = size
        self.case = f"{size:,} customers, city"
        self.progress = progress
        tables = make_city(customers=size, seed=SEED).tables
        self.network, _ = tables.to_network()
        load = network_load(tables, self.network)
        del tables
        gc.collect()
        self.tree = SupplyTree(self.network, SwitchState.normal(self.network))
        self.supply = Supply(self.tree)
        begun = perf_counter()
        self.meter = LoadMeter(self.tree, load)
        self.making_ms = (perf_counter() - begun) * 1000
        self.random = np.random.default_rng(SEED)
        self.ties = np.flatnonzero(self.network.device_normally_open)
        nodes = self.random.permutation(self.network.node_count)[:DANGER_NODES]
        self.dangers = [Danger("dead section", nodes=frozenset(self.network.node_ids(nodes)))]

    def rows(self) -> Iterator[Row]:
        yield self._row("making the sums of loads, once", self.making_ms)
        for name, before in (("", self.supply), (" in a storm", self._storm())):
            yield from self._previews(name, before)
        yield from self._proposals()

    def _row(self, metric: str, value: float, unit: str = "ms", **more: object) -> Row:
        return Row(self.case, metric, value, unit, **more)  # type: ignore[arg-type]

    def _target(self, value: float) -> float | None:
        return value if self.size == JUDGED_SIZE else None

    def _storm(self) -> Supply:
        opened = self.random.permutation(self.network.device_count)[:STORM_OPEN]
        return self.supply.opened(opened.tolist()).closed(self.ties[:STORM_CLOSED_TIES].tolist())

    def _sorts(self, before: Supply) -> dict[str, list[tuple[Supply, SwitchingStep]]]:
        """Return steps of each sort with the supply that each is taken from."""
        breakers = np.flatnonzero(self.network.device_kind_codes == CODE_OF_KIND[DeviceKind.BREAKER.value])
        some = self._some(np.arange(self.network.device_count))
        closed = [one for one in self._some(breakers) if before.closed_phases_of(one)]
        return {
            "any device": [(before, self._turned(before, one)) for one in some],
            "a breaker opened": [(before, OpenDevice(self._id(one))) for one in closed],
            "a breaker closed": [(before.opened([one]), CloseDevice(self._id(one))) for one in closed],
            "a tie": [(before, self._turned(before, one)) for one in self._some(self.ties)],
        }

    def _some(self, devices: LongArray) -> list[int]:
        chosen: list[int] = self.random.permutation(devices)[:STEPS_OF_A_SORT].tolist()
        return chosen

    def _id(self, device: int) -> str:
        return self.network.device_ids([device])[0]

    def _turned(self, supply: Supply, device: int) -> SwitchingStep:
        name = self._id(device)
        return OpenDevice(name) if supply.closed_phases_of(device) else CloseDevice(name)

    def _previews(self, name: str, before: Supply) -> Iterator[Row]:
        every: list[float] = []
        computing: list[float] = []
        for sort, steps in self._sorts(before).items():
            self.progress(f"{self.case}: previews{name}, {sort}")
            times = []
            equal = True
            for place, (supply, step) in enumerate(steps):
                begun = process_time()
                times.append(milliseconds(lambda: self._preview(supply, step), repeats=3))  # noqa: B023
                computing.append((process_time() - begun) / 3 * 1000)
                if place < COMPARED_OF_A_SORT:
                    equal &= self._is_equal(supply, self._preview(supply, step))
            every += times
            yield self._row(f"preview{name}, {sort}: median", float(np.median(times)), equal=equal)
        limit = self._target(PREVIEW_LIMIT_MS)
        yield self._row(
            f"preview{name}, all: p95", float(np.percentile(every, 95)), target=limit, at_most=True
        )
        yield self._row(f"preview{name}, all: worst", max(every))
        yield self._row(
            f"preview{name}, all: p95 of the processor's time", float(np.percentile(computing, 95))
        )

    def _preview(self, supply: Supply, step: SwitchingStep) -> StepPreview:
        return preview_step(supply=supply, step=step, meter=self.meter, dangers=self.dangers)

    def _is_equal(self, before: Supply, found: StepPreview) -> bool:
        was = SupplyTree(self.network, before.state()).service_point_phases
        now = SupplyTree(self.network, found.after.state()).service_point_phases
        return np.array_equal(np.flatnonzero(was & ~now), found.lost.service_points) and np.array_equal(
            np.flatnonzero(now & ~was), found.gained.service_points
        )

    def _proposals(self) -> Iterator[Row]:
        self.progress(f"{self.case}: proposals")
        times, found = [], []
        for supply, fault in self._faults():
            begun = perf_counter()
            found.append(self._propose(supply, fault))
            times.append((perf_counter() - begun) * 1000)
        yield self._row("proposals for a fault: median", float(np.median(times)))
        yield self._row("proposals for a fault: worst", max(times))
        exhaustive = sum(one.is_exhaustive for one in found)
        yield self._row("faults of which all ways were looked at", 100 * exhaustive / len(found), "%")
        first = sum(one.proposals[0].customers for one in found if one.proposals)
        dead = sum(one.dead_customers for one in found)
        share = 100 * first / max(dead, 1)
        yield self._row("customers restored by the first, of those dead and healthy", share, "%")

    def _propose(self, supply: Supply, fault: int) -> Restoration:
        return propose_restoration(supply=supply, faulted=[self._id(fault)], meter=self.meter)

    def _faults(self) -> Iterator[tuple[Supply, int]]:
        """Return faults on line sections that many hang behind, their protective device tripped."""
        lines = np.isin(
            self.network.device_kind_codes,
            [CODE_OF_KIND[DeviceKind.OVERHEAD.value], CODE_OF_KIND[DeviceKind.UNDERGROUND.value]],
        )
        protective = first_protective_devices(self.supply)
        taken = 0
        for device in self.random.permutation(np.flatnonzero(lines)).tolist():
            points = self.supply.service_points_behind(device)
            if len(points) < min(200, self.size // 100):
                continue
            above = [one for one in protective[points[:1]].tolist() if one >= 0]
            trip = self._first_above(device) or (above[0] if above else -1)
            if trip < 0:
                continue
            yield self.supply.opened([trip]), device
            taken += 1
            if taken == FAULTS:
                return

    def _first_above(self, device: int) -> int | None:
        """Return the nearest breaker, recloser or fuse between a device and its source."""
        forest = self.tree.joint
        position = int(forest.parent[forest.position_of_device[device]])
        protects = {DeviceKind.BREAKER, DeviceKind.RECLOSER, DeviceKind.FUSE}
        while position > 0:
            edge = int(forest.parent_edge[position])
            if edge >= 0 and self.network.device_kind(edge) in protects:
                return edge
            position = int(forest.parent[position])
        return None

"""A plain network of any size: substations, feeders, fused laterals, transformers, service points and ties.

Owns only this shape, made straight into arrays so that a million customers take seconds. It is radial in its
normal state; a third of the laterals carry one phase, and each feeder has normally open ties to the next.
The same size and seed give the same network.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from topology.arrays import IdArray
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.network import Network
from topology.phases import ABC

Column = npt.NDArray[np.int64]

FEEDERS_PER_SUBSTATION = 10
SECTIONS_PER_FEEDER = 24
SECTIONS_BETWEEN_RECLOSERS = 8
LATERALS_PER_SECTION = 2
TRANSFORMERS_PER_LATERAL = 3
LOW_VOLTAGE_NODES_PER_TRANSFORMER = 8
LOW_VOLTAGE_BRANCHES = 2
CUSTOMERS_PER_LOW_VOLTAGE_NODE = 2
SINGLE_PHASE_SHARE = 1 / 3
CUSTOMERS_PER_FEEDER = (
    SECTIONS_PER_FEEDER
    * LATERALS_PER_SECTION
    * TRANSFORMERS_PER_LATERAL
    * LOW_VOLTAGE_NODES_PER_TRANSFORMER
    * CUSTOMERS_PER_LOW_VOLTAGE_NODE
)


class _Rows:
    """Nodes, devices and service points as they come into being, a block of rows at a time."""

    def __init__(self) -> None:
        self.node_count = 0
        self.devices: list[tuple[DeviceKind, Column, Column, Column]] = []
        self.services: list[tuple[Column, Column]] = []

    def new_nodes(self, count: int) -> Column:
        made = np.arange(self.node_count, self.node_count + count)
        self.node_count += count
        return made

    def grow(self, kind: DeviceKind, from_nodes: Column, phases: Column) -> Column:
        """Join each node to a new one by a device of a kind; return the new nodes."""
        to_nodes = self.new_nodes(len(from_nodes))
        self.devices.append((kind, from_nodes, to_nodes, phases))
        return to_nodes


def plain_forest(*, customers: int, seed: int = 1) -> Network:
    """Return a radial network of about so many customers: whole feeders, one customer a service point."""
    random = np.random.default_rng(seed)
    feeders = max(1, round(customers / CUSTOMERS_PER_FEEDER))
    rows = _Rows()
    sources = rows.new_nodes(-(-feeders // FEEDERS_PER_SUBSTATION))
    three_phase = np.full(feeders, ABC, dtype=np.int64)
    trunk = rows.grow(DeviceKind.BREAKER, np.arange(feeders) // FEEDERS_PER_SUBSTATION, three_phase)
    trunks = []
    for section in range(SECTIONS_PER_FEEDER):
        if section and section % SECTIONS_BETWEEN_RECLOSERS == 0:
            trunk = rows.grow(DeviceKind.RECLOSER, trunk, three_phase)
        trunk = rows.grow(DeviceKind.OVERHEAD, trunk, three_phase)
        trunks.append(trunk)
        for _ in range(LATERALS_PER_SECTION):
            _grow_lateral(rows, trunk, random)
    ties = _ties(trunks) if feeders > 1 else np.empty((0, 2), dtype=np.int64)
    return _network(rows, len(sources), ties, random)


def _grow_lateral(rows: _Rows, trunk: Column, random: np.random.Generator) -> None:
    one_phase = 1 << random.integers(0, 3, len(trunk))
    phases = np.where(random.random(len(trunk)) < SINGLE_PHASE_SHARE, one_phase, ABC)
    lateral = rows.grow(DeviceKind.FUSE, trunk, phases)
    for _ in range(TRANSFORMERS_PER_LATERAL):
        lateral = rows.grow(DeviceKind.OVERHEAD, lateral, phases)
        tapped = rows.grow(DeviceKind.DISTRIBUTION, lateral, phases)
        for _ in range(LOW_VOLTAGE_BRANCHES):
            pole = tapped
            for _ in range(LOW_VOLTAGE_NODES_PER_TRANSFORMER // LOW_VOLTAGE_BRANCHES):
                pole = rows.grow(DeviceKind.UNDERGROUND, pole, phases)
                rows.services += [(pole, phases)] * CUSTOMERS_PER_LOW_VOLTAGE_NODE


def _ties(trunks: list[Column]) -> npt.NDArray[np.int64]:
    """Join the middle and the end of each feeder's trunk to those of the next feeder."""
    joined = [
        np.stack([trunks[place], np.roll(trunks[place], -1)], axis=1)
        for place in (SECTIONS_PER_FEEDER // 2, SECTIONS_PER_FEEDER - 1)
    ]
    return np.concatenate(joined)


def _network(
    rows: _Rows, source_count: int, ties: npt.NDArray[np.int64], random: np.random.Generator
) -> Network:
    kinds, froms, tos, phases = zip(*rows.devices, strict=True)
    codes = np.repeat([CODE_OF_KIND[kind.value] for kind in kinds], [len(column) for column in froms])
    codes = np.append(codes, np.full(len(ties), CODE_OF_KIND[DeviceKind.SWITCH.value]))
    device_count = len(codes)
    # A utility's file is in no order of supply: the numbers of nodes and devices are dealt at random.
    node_of = random.permutation(rows.node_count).astype(np.int32)
    dealt = random.permutation(device_count)
    is_source = np.zeros(rows.node_count, dtype=np.bool_)
    is_source[node_of[:source_count]] = True
    nodes, taken = (np.concatenate(column) for column in zip(*rows.services, strict=True))
    one_phase = (1 << random.integers(0, 3, len(nodes))).astype(np.int64)
    points = random.permutation(len(nodes))
    return Network(
        node_id_array=_ids("N", rows.node_count),
        node_is_source=is_source,
        device_id_array=_ids("D", device_count),
        device_kind_codes=codes[dealt].astype(np.uint8),
        device_from_nodes=node_of[np.concatenate([*froms, ties[:, 0]])[dealt]],
        device_to_nodes=node_of[np.concatenate([*tos, ties[:, 1]])[dealt]],
        device_phases=np.append(np.concatenate(phases), np.full(len(ties), ABC))[dealt].astype(np.uint8),
        device_normally_open=dealt >= device_count - len(ties),
        service_point_id_array=_ids("P", len(nodes)),
        service_point_nodes=node_of[nodes[points]],
        service_point_phases=np.where(taken == ABC, one_phase, taken)[points].astype(np.uint8),
        service_point_customers=np.ones(len(nodes), dtype=np.int64),
    )


def _ids(letter: str, count: int) -> IdArray:
    width = len(str(count))
    numbers = np.char.zfill(np.arange(count).astype("S"), width)
    return np.char.add(letter.encode(), numbers).astype(f"S{width + 1}")

"""A network: what is connected to what, as immutable integer-indexed arrays.

Owns the arrays, the search of ids, the one-file form that processes share by memory mapping, and the networkx
view. Knows no switch state and no supply. An index is the rank of an id among the sorted ids of its sort.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

import networkx as nx
import numpy as np

from topology.arrays import (
    BoolArray,
    IdArray,
    Indices,
    IntArray,
    LongArray,
    MaskArray,
    decode_ids,
    find_ids,
    find_ids_among,
    read_only,
)
from topology.errors import UnknownDeviceError, UnknownServicePointError
from topology.kinds import KINDS, DeviceKind
from topology.network_file import read_arrays, write_arrays
from topology.phases import ABC, format_phases


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, devices between them and service points at them; made by `build_network` or `Network.open`."""

    node_id_array: IdArray
    node_is_source: BoolArray
    device_id_array: IdArray
    device_kind_codes: MaskArray
    device_from_nodes: IntArray
    device_to_nodes: IntArray
    device_phases: MaskArray
    device_normally_open: BoolArray
    service_point_id_array: IdArray
    service_point_nodes: IntArray
    service_point_phases: MaskArray
    service_point_customers: LongArray

    def __post_init__(self) -> None:
        for field in fields(self):
            read_only(getattr(self, field.name))

    @property
    def node_count(self) -> int:
        return len(self.node_id_array)

    @property
    def device_count(self) -> int:
        return len(self.device_id_array)

    @property
    def service_point_count(self) -> int:
        return len(self.service_point_id_array)

    @cached_property
    def total_customers(self) -> int:
        """Customers at all service points."""
        return int(self.service_point_customers.sum())

    @cached_property
    def has_only_full_services(self) -> bool:
        """Whether every service point takes all three phases, so that nothing need be sorted out by phase."""
        return bool((self.service_point_phases == ABC).all())

    @cached_property
    def services(self) -> tuple[IntArray, IntArray]:
        """Where in the second array the service points of each node start (one more beyond), and those."""
        counts = np.bincount(self.service_point_nodes, minlength=self.node_count)
        starts = np.concatenate([[0], np.cumsum(counts)])
        points = np.argsort(self.service_point_nodes, kind="stable")
        return read_only(starts.astype(np.int32)), read_only(points.astype(np.int32))

    def service_points_at(self, nodes: Iterable[int]) -> IntArray:
        """Return the sorted service points at some nodes."""
        starts, points = self.services
        here = [points[starts[node] : starts[node + 1]] for node in nodes]
        return np.sort(np.concatenate([points[:0], *here]))

    @cached_property
    def incidence(self) -> tuple[IntArray, IntArray]:
        """Where in the second array the devices of each node start (one more beyond the last), and those."""
        ends = np.concatenate([self.device_from_nodes, self.device_to_nodes])
        starts = np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=self.node_count))])
        devices = np.argsort(ends, kind="stable") % max(self.device_count, 1)
        return read_only(starts.astype(np.int32)), read_only(devices.astype(np.int32))

    def devices_at(self, node: int) -> IntArray:
        """Return the devices that end at a node."""
        starts, devices = self.incidence
        return devices[starts[node] : starts[node + 1]]

    def other_end(self, device: int, node: int) -> int:
        """Return the node at the other end of a device."""
        return int(self.device_from_nodes[device]) + int(self.device_to_nodes[device]) - node

    def find_devices(self, ids: Sequence[str]) -> LongArray:
        """Return the index of each device, -1 where the network has none with that id."""
        return find_ids(self.device_id_array, ids)

    def find_node(self, node_id: str) -> int:
        """Return the index of a node, -1 where the network has none with that id."""
        return int(find_ids(self.node_id_array, [node_id])[0])

    def find_service_points(self, ids: Sequence[str]) -> LongArray:
        """Return the index of each service point, -1 where the network has none with that id."""
        return find_ids(self.service_point_id_array, ids)

    def find_things(self, ids: Sequence[str]) -> tuple[LongArray, LongArray]:
        """Return the index of the device with each id, and that of the service point; -1 for none."""
        devices, points = find_ids_among([self.device_id_array, self.service_point_id_array], ids)
        return devices, points

    def device_index(self, device_id: str) -> int:
        """Return the index of a device; raises UnknownDeviceError."""
        index = int(self.find_devices([device_id])[0])
        if index < 0:
            raise UnknownDeviceError([device_id])
        return index

    def service_point_index(self, service_point_id: str) -> int:
        """Return the index of a service point; raises UnknownServicePointError."""
        return int(self.service_point_indices([service_point_id])[0])

    def service_point_indices(self, ids: Sequence[str]) -> LongArray:
        """Return the indices of service points; raises UnknownServicePointError, which names the unknown."""
        indices = self.find_service_points(ids)
        if (indices < 0).any():
            raise UnknownServicePointError([one for one, at in zip(ids, indices, strict=True) if at < 0])
        return indices

    def has_device(self, device_id: str) -> bool:
        """Tell whether the network has a device with this id."""
        return bool(self.find_devices([device_id])[0] >= 0)

    def has_service_point(self, service_point_id: str) -> bool:
        """Tell whether the network has a service point with this id."""
        return bool(self.find_service_points([service_point_id])[0] >= 0)

    def node_ids(self, indices: Indices | Sequence[int]) -> list[str]:
        """Return the ids of nodes, in the order of the indices."""
        return decode_ids(self.node_id_array[np.asarray(indices, dtype=np.int64)])

    def device_ids(self, indices: Indices | Sequence[int]) -> list[str]:
        """Return the ids of devices, in the order of the indices."""
        return decode_ids(self.device_id_array[np.asarray(indices, dtype=np.int64)])

    def service_point_ids(self, indices: Indices | Sequence[int]) -> list[str]:
        """Return the ids of service points, in the order of the indices."""
        return decode_ids(self.service_point_id_array[np.asarray(indices, dtype=np.int64)])

    def device_kind(self, index: int) -> DeviceKind:
        """Return the kind of the device with this index."""
        return KINDS[int(self.device_kind_codes[index])]

    def graph(self) -> nx.MultiGraph[str]:
        """Return the networkx view: edge key = device id, edges with kind, phases and normally_open."""
        graph: nx.MultiGraph[str] = nx.MultiGraph()
        nodes = decode_ids(self.node_id_array)
        for node, is_source in zip(nodes, self.node_is_source.tolist(), strict=True):
            graph.add_node(node, is_source=is_source)
        for index, device in enumerate(decode_ids(self.device_id_array)):
            graph.add_edge(
                nodes[self.device_from_nodes[index]],
                nodes[self.device_to_nodes[index]],
                key=device,
                kind=self.device_kind(index).value,
                phases=format_phases(int(self.device_phases[index])),
                normally_open=bool(self.device_normally_open[index]),
            )
        return graph

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the network to one file, whole or not at all."""
        write_arrays(Path(path), {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Network:
        """Open a saved network, memory-mapped; raises NetworkFileError when the file is not one."""
        return cls(**read_arrays(Path(path), [field.name for field in fields(cls)]))

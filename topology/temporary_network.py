"""A network with what is temporary built in, for what walks all of it: inference, and what is asked of it.

Rule 1: a cut is a device open on the phases that are cut: nobody hangs on the line between its nodes.
Rule 2: a jumper is a line section that carries the phases that it joins.
Rule 3: a generator is a source node of its own and a line section from it.
A name is then a device of that network, so it must not be one of the network already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from topology.arrays import IdArray, LongArray, encode_ids
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.network import Network
from topology.supply import Supply
from topology.switch_state import SwitchState

_LINE = np.uint8(CODE_OF_KIND[DeviceKind.OVERHEAD])
_Value = TypeVar("_Value", bound=np.generic)


def with_temporary_built_in(supply: Supply) -> tuple[Network, SwitchState]:
    """Return a network in which what is temporary is lasting, and its state, to be walked.

    Service points keep their indices; devices and nodes do not, but keep their ids.
    """
    network, edges = supply.network, [edge for edge in supply.placed.edges if edge.phases]
    generators = [edge for edge in edges if edge.is_generator]
    node_ids, node_at, source_at = _among(network.node_id_array, [edge.id for edge in generators])
    device_ids, device_at, edge_at = _among(network.device_id_array, [edge.id for edge in edges])
    sources = iter(source_at.tolist())
    starts = [next(sources) if edge.is_generator else int(node_at[edge.from_node]) for edge in edges]
    ends = [int(node_at[edge.to_node]) for edge in edges]

    def of_devices(old: npt.NDArray[_Value], more: Sequence[object]) -> npt.NDArray[_Value]:
        return _spread(len(device_ids), (device_at, old), (edge_at, np.array(more, dtype=old.dtype)))

    built = replace(
        network,
        node_id_array=node_ids,
        node_is_source=_spread(
            len(node_ids), (node_at, network.node_is_source), (source_at, np.ones(len(generators), np.bool_))
        ),
        device_id_array=device_ids,
        device_kind_codes=of_devices(network.device_kind_codes, [_LINE] * len(edges)),
        device_from_nodes=of_devices(node_at[network.device_from_nodes].astype(np.int32), starts),
        device_to_nodes=of_devices(node_at[network.device_to_nodes].astype(np.int32), ends),
        device_phases=of_devices(network.device_phases, [edge.phases for edge in edges]),
        device_normally_open=of_devices(network.device_normally_open, [False] * len(edges)),
        service_point_nodes=node_at[network.service_point_nodes].astype(np.int32),
    )
    return built, SwitchState(built, of_devices(_open_or_cut(supply), [0] * len(edges)))


def _open_or_cut(supply: Supply) -> npt.NDArray[np.uint8]:
    """Return the phases that each device has open or cut (rule 1)."""
    open_phases = supply.state().open_phases.copy()
    for device, phases in supply.placed.cut_phases.items():
        open_phases[device] |= np.uint8(phases)
    return open_phases


def _among(ids: IdArray, more: Sequence[str]) -> tuple[IdArray, LongArray, LongArray]:
    """Return sorted ids with more among them, and where each of the old and of the new ones is then."""
    joined = np.concatenate([ids, encode_ids(more)]) if more else ids
    order = np.argsort(joined, kind="stable")
    places = np.empty(len(joined), dtype=np.int64)
    places[order] = np.arange(len(joined))
    return joined[order], places[: len(ids)], places[len(ids) :]


def _spread(
    count: int,
    old: tuple[LongArray, npt.NDArray[_Value]],
    more: tuple[LongArray, npt.NDArray[_Value]],
) -> npt.NDArray[_Value]:
    values = np.empty(count, dtype=old[1].dtype)
    for at, of_those in (old, more):
        values[at] = of_those
    return values

"""Makes a network out of columns; rows that cannot be used become findings and are left out.

Owns the rules on single rows and on references between them. What is wrong with a
network as a whole is `check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, IdArray, LongArray, MaskArray, encode_ids, find_ids
from topology.errors import PhasesError
from topology.findings import Finding, count_things, name_ids
from topology.kinds import CODE_OF_KIND, KINDS, Layer, layer_of
from topology.network import Network
from topology.phases import ABC, parse_phases

# An id array is as wide as its longest id, so one absurd id would cost its length a million times.
LONGEST_ID_BYTES = 200
UNKNOWN_KIND_CODE = 255
NODE_LAYER = "node"
DEVICE_LAYER = "device"


@dataclass(frozen=True, slots=True)
class NodeColumns:
    """The nodes, a column each; `is_source` marks where supply enters the network."""

    ids: Sequence[str]
    is_source: Sequence[bool]


@dataclass(frozen=True, slots=True)
class DeviceColumns:
    """Line sections, switches and transformers together, a column each; phases as letters."""

    ids: Sequence[str]
    kinds: Sequence[str]
    from_nodes: Sequence[str]
    to_nodes: Sequence[str]
    phases: Sequence[str]
    normally_open: Sequence[bool]


@dataclass(frozen=True, slots=True)
class ServicePointColumns:
    """The service points, a column each; phases they take as letters; `customers` is a count."""

    ids: Sequence[str]
    nodes: Sequence[str]
    phases: Sequence[str]
    customers: Sequence[int]


def build_network(
    *, nodes: NodeColumns, devices: DeviceColumns, service_points: ServicePointColumns
) -> tuple[Network, tuple[Finding, ...]]:
    """Return the network of all usable rows, and a finding per rule and layer that names the rows left out.

    Of rows with the same id the first is kept; the ids of devices and service points are unique together,
    devices first. A household is not lost for a letter: a service point whose phases cannot be read takes
    ABC, and one whose customers are not a count has 0, since it can still be out.
    """
    found = _Findings()
    codes = _kind_codes(devices.kinds)
    layers = [DEVICE_LAYER if code == UNKNOWN_KIND_CODE else layer_of(KINDS[code]) for code in codes.tolist()]
    node_ids, node_kept = _unique_rows(found, nodes.ids, [NODE_LAYER] * len(nodes.ids))
    node_rows, sorted_nodes = _sorted_rows(node_ids, node_kept)

    all_ids = [*devices.ids, *service_points.ids]
    all_layers = [*layers, *[Layer.SERVICE_POINT] * len(service_points.ids)]
    encoded, kept = _unique_rows(found, all_ids, all_layers)
    device_ids, point_ids = np.split(encoded, [len(devices.ids)])
    device_kept, point_kept = np.split(kept, [len(devices.ids)])

    from_nodes = find_ids(sorted_nodes, _texts(devices.from_nodes))
    to_nodes = find_ids(sorted_nodes, _texts(devices.to_nodes))
    phases = _phase_masks(devices.phases)
    for rule, good, text in (
        ("unknown_kind", codes != UNKNOWN_KIND_CODE, "of a kind that Relight does not know"),
        ("unknown_phases", phases > 0, "whose phases are not a subset of ABC"),
        ("unknown_node", (from_nodes >= 0) & (to_nodes >= 0), "with an end at a node that does not exist"),
        ("self_loop", from_nodes != to_nodes, "between a node and itself"),
    ):
        found.left_out(rule, device_kept & ~good, _texts(devices.ids), layers, text)
        device_kept &= good
    points = _read_service_points(found, point_kept, service_points, sorted_nodes)
    device_rows, sorted_devices = _sorted_rows(device_ids, device_kept)
    point_rows, sorted_points = _sorted_rows(point_ids, point_kept)
    return Network(
        node_id_array=sorted_nodes,
        node_is_source=np.array(nodes.is_source, dtype=np.bool_)[node_rows],
        device_id_array=sorted_devices,
        device_kind_codes=codes[device_rows],
        device_from_nodes=from_nodes[device_rows].astype(np.int32),
        device_to_nodes=to_nodes[device_rows].astype(np.int32),
        device_phases=phases[device_rows],
        device_normally_open=np.array(devices.normally_open, dtype=np.bool_)[device_rows],
        service_point_id_array=sorted_points,
        service_point_nodes=points.nodes[point_rows].astype(np.int32),
        service_point_phases=points.phases[point_rows],
        service_point_customers=points.customers[point_rows],
    ), found.as_tuple()


def _kind_codes(kinds: Sequence[str]) -> MaskArray:
    return np.array([CODE_OF_KIND.get(str(kind), UNKNOWN_KIND_CODE) for kind in kinds], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _ServicePoints:
    """The columns of service points as arrays, row by row."""

    nodes: LongArray
    phases: MaskArray
    customers: LongArray


def _read_service_points(
    found: _Findings, kept: BoolArray, columns: ServicePointColumns, sorted_nodes: IdArray
) -> _ServicePoints:
    """Report service points at no node and take them out of `kept`; report odd values and replace them."""
    names = _texts(columns.ids)
    layers = [str(Layer.SERVICE_POINT)] * len(names)
    nodes = find_ids(sorted_nodes, _texts(columns.nodes))
    found.left_out("unknown_node", kept & (nodes < 0), names, layers, "at a node that does not exist")
    kept &= nodes >= 0
    phases = _phase_masks(columns.phases)
    text = "whose phases are not a subset of ABC: taken as ABC"
    found.add("unknown_phases", kept & (phases == 0), names, layers, text)
    customers, is_count = _counts(columns.customers)
    text = "with customers that are not a count of 0 or more: taken as 0"
    found.add("customers_not_a_count", kept & ~is_count, names, layers, text)
    return _ServicePoints(nodes, np.where(phases > 0, phases, np.uint8(ABC)), customers)


class _Findings:
    """Collects one finding per rule and layer."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def left_out(
        self, rule: str, bad: BoolArray, names: Sequence[str], layers: Sequence[str], text: str
    ) -> None:
        self.add(rule, bad, names, layers, f"{text}: left out")

    def add(self, rule: str, bad: BoolArray, names: Sequence[str], layers: Sequence[str], text: str) -> None:
        by_layer: dict[str, list[str]] = {}
        for row in np.flatnonzero(bad).tolist():
            by_layer.setdefault(str(layers[row]), []).append(names[row] or f"row {row + 1}")
        for layer, ids in by_layer.items():
            counted = count_things(len(ids), layer.replace("_", " "))
            self._found.append(Finding(rule, layer, tuple(ids), f"{counted} {text}: {name_ids(ids)}."))

    def as_tuple(self) -> tuple[Finding, ...]:
        return tuple(self._found)


def _unique_rows(found: _Findings, ids: Sequence[str], layers: Sequence[str]) -> tuple[IdArray, BoolArray]:
    """Return the ids as bytes, and which rows have a usable id that no earlier row has."""
    names = _texts(ids)
    usable = np.array([_is_usable(name) for name in names], dtype=np.bool_)
    found.left_out(
        "unusable_id",
        ~usable,
        [name[:40] for name in names],
        layers,
        f"with no id, or one longer than {LONGEST_ID_BYTES} bytes",
    )
    encoded = encode_ids([name if good else "" for name, good in zip(names, usable.tolist(), strict=True)])
    _, first = np.unique(encoded, return_index=True)
    is_first = np.zeros(len(names), dtype=np.bool_)
    is_first[first] = True
    found.left_out("duplicate_id", usable & ~is_first, names, layers, "with an id that an earlier row has")
    return encoded, usable & is_first


def _is_usable(name: str) -> bool:
    return (
        bool(name) and "\0" not in name and len(name.encode("utf-8", "surrogateescape")) <= LONGEST_ID_BYTES
    )


def _texts(values: Sequence[str]) -> list[str]:
    """Return ids as texts; importers may leave None or NaN where a row has no id."""
    return [value if isinstance(value, str) else "" if _is_missing(value) else str(value) for value in values]


def _is_missing(value: object) -> bool:
    return value is None or str(value) in {"nan", "NaN", "NaT", "<NA>"}


def _sorted_rows(ids: IdArray, kept: BoolArray) -> tuple[LongArray, IdArray]:
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(ids[rows], kind="stable")]
    kept_ids = ids[rows]
    width = int(np.strings.str_len(kept_ids).max(initial=1))
    return rows, kept_ids.astype(f"S{width}")


def _phase_masks(texts: Sequence[str]) -> MaskArray:
    """Return the masks, 0 where a text is no set of phases."""
    known: dict[str, int] = {}
    for text in set(texts):
        try:
            known[text] = parse_phases(text) if isinstance(text, str) else 0
        except PhasesError:
            known[text] = 0
    return np.array([known[text] for text in texts], dtype=np.uint8)


def _counts(values: Sequence[int]) -> tuple[LongArray, BoolArray]:
    as_numbers = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    is_count = np.isfinite(as_numbers) & (as_numbers >= 0)
    return np.where(is_count, as_numbers, 0).astype(np.int64), is_count

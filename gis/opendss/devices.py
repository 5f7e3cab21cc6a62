"""The devices of an OpenDSS circuit as rows: line sections, switches and transformers, with their phases.

Owns what stands for what (docs/formats/opendss.md). A protective device or an open terminal on a line or a
transformer becomes a switch of its own at that end, with a node between.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isclose, sqrt
from typing import Any

from gis.opendss.circuit import Branch, Circuit, Control, Terminal, Transformer
from gis.opendss.phases import PhaseLetters
from topology.phases import format_phases

Row = dict[str, Any]

_LOWEST_STATION_KV = 1.0
_SAME_VOLTAGE = 0.02
_THREE_PHASES = 3


@dataclass(slots=True)
class DeviceRows:
    """The rows of three layers, the nodes added inside devices (with their bus), and what was left out."""

    line_section: list[Row] = field(default_factory=list)
    switch: list[Row] = field(default_factory=list)
    transformer: list[Row] = field(default_factory=list)
    added_nodes: dict[str, str] = field(default_factory=dict)
    disabled: list[str] = field(default_factory=list)
    crossed: list[str] = field(default_factory=list)
    # By OpenDSS's name of an element, the ids of the rows it became.
    rows_of: dict[str, list[str]] = field(default_factory=dict)

    def all(self) -> Iterable[Row]:
        """The rows of all three layers."""
        return (*self.line_section, *self.switch, *self.transformer)


def device_rows(circuit: Circuit, letters: PhaseLetters) -> DeviceRows:
    """Return the devices of a circuit in its normal state."""
    maker = _Maker(circuit, letters)
    for branch in circuit.branches:
        maker.add_branch(branch)
    for transformer in circuit.transformers:
        maker.add_transformer(transformer)
    return maker.made


class _Maker:
    """Makes rows one element at a time."""

    def __init__(self, circuit: Circuit, letters: PhaseLetters) -> None:
        self.made = DeviceRows()
        self._letters = letters
        self._controls: dict[str, list[Control]] = {}
        for control in circuit.controls:
            self._controls.setdefault(control.element, []).append(control)

    def add_branch(self, branch: Branch) -> None:
        if branch.switch_kind is not None:
            self._add_switch(branch)
        elif not branch.is_enabled:
            self.made.disabled.append(branch.id)
        else:
            row = self._device(branch.id, branch.ends, branch.open)
            row["kind"] = "underground" if branch.is_underground else "overhead"
            row |= {"length_m": branch.length_m, "rated_a": branch.rated_a}
            self.made.line_section.append(row)
            self._note_crossing(branch)

    def _add_switch(self, branch: Branch) -> None:
        """A switch that is disabled is open: that is how OpenDSS files write normally open ties."""
        controls = self._controls.get(branch.id, [])
        kind = controls[0].kind if controls and controls[0].kind != "switch" else branch.switch_kind
        positions = frozenset(range(len(branch.ends[0].nodes)))
        is_all_open = not branch.is_enabled or any(one.normally_open for one in controls)
        open_ = positions if is_all_open else branch.open[0] | branch.open[1]
        self._add_switch_rows(
            branch.id,
            branch.ends[0].bus,
            branch.ends[1].bus,
            closed=self._mask(branch.ends, positions - open_),
            opened=self._mask(branch.ends, open_),
            rest={
                "kind": kind,
                "rated_a": branch.rated_a,
                "remote_controlled": True if any(one.is_remote for one in controls) else None,
            },
        )
        self._note_crossing(branch)

    def _add_switch_rows(
        self, id_: str, one: str, other: str, *, closed: int, opened: int, rest: Row
    ) -> None:
        """One row; a switch with only some of its conductors open is two, side by side."""
        both = bool(closed and opened)
        for mask, normally_open in ((closed, False), (opened, True)):
            if mask or (not normally_open and not opened):
                row_id = f"{id_}:open" if both and normally_open else id_
                ends = {"id": row_id, "from_node": one, "to_node": other, "phases": format_phases(mask)}
                self.made.switch.append(ends | {"normally_open": normally_open} | rest)
                self.made.rows_of.setdefault(id_, []).append(row_id)

    def add_transformer(self, transformer: Transformer) -> None:
        """A third winding at a bus of its own becomes a second row, numbered by its winding."""
        if not transformer.is_enabled:
            self.made.disabled.append(transformer.id)
            return
        upper = transformer.windings[0]
        done: set[str] = set()
        for number, lower in enumerate(transformer.windings[1:], start=1):
            if lower.bus in done:
                continue
            row_id = f"{transformer.id}:{number + 1}" if done else transformer.id
            done.add(lower.bus)
            row = self._device(
                transformer.id,
                (upper, lower),
                (transformer.open[0], transformer.open[number]),
                row_id,
                number,
            )
            row["phases"] = format_phases(self._letters.of(upper) or self._letters.of(lower))
            row |= {
                "kind": _transformer_kind(transformer, number),
                "rated_kva": transformer.rated_kva,
                "name": transformer.bank or None,
            }
            self.made.transformer.append(row)

    def _device(
        self,
        element: str,
        ends: tuple[Terminal, Terminal],
        open_: tuple[frozenset[int], frozenset[int]],
        row_id: str = "",
        second_terminal: int = 1,
    ) -> Row:
        """A row between two buses, with a switch at each end that something opens."""
        nodes = []
        for place, terminal in enumerate((0, second_terminal)):
            nodes.append(self._cut(element, terminal, ends[place], open_[place]))
        self.made.rows_of.setdefault(element, []).append(row_id or element)
        return {
            "id": row_id or element,
            "from_node": nodes[0],
            "to_node": nodes[1],
            "phases": format_phases(self._mask(ends, range(len(ends[0].nodes)))),
        }

    def _cut(self, element: str, terminal: int, end: Terminal, open_: frozenset[int]) -> str:
        """Return the node that a device ends at: its bus, or one behind the switch put at this terminal."""
        here = [one for one in self._controls.get(element, []) if one.terminal == terminal]
        if not here and not open_:
            return end.bus
        id_ = here[0].id if here else f"{element}@{terminal + 1}"
        if id_ in self.made.rows_of:
            return f"{end.bus}@{id_}"  # the upper winding of a transformer with several lower ones
        self.made.added_nodes[f"{end.bus}@{id_}"] = end.bus
        positions = frozenset(range(len(end.nodes)))
        opened = positions if any(one.normally_open for one in here) else open_ & positions
        self._add_switch_rows(
            id_,
            end.bus,
            f"{end.bus}@{id_}",
            closed=self._letters.of(end, positions - opened),
            opened=self._letters.of(end, opened),
            rest={
                "kind": here[0].kind if here else "switch",
                "remote_controlled": True if any(one.is_remote for one in here) else None,
            },
        )
        return f"{end.bus}@{id_}"

    def _mask(self, ends: tuple[Terminal, Terminal], positions: Iterable[int]) -> int:
        """The letters of some conductors: those of the first end, or of the second where it has none."""
        mask = 0
        for position in positions:
            first = self._letters.of(ends[0], [position])
            mask |= first or (self._letters.of(ends[1], [position]) if position < len(ends[1].nodes) else 0)
        return mask

    def _note_crossing(self, branch: Branch) -> None:
        first, second = branch.ends
        for position in range(min(len(first.nodes), len(second.nodes))):
            one, other = self._letters.of(first, [position]), self._letters.of(second, [position])
            if one and other and one != other:
                self.made.crossed.append(branch.id)
                return


def _transformer_kind(transformer: Transformer, lower: int) -> str:
    """Windings of one voltage regulate; those that end below 1 kV supply customers; the rest are stations."""
    upper_kv, lower_kv = _line_kv(transformer, 0), _line_kv(transformer, lower)
    if isclose(upper_kv, lower_kv, rel_tol=_SAME_VOLTAGE):
        return "regulator"
    return "station" if min(upper_kv, lower_kv) >= _LOWEST_STATION_KV else "distribution"


def _line_kv(transformer: Transformer, winding: int) -> float:
    """Single-phase windings are rated line to neutral, unless they lie between two nodes."""
    kv = transformer.kvs[winding]
    hot = [one for one in transformer.windings[winding].nodes if one]
    is_line_to_line = transformer.phases >= _THREE_PHASES or len(hot) > 1
    return kv if is_line_to_line else kv * sqrt(3)

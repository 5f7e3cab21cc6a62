"""The devices of a CIM model as rows: line sections, switches and transformers.

Owns kinds, normal states and ratings; what a row's phases are comes from the letters behind its conductors.
"""

from dataclasses import dataclass, field
from typing import Any

from gis.cim.classes import LINES, SWITCH_KINDS, TRANSFORMER
from gis.cim.containers import Units, base_kv, feeder_of, substation_of
from gis.cim.model import CimModel, CimObject
from gis.cim.phases import OWN_LETTER, Tank, line_conductors, switch_conductors, tanks_of
from gis.cim.ratings import is_cable, rated_a
from gis.cim.terminals import Terminal, Terminals
from gis.conductor_letters import Letters
from topology.phases import format_phases

Row = dict[str, Any]

_LOWEST_STATION_KV = 1.0
_SAME_VOLTAGE = 0.02


@dataclass(slots=True)
class DeviceRows:
    """The rows of three layers, and the ids of what was left out or is open against its normal state."""

    line_section: list[Row] = field(default_factory=list)
    switch: list[Row] = field(default_factory=list)
    transformer: list[Row] = field(default_factory=list)
    out_of_service: list[str] = field(default_factory=list)
    state_differs: list[str] = field(default_factory=list)
    phases_unknown: list[str] = field(default_factory=list)
    without_windings: list[str] = field(default_factory=list)


def device_rows(model: CimModel, terminals: Terminals, letters: Letters, units: Units) -> DeviceRows:
    """Return the devices of a model in its normal state."""
    maker = _Maker(model, terminals, letters, units)
    for line in model.of(*LINES):
        maker.add_line(line)
    for switch in model.of(*SWITCH_KINDS):
        maker.add_switch(switch)
    for transformer in model.of(TRANSFORMER):
        maker.add_transformer(transformer)
    return maker.made


class _Maker:
    """Makes rows one equipment at a time."""

    def __init__(self, model: CimModel, terminals: Terminals, letters: Letters, units: Units) -> None:
        self.made = DeviceRows()
        self._model, self._terminals, self._letters, self._units = model, terminals, letters, units

    def add_line(self, line: CimObject) -> None:
        ends = self._terminals.ends(line)
        if len(ends) > 1 and self._is_in_service(line):
            row = self._row(line, ends[0].node, ends[1].node)
            row["phases"] = self._phases(line, ends, line_conductors(self._model, line, ends))
            row["kind"] = "underground" if is_cable(self._model, line) else "overhead"
            row |= {"length_m": line.number("length"), "rated_a": rated_a(self._model, line, ends)}
            self.made.line_section.append(row)

    def add_switch(self, switch: CimObject) -> None:
        """One row; a switch with only some of its phases normally open is two, side by side."""
        ends = self._terminals.ends(switch)
        if len(ends) < 2:  # noqa: PLR2004 - a switch has two ends
            return
        normal, now = switch.flag("normalOpen"), switch.flag("open")
        if normal is not None and now is not None and normal is not now:
            self.made.state_differs.append(switch.id)
        whole = normal if normal is not None else bool(now)
        by_state: dict[bool, list[str]] = {}
        for symbol, told in switch_conductors(self._model, switch, ends).items():
            is_open = not switch.is_in_service or (whole if told is None else told)
            by_state.setdefault(is_open, []).append(symbol)
        row = self._row(switch, ends[0].node, ends[1].node)
        row |= {
            "kind": SWITCH_KINDS[switch.kind],
            "name": switch.name,
            "rated_a": rated_a(self._model, switch, ends),
        }
        for is_open, conductors in sorted(by_state.items()):
            id_ = f"{switch.id}:open" if is_open and len(by_state) > 1 else switch.id
            phases = self._phases(switch, ends, tuple(conductors))
            self.made.switch.append(row | {"id": id_, "normally_open": is_open, "phases": phases})

    def add_transformer(self, transformer: CimObject) -> None:
        """One row for each pair of nodes: the tanks of a bank between them are one device."""
        tanks = tanks_of(self._model, transformer, self._terminals)
        if not self._is_in_service(transformer):
            return
        pairs: dict[tuple[str, str], list[tuple[Tank, int]]] = {}
        for tank in tanks:
            upper = tank.ends[0].terminal.node
            for place, end in enumerate(tank.ends[1:], start=1):
                if end.terminal.node != upper:
                    pairs.setdefault((upper, end.terminal.node), []).append((tank, place))
        if not pairs:
            self.made.without_windings.append(transformer.id)
        for number, (nodes, windings) in enumerate(pairs.items()):
            row = self._row(transformer, *nodes)
            mask = 0
            for tank, _ in windings:
                mask |= self._letters.of(nodes[0], tank.ends[0].conductors)
            row |= {
                "id": f"{transformer.id}:{windings[0][1] + 1}" if number else transformer.id,
                "phases": self._known(transformer, mask),
                "kind": self._transformer_kind(transformer, windings),
                "rated_kva": self._rated_kva({id(tank): tank for tank, _ in windings}.values()),
                "name": transformer.name,
            }
            self.made.transformer.append(row)

    def _is_in_service(self, one: CimObject) -> bool:
        if not one.is_in_service:
            self.made.out_of_service.append(one.id)
        return one.is_in_service

    def _row(self, one: CimObject, start: str, end: str) -> Row:
        return {"id": one.id, "from_node": start, "to_node": end, "feeder": feeder_of(self._model, one)}

    def _phases(self, one: CimObject, ends: list[Terminal], conductors: tuple[str, ...]) -> str:
        """The letters behind each conductor at the first end, else at the second, else its own."""
        mask = 0
        for symbol in conductors:
            found = (self._letters.of(end.node, [symbol]) for end in ends[:2])
            mask |= next((letter for letter in found if letter), OWN_LETTER.get(symbol, 0))
        return self._known(one, mask)

    def _known(self, one: CimObject, mask: int) -> str:
        """A device on s1 and s2 below no transformer might be on any phase."""
        if not mask:
            self.made.phases_unknown.append(one.id)
        return format_phases(mask) or "ABC"

    def _transformer_kind(self, transformer: CimObject, windings: list[tuple[Tank, int]]) -> str:
        """Windings of one voltage regulate; those ending below 1 kV supply customers; the rest are stations.

        Without voltages, what stands in a substation is a station.
        """
        tank, place = windings[0]
        upper, lower = (self._end_kv(one.described_by) for one in (tank.ends[0], tank.ends[place]))
        if upper is None or lower is None:
            return "station" if substation_of(self._model, transformer) else "distribution"
        if abs(upper - lower) <= _SAME_VOLTAGE * max(upper, lower):
            return "regulator"
        return "station" if min(upper, lower) >= _LOWEST_STATION_KV else "distribution"

    def _end_kv(self, described_by: tuple[CimObject, ...]) -> float | None:
        for one in described_by:
            kv = base_kv(self._model, one, self._units)
            rated = one.number("ratedU")
            if kv or rated:
                return kv or (rated or 0.0) * self._units.kv
        return None

    def _rated_kva(self, tanks: Any) -> float | None:
        """The ratings of the upper windings together."""
        found = [
            next((rating for one in tank.ends[0].described_by if (rating := one.number("ratedS"))), None)
            for tank in tanks
        ]
        known = [one for one in found if one is not None]
        return sum(known) * self._units.kva if known and len(known) == len(found) else None

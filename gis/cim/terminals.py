"""The ends of CIM equipment: which nodes each stands between, and on which conductors.

Owns terminals and phase codes. A node is a ConnectivityNode; in models without them (bus-branch) it is a
TopologicalNode. A conductor is named A, B, C, or s1, s2 below a centre tap; neutrals are ignored.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gis.cim.classes import CONSUMERS, GENERATION, LINES, SOURCES, STANDING_BY, SWITCH_KINDS, TRANSFORMER
from gis.cim.model import CimModel, CimObject
from gis.findings import finding
from topology.findings import Finding

ALL = ("A", "B", "C")
_SYMBOL = re.compile(r"s1|s2|[ABC]")
_NODES = ("ConnectivityNode", "TopologicalNode")
_KNOWN = {
    *LINES, *SWITCH_KINDS, TRANSFORMER, *CONSUMERS, *GENERATION, *STANDING_BY,
    *(one for row in SOURCES for one in row),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terminal:
    """One end of an equipment; `conductors` are those it names itself, none when it names none."""

    id: str
    node: str
    conductors: tuple[str, ...]


@dataclass(slots=True)
class Terminals:
    """The terminals of each equipment in their order, and all nodes."""

    of: dict[str, list[Terminal]] = field(default_factory=dict)
    by_id: dict[str, Terminal] = field(default_factory=dict)
    nodes: dict[str, None] = field(default_factory=dict)

    def ends(self, equipment: CimObject) -> list[Terminal]:
        """Return the terminals of an equipment in the order of their numbers."""
        return self.of.get(equipment.id, [])


def symbols(code: str | None) -> tuple[str, ...]:
    """Return the conductors of a phase code: "ABCN" is A, B, C; "s1N" is s1; "s12" is s1, s2; "N" none."""
    found = dict.fromkeys(_SYMBOL.findall((code or "").replace("s12", "s1s2")))
    return tuple(found)


def phases_told(parts: Iterable[CimObject], *attributes: str) -> tuple[str, ...]:
    """Return the conductors that the phase objects of an equipment name, none when it has none."""
    found = dict.fromkeys(symbol for part in parts for symbol in symbols(part.text(*attributes)))
    return tuple(found)


def read_terminals(model: CimModel) -> tuple[Terminals, tuple[Finding, ...]]:
    """Return all terminals that lead from a known equipment to a node, and what is wrong with the others."""
    made = Terminals()
    told = [one.id for kind in _NODES[:1] for one in model.of(kind)] or [
        one.id for one in model.of(_NODES[1])
    ]
    made.nodes.update(dict.fromkeys(told))
    adrift: list[str] = []
    undescribed: dict[str, None] = {}
    apart: list[str] = []
    in_order = sorted(model.of("Terminal"), key=lambda one: (one.number("sequenceNumber") or 0, one.id))
    for one in in_order:
        node = one.text(*_NODES)
        equipment = one.text("ConductingEquipment")
        if node is None or equipment is None or model.get(equipment) is None:
            adrift.append(one.id)
            continue
        if node not in made.nodes:
            undescribed[node] = None
            made.nodes[node] = None
        if one.flag("connected") is False:
            apart.append(one.id)
        terminal = Terminal(one.id, node, symbols(one.text("phases")))
        made.by_id[one.id] = terminal
        made.of.setdefault(equipment, []).append(terminal)
    findings = (
        *finding(
            rule="terminal_adrift",
            layer="terminal",
            ids=adrift,
            text="without a node, or of an equipment that no file describes: left out",
        ),
        *finding(
            rule="missing_reference",
            layer="node",
            ids=undescribed,
            text="that terminals name but no file describes (of a model next to this one?): kept",
        ),
        *finding(
            rule="state_differs",
            layer="terminal",
            ids=apart,
            text="that a state file says is disconnected: taken as connected, as in the normal state",
        ),
    )
    return made, findings + _strange(model, made)


def _strange(model: CimModel, terminals: Terminals) -> tuple[Finding, ...]:
    """Equipment that cannot be drawn as what it says it is."""
    two_ended = {*LINES, *SWITCH_KINDS}
    short, unknown = [], []
    for one in model.objects.values():
        ends = terminals.ends(one)
        if one.kind in two_ended and len(ends) < 2:  # noqa: PLR2004 - a device has two ends
            short.append(one.id)
        elif ends and one.kind not in _KNOWN:
            unknown.append(f"{one.id} ({one.kind})")
    return (
        *finding(
            rule="too_few_terminals",
            layer="device",
            ids=short,
            text="with fewer than two ends at nodes: left out",
        ),
        *finding(
            rule="unknown_class",
            layer="device",
            ids=unknown,
            text="of a class that Relight does not know, perhaps with something behind it: left out",
        ),
    )

"""The elements of a WindMil file as the layers of the network package, row by row, without their places.

Owns what becomes of each type of element and which columns are read; docs/formats/windmil.md says why. Where
the file is silent or odd a value is left empty and a finding says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from gis.findings import finding
from gis.windmil.connections import Connections
from gis.windmil.equipment import Equipment, equipment_names
from gis.windmil.rows import Element, ElementType
from topology.findings import Finding

FOOT_M = 0.3048
LENGTH = 12

_SOURCE_KV, _OUTPUT_KV = 14, 13
_SWITCH_STATE = 8
_STATES = {"O": True, "C": False, "L": False}  # open, closed, closed in a loop
_CLOSED_PER_PHASE = 11
_IS_BAY, _FEEDER_NAME = 16, 19
_BAY = "1"
_KW, _CUSTOMERS = (12, 13, 14), (18, 19, 20)
# Loads may hang on lines and nodes themselves, with no consumer to count.
_LOAD_KW = {
    ElementType.OVERHEAD_LINE: (19, 20, 21),
    ElementType.UNDERGROUND_LINE: (19, 20, 21),
    ElementType.NODE: (15, 16, 17),
}
_LOW_VOLTAGE_KV = 1.0
_WHOLE = 0.01
_KIND_BY_EQUIPMENT = {"FUS": "fuse", "REC": "recloser", "SEC": "sectionalizer"}
_KIND_BY_NAME = {"F": "fuse", "R": "recloser"}

Row = dict[str, Any]


@dataclass
class Layers:
    """Rows by layer, each with the element that gives it its place, and what was odd about them."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    elements: dict[str, list[Element | None]] = field(default_factory=lambda: defaultdict(list))
    _odd: dict[tuple[str, str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, layer: str, element: Element | None, **columns: Any) -> None:
        """Add a row."""
        self.rows[layer].append(columns)
        self.elements[layer].append(element)

    def report(self, rule: str, layer: str, text: str, id: str) -> None:
        """Note that something is odd about an element."""
        self._odd[rule, layer, text].append(id)

    def findings(self) -> tuple[Finding, ...]:
        """Return what was noted, a finding for each rule and layer."""
        return tuple(
            one
            for (rule, layer, text), ids in self._odd.items()
            for one in finding(rule=rule, layer=layer, ids=ids, text=text)
        )


def make_layers(
    elements: Sequence[Element], connections: Connections, equipment: Equipment | None
) -> tuple[Layers, tuple[Finding, ...]]:
    """Return the rows of each layer, and what could not be read with certainty."""
    layers = Layers()
    table = equipment or Equipment()
    feeders = connections.passed_down(_feeder)
    nominal_kv = connections.passed_down(_nominal_kv)
    for node, element in connections.nodes.items():
        kv = None if element is None else nominal_kv.get(element.name)
        substation = node if node in connections.sources else None
        layers.add(
            "node", element, id=node, is_source=substation is not None, substation=substation, nominal_kv=kv
        )
        if substation is not None:
            layers.add("substation", element, id=node, name=node)
    for element in elements:
        ends: Row = {
            "id": element.name,
            "from_node": connections.near.get(element.name),
            "to_node": connections.far[element.name],
            "phases": element.phases,
            "feeder": feeders.get(element.name),
        }
        if element.type in {ElementType.OVERHEAD_LINE, ElementType.UNDERGROUND_LINE}:
            _line(layers, element, ends, table)
        elif element.type in {ElementType.REGULATOR, ElementType.TRANSFORMER}:
            _transformer(layers, element, ends, table)
        elif element.type is ElementType.SWITCH:
            _switch(layers, element, ends)
        elif element.type is ElementType.OVERCURRENT_DEVICE:
            _overcurrent_device(layers, element, ends, table)
        elif element.type is ElementType.CONSUMER:
            _service_point(layers, element, connections.far[element.name])
        _leave_out(layers, element)
    missing = () if equipment is not None else (_NO_EQUIPMENT,)
    return layers, (*missing, *layers.findings())


_NO_EQUIPMENT = Finding(
    "no_equipment_table",
    "network",
    (),
    "There is no equipment table (*.seq) next to the file: ratings of lines and banks are left empty, and "
    "kinds of overcurrent devices follow their names. Put the *.seq from WindMil into the same folder.",
)


def _feeder(element: Element, above: str | None) -> str | None:
    """A feeder begins at its bay, and is called what the bay says or is called."""
    if element.type is ElementType.OVERCURRENT_DEVICE and element.text(_IS_BAY) == _BAY:
        return element.text(_FEEDER_NAME) or element.name
    return None if element.type is ElementType.SOURCE else above


def _nominal_kv(element: Element, above: float | None) -> float | None:
    """The voltage between phases, which a source gives to the neutral; behind transformers it is not said."""
    if element.type is ElementType.SOURCE:
        to_neutral = element.number(_SOURCE_KV)
        return round(to_neutral * sqrt(3), 2) if to_neutral and to_neutral > 0 else None
    return None if element.type is ElementType.TRANSFORMER else above


def _line(layers: Layers, line: Element, ends: Row, table: Equipment) -> None:
    length = line.number(LENGTH)
    if length is None or length < 0:
        layers.report(
            "length_unread", "line_section", "without a length that can be read: left empty", line.name
        )
        length = None
    rated_a = table.rated_a(line)
    if rated_a is None and table.rows:
        text = f"with a conductor that {table.file_name} does not rate: rated_a is left empty"
        layers.report("rating_unclear", "line_section", text, line.name)
    layers.add(
        "line_section",
        line,
        **ends,
        kind="overhead" if line.type is ElementType.OVERHEAD_LINE else "underground",
        length_m=None if length is None else length * FOOT_M,
        rated_a=rated_a,
    )


def _transformer(layers: Layers, transformer: Element, ends: Row, table: Equipment) -> None:
    if transformer.type is ElementType.REGULATOR:
        layers.add("transformer", transformer, **ends, kind="regulator", rated_kva=None)
        return
    rated_kva = table.rated_kva(transformer)
    if rated_kva is None and (table.rows or len(transformer.phases) == 1):
        text = "whose kVA the network and the equipment table do not agree on, or do not give: left empty"
        layers.report("rating_unclear", "transformer", text, transformer.name)
    # The voltage to the neutral below: what steps down to another line feeds no customer directly.
    kind = "station" if (transformer.number(_OUTPUT_KV) or 0.0) >= _LOW_VOLTAGE_KV else "distribution"
    layers.add("transformer", transformer, **ends, kind=kind, rated_kva=rated_kva)


def _switch(layers: Layers, switch: Element, ends: Row) -> None:
    is_open = _STATES.get(switch.text(_SWITCH_STATE).upper())
    if is_open is None:
        text = "neither open (O) nor closed (C): left out, so that what is below has no supply"
        layers.report("unknown_state", "switch", text, switch.name)
        return
    layers.add("switch", switch, **ends, kind="switch", normally_open=is_open)


def _overcurrent_device(layers: Layers, device: Element, ends: Row, table: Equipment) -> None:
    open_phases = [
        letter
        for place, letter in enumerate("ABC")
        if letter in device.phases.upper() and device.text(_CLOSED_PER_PHASE + place) == "0"
    ]
    closed = "".join(
        letter for letter in "ABC" if letter in device.phases.upper() and letter not in open_phases
    )
    if open_phases and closed:
        text = "open on some phases in the normal state: taken as carrying the closed ones only"
        layers.report("partly_open", "switch", text, device.name)
        ends = {**ends, "phases": closed}
    kind = _overcurrent_kind(layers, device, table)
    layers.add("switch", device, **ends, kind=kind, normally_open=bool(open_phases) and not closed)


def _overcurrent_kind(layers: Layers, device: Element, table: Equipment) -> str:
    """Tell the kind.

    RULE 1: the bay at the head of a feeder is the feeder's breaker, whatever stands in it.
    RULE 2: else the equipment table says it.
    RULE 3: else its name does, or that of its equipment; a finding lists these.
    RULE 4: else it is taken as a fuse; a finding lists these.
    """
    if device.text(_IS_BAY) == _BAY:
        return "breaker"
    if (said := table.overcurrent_kind(device)) is not None:
        return said
    called = {_KIND_BY_EQUIPMENT.get(name[:3].upper()) for name in equipment_names(device)}
    kind = called.pop() if len(called) == 1 else None
    kind = kind or _KIND_BY_NAME.get(device.name[:1].upper())
    if kind is None:
        text = "of a kind that neither equipment nor name tells: taken as fuses"
        layers.report("kind_unclear", "switch", text, device.name)
        return "fuse"
    text = "whose kind follows from the name alone, since no equipment table tells it"
    layers.report("kind_by_name", "switch", text, device.name)
    return kind


def _service_point(layers: Layers, consumer: Element, node: str) -> None:
    layers.add(
        "service_point",
        consumer,
        id=consumer.name,
        node=node,
        phases=consumer.phases,
        customers=_customers(layers, consumer),
        peak_kw=_sum(consumer, _KW),
    )


def _customers(layers: Layers, consumer: Element) -> int:
    """Return the sum over the phases: one customer on three phases is written as a third on each."""
    total = _sum(consumer, _CUSTOMERS)
    if total is None or total < 0:
        text = "without a count of customers: taken as 0"
        layers.report("customers_not_a_count", "service_point", text, consumer.name)
        return 0
    if abs(total - round(total)) > _WHOLE:
        text = "whose customers on all phases do not add up to a whole number: rounded"
        layers.report("customers_not_whole", "service_point", text, consumer.name)
    return round(total)


def _sum(element: Element, columns: tuple[int, ...]) -> float | None:
    """Return the sum of columns, an empty one being 0; None where one is no number or all are missing."""
    texts = [element.text(column) for column in columns]
    numbers = [element.number(column) if text else 0.0 for column, text in zip(columns, texts, strict=True)]
    known = [number for number in numbers if number is not None]
    return sum(known) if any(texts) and len(known) == len(numbers) else None


_LEFT_OUT = {
    ElementType.CAPACITOR: "capacitor",
    ElementType.MOTOR: "motor",
    ElementType.GENERATOR: "generator",
}


def _leave_out(layers: Layers, element: Element) -> None:
    """Report what has no place in the network, rather than drop it silently."""
    if element.type in _LEFT_OUT:
        text = "feeding no customer from the network: left out"
        layers.report("left_out", _LEFT_OUT[element.type], text, element.name)
    elif any(element.number(column) for column in _LOAD_KW.get(element.type, ())):
        layer = "node" if element.type is ElementType.NODE else "line_section"
        text = "with a load of its own, which belongs to no consumer: nobody is counted there"
        layers.report("load_without_consumer", layer, text, element.name)

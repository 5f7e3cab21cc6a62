"""How the elements of a WindMil file hang together: from parents and switch halves to nodes.

Owns the nodes and where each element begins and ends. The parent column is all there is to go by: an element
begins where its parent ends. No gap is mended by invention: what hangs on nothing is kept, dead, and named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from gis.findings import finding
from gis.windmil.rows import Element, Elements, ElementType
from topology.findings import Finding, name_ids

AT_ROOT = frozenset({"", "0", "ROOT"})
_PARTNER = 10
_PHASE_PARENTS = (27, 28, 29)

LAYER_OF_TYPE = {
    ElementType.OVERHEAD_LINE: "line_section",
    ElementType.UNDERGROUND_LINE: "line_section",
    ElementType.REGULATOR: "transformer",
    ElementType.TRANSFORMER: "transformer",
    ElementType.SWITCH: "switch",
    ElementType.OVERCURRENT_DEVICE: "switch",
    ElementType.CONSUMER: "service_point",
}
# What leads somewhere else; all others are at the end of their parent.
_DEVICES = frozenset(LAYER_OF_TYPE) - {ElementType.CONSUMER}

T = TypeVar("T")
# An end of an element: its own far one, or the near one of an element whose parent cannot be told.
_End = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Connections:
    """The nodes by id, each with the element that ends there (if any), and both nodes of each element."""

    nodes: dict[str, Element | None]
    sources: frozenset[str]
    near: dict[str, str]
    far: dict[str, str]
    top_down: tuple[Element, ...]

    def passed_down(self, own: Callable[[Element, T | None], T | None]) -> dict[str, T | None]:
        """Return a value for each element by name, made from the element and its parent's value."""
        values: dict[str, T | None] = {}
        for element in self.top_down:
            values[element.name] = own(element, values.get(element.parent))
        return values


def connect(elements: Elements) -> tuple[Connections, tuple[Finding, ...]]:
    """Return how the elements hang together, and what cannot be connected.

    RULE 1: an element begins where its parent ends; one that is no device (node, consumer, capacitor, motor,
        generator) is where its parent ends.
    RULE 2: ROOT is no source: what hangs there begins at a dead node of its own.
    RULE 3: a parent that is not in the file is a dead node; so is the beginning of an element whose name, or
        whose parent's name, is contested.
    RULE 4: the two halves of a switch meet: where one hangs below the other, and otherwise at their far ends
        (a half at ROOT: at its near end), which makes a tie of two switches in series.
    RULE 5: a node with a parent for each phase joins the ends of all of them.
    """
    by_name = {element.name: element for element in elements.rows}
    parents = {
        element.name: _parent(element, by_name, elements.contested)
        for element in elements.rows
        if element.type is not ElementType.SOURCE
    }
    joined = _Joined()
    for element in elements.rows:
        far: _End = ("far", element.name)
        if element.type not in _DEVICES and element.type is not ElementType.SOURCE:
            joined.join(parents[element.name], far)
        for parent in _phase_parents(element, by_name):
            joined.join(("far", parent), far)
    pairs = [(half, by_name[half.text(_PARTNER)]) for half in elements.rows if _has_partner(half, by_name)]
    for half, other in pairs:
        if other.name not in {half.parent, half.name} and other.parent != half.name:
            joined.join(_meeting_end(half, parents), _meeting_end(other, parents))
    nodes, sources, node_of = _nodes(elements.rows, parents, joined)
    top_down = tuple(_top_down(elements.rows, parents))
    made = Connections(
        nodes=nodes,
        sources=sources,
        near={name: node_of[joined.find(end)] for name, end in parents.items()},
        far={element.name: node_of[joined.find(("far", element.name))] for element in elements.rows},
        top_down=top_down,
    )
    return made, (
        *_odd_parents(elements, parents, top_down),
        *_several_parents(elements.rows, by_name),
        *_odd_halves(elements.rows, by_name, pairs),
    )


def _parent(element: Element, by_name: dict[str, Element], contested: frozenset[str]) -> _End:
    """Return the end at which an element begins."""
    if element.name in contested or element.parent in contested:
        return "contested", element.name if element.name in contested else element.parent
    if element.parent in by_name:
        return "far", element.parent
    return ("root", element.name) if element.parent in AT_ROOT else ("missing", element.parent)


def _phase_parents(element: Element, by_name: dict[str, Element]) -> list[str]:
    if element.type is not ElementType.NODE:
        return []
    return [name for column in _PHASE_PARENTS if (name := element.text(column)) in by_name]


def _has_partner(half: Element, by_name: dict[str, Element]) -> bool:
    """Tell whether an element is a switch half whose other half is in the file and names it back."""
    other = by_name.get(half.text(_PARTNER)) if half.type is ElementType.SWITCH else None
    return other is not None and other.type is ElementType.SWITCH and other.text(_PARTNER) == half.name


def _meeting_end(half: Element, parents: dict[str, _End]) -> _End:
    end = parents[half.name]
    return end if end[0] == "root" else ("far", half.name)


class _Joined:
    """Ends that are one node, as sets that are merged."""

    def __init__(self) -> None:
        self._above: dict[_End, _End] = {}

    def find(self, end: _End) -> _End:
        """Return the end that stands for all that are joined with this one."""
        root = end
        while (above := self._above.get(root, root)) != root:
            root = above
        while end != root:
            self._above[end], end = root, self._above.get(end, root)
        return root

    def join(self, one: _End, other: _End) -> None:
        """Make two ends one node."""
        self._above[self.find(other)] = self.find(one)


_SUFFIXES = {"root": " (at ROOT)", "missing": "", "contested": " (name given twice)"}


def _nodes(
    rows: tuple[Element, ...], parents: dict[str, _End], joined: _Joined
) -> tuple[dict[str, Element | None], frozenset[str], dict[_End, str]]:
    """Return the nodes, the sources among them, and the node of each joined end.

    A node has the name of the node element there, else of the source, else of the first device ending there.
    """
    rank = {ElementType.NODE: 0, ElementType.SOURCE: 1}
    ended: dict[_End, Element] = {}
    for element in sorted(rows, key=lambda one: rank.get(one.type, 2)):
        if element.type in rank or element.type in _DEVICES:
            ended.setdefault(joined.find(("far", element.name)), element)
    nodes: dict[str, Element | None] = {element.name: element for element in ended.values()}
    node_of = {end: element.name for end, element in ended.items()}
    for kind, name in parents.values():
        end = joined.find((kind, name))
        if end not in node_of:
            node = name + _SUFFIXES.get(kind, "")
            while node in nodes:
                node += "*"
            node_of[end] = node
            nodes[node] = None
    sources = {
        node_of[joined.find(("far", element.name))] for element in rows if element.type is ElementType.SOURCE
    }
    return nodes, frozenset(sources), node_of


def _top_down(rows: tuple[Element, ...], parents: dict[str, _End]) -> Iterator[Element]:
    """Give the elements with parents before children, leaving out those in a circle and below one."""
    children: dict[str, list[Element]] = defaultdict(list)
    waiting = []
    for element in rows:
        kind, parent = parents.get(element.name, ("source", ""))
        if kind == "far":
            children[parent].append(element)
        else:
            waiting.append(element)
    while waiting:
        element = waiting.pop()
        yield element
        waiting += children.get(element.name, ())


def _by_layer(elements: Iterable[Element], *, rule: str, text: str) -> tuple[Finding, ...]:
    ids: dict[str, list[str]] = defaultdict(list)
    for element in elements:
        ids[LAYER_OF_TYPE.get(element.type, "node")].append(element.name)
    return tuple(one for layer in ids for one in finding(rule=rule, layer=layer, ids=ids[layer], text=text))


def _odd_parents(
    elements: Elements, parents: dict[str, _End], top_down: tuple[Element, ...]
) -> tuple[Finding, ...]:
    of_kind: dict[str, list[Element]] = defaultdict(list)
    for element in elements.rows:
        of_kind[parents.get(element.name, ("source", ""))[0]].append(element)
    reached = {one.name for one in top_down}
    return (
        *_by_layer(
            of_kind["root"],
            rule="at_root",
            text="hanging at ROOT, which is no source: kept, and nothing feeds them from there",
        ),
        *_by_layer(
            of_kind["missing"],
            rule="unknown_parent",
            text=f"with a parent that is not in the file ({_named(of_kind['missing'])}): "
            "kept, without supply",
        ),
        *_by_layer(
            of_kind["contested"],
            rule="contested_name",
            text="with a name that two differing rows have, or below one, so that nobody can say where: "
            "kept, without supply",
        ),
        *_by_layer(
            (one for one in elements.rows if one.name not in reached),
            rule="parent_circle",
            text="in a circle of parents, or below one: kept, without supply",
        ),
        *_by_layer(
            (one for one in of_kind["source"] if one.parent not in AT_ROOT),
            rule="source_with_parent",
            text="being a source below another element: taken as a source, not connected to that element",
        ),
    )


def _several_parents(rows: tuple[Element, ...], by_name: dict[str, Element]) -> tuple[Finding, ...]:
    return _by_layer(
        (one for one in rows if _phase_parents(one, by_name)),
        rule="several_parents",
        text="with a parent for each phase: the ends of all of them are joined there",
    )


def _named(children: Iterable[Element]) -> str:
    several = list(dict.fromkeys(child.parent for child in children))
    return name_ids(several)


def _odd_halves(
    rows: tuple[Element, ...], by_name: dict[str, Element], pairs: list[tuple[Element, Element]]
) -> tuple[Finding, ...]:
    paired = {half.name for half, _ in pairs}
    alone = [one for one in rows if one.type is ElementType.SWITCH and one.name not in paired]
    elsewhere = [one for one in alone if one.text(_PARTNER) and one.text(_PARTNER) not in by_name]
    unreturned = [one for one in alone if one.text(_PARTNER) in by_name]
    disagreeing = [half for half, other in pairs if half.text(8) != other.text(8)]
    return (
        *_by_layer(
            elsewhere,
            rule="other_half_missing",
            text="whose other half is in another file: a tie out of this network, with nothing behind it",
        ),
        *_by_layer(
            unreturned,
            rule="halves_do_not_match",
            text="whose partner is no switch half that names it back: taken as standing alone",
        ),
        *_by_layer(
            disagreeing,
            rule="halves_disagree",
            text="open where its other half is closed, or the reverse: each kept as it is written",
        ),
    )

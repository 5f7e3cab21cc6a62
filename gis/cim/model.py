"""A CIM model as plain objects: what is of which class, and what refers to what.

Owns the ways in which profiles and versions name one and the same thing: ids with and without `urn:uuid:`
or `_`, attributes under the name of another class of the family tree, one object told in several files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import rdflib
from rdflib.namespace import RDF

from gis.cim.rdf import is_cim_namespace
from gis.findings import finding
from topology.findings import Finding


@dataclass(frozen=True, slots=True)
class CimObject:
    """One object: `kind` names its class; `values` hold texts, words of lists and ids by attribute."""

    id: str
    kind: str
    values: dict[str, list[str]] = field(default_factory=dict)

    def all(self, attribute: str) -> list[str]:
        """Return all values of an attribute, named without its class."""
        return self.values.get(attribute, [])

    def text(self, *attributes: str) -> str | None:
        """Return the value of the first of these attributes that has one."""
        return next((value for one in attributes for value in self.all(one) if value), None)

    def number(self, *attributes: str) -> float | None:
        """Return a number; None where there is none, or a text that is none."""
        text = self.text(*attributes)
        try:
            number = float(text) if text is not None else None
        except ValueError:
            return None
        return number if number is None or abs(number) < float("inf") else None

    def flag(self, *attributes: str) -> bool | None:
        """Return true or false, None where neither is said."""
        text = (self.text(*attributes) or "").strip().lower()
        return {"true": True, "1": True, "false": False, "0": False}.get(text)

    @property
    def is_in_service(self) -> bool:
        """Whether it is part of the network in the normal state; so it is where nothing is said."""
        return self.flag("normallyInService") is not False

    @property
    def name(self) -> str | None:
        """What people call it."""
        return self.text("name", "aliasName")


class CimModel:
    """All objects of a model; ids are in one spelling."""

    def __init__(self, objects: Iterable[CimObject]) -> None:
        self.objects = {one.id: one for one in sorted(objects, key=lambda one: one.id)}
        self._by_kind: dict[str, list[CimObject]] = {}
        self._referring: dict[tuple[str, str], list[CimObject]] = {}
        for one in self.objects.values():
            self._by_kind.setdefault(one.kind, []).append(one)
            for attribute, values in one.values.items():
                for value in values:
                    if value in self.objects:
                        self._referring.setdefault((attribute, value), []).append(one)

    def of(self, *kinds: str) -> Iterator[CimObject]:
        """Yield the objects of some classes, by id within a class."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    def get(self, id_: str | None) -> CimObject | None:
        """Return an object, None where the model describes none with this id."""
        return self.objects.get(id_) if id_ is not None else None

    def to(self, one: CimObject | None, *attributes: str) -> CimObject | None:
        """Follow a reference from an object."""
        return self.get(one.text(*attributes)) if one is not None else None

    def from_(self, one: CimObject, *attributes: str) -> list[CimObject]:
        """Return the objects that refer to this one by one of these attributes."""
        return [other for attribute in attributes for other in self._referring.get((attribute, one.id), ())]


def model_of(graph: rdflib.Graph) -> tuple[CimModel, tuple[Finding, ...]]:
    """Return the objects of a graph, and those of which several files say different things."""
    kinds: dict[str, set[str]] = {}
    values: dict[str, dict[str, set[str]]] = {}
    for subject, predicate, value in graph:
        id_ = plain_id(str(subject))
        namespace, _, name = str(predicate).rpartition("#")
        if predicate == RDF.type:
            namespace, _, name = str(value).rpartition("#")
            if is_cim_namespace(f"{namespace}#"):
                kinds.setdefault(id_, set()).add(name)
        elif is_cim_namespace(f"{namespace}#"):
            values.setdefault(id_, {}).setdefault(name.rpartition(".")[2], set()).add(_plain_value(value))
    objects = [
        CimObject(id_, min(names), {name: sorted(found) for name, found in values.get(id_, {}).items()})
        for id_, names in kinds.items()
    ]
    torn = [
        one for one in objects if any(len(one.all(name)) > 1 for name in _SINGLE) or len(kinds[one.id]) > 1
    ]
    return CimModel(objects), finding(
        rule="contradiction",
        layer="object",
        ids=sorted(one.id for one in torn),
        text="of which the files say two different things: the first in alphabetical order is taken",
    )


# Attributes that decide who is supplied by what, and that can have one value only.
_SINGLE = (
    "ConnectivityNode", "ConductingEquipment", "normalOpen", "phase", "phases", "orderedPhases",
    "sequenceNumber", "EnergyConsumer", "ACLineSegment", "PowerTransformer", "customerCount",
)  # fmt: skip


def plain_id(text: str) -> str:
    """Return an id without what RDF puts around it: urn:uuid:X, #_X and _X are one and the same."""
    return text.rpartition("#")[2].removeprefix("urn:uuid:").removeprefix("_")


def _plain_value(value: object) -> str:
    if isinstance(value, rdflib.URIRef):
        namespace, _, name = str(value).rpartition("#")
        # A word of a list, such as SinglePhaseKind.A, is an address in the namespace of CIM.
        return name.rpartition(".")[2] if is_cim_namespace(f"{namespace}#") else plain_id(str(value))
    return str(value).strip()

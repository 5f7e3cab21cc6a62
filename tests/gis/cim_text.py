"""CIM models in a few lines of text: each line an object, written as RDF/XML in the spelling asked for.

A line is `Class id Attribute=value …`; a value that begins with @ refers to an object, one with # is a word
of a list. Equipment may say `between=n1,n2`, `on=ABC`, `at=x,y;x,y`, and gets terminals, phases and a place.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

CIM100 = "http://iec.ch/TC57/CIM100#"
CIM16 = "http://iec.ch/TC57/2013/CIM-schema-cim16#"
CIM18 = "http://ucaiug.org/61970cim18v02_61968cim14v00#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_PHASE_OBJECTS = {
    "ACLineSegment": ("ACLineSegmentPhase", "phase", "ACLineSegment"),
    "EnergyConsumer": ("EnergyConsumerPhase", "phase", "EnergyConsumer"),
}
_SWITCHES = (
    "Breaker",
    "Recloser",
    "Sectionaliser",
    "Fuse",
    "LoadBreakSwitch",
    "Disconnector",
    "Jumper",
    "Switch",
)


def rdf_xml(text: str, *, namespace: str = CIM100, by_id: bool = False) -> str:
    """Write a model; with `by_id` ids are rdf:ID="_x" instead of rdf:about="urn:uuid:x"."""
    objects: list[tuple[str, str, list[tuple[str, str]]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        kind, id_, *given = line.split()
        fields = [tuple(one.split("=", 1)) for one in given]
        own = [(key, value) for key, value in fields if key not in {"between", "on", "at"}]
        objects.append((kind, id_, own))
        for key, value in fields:
            objects += {"between": _terminals, "on": _phases, "at": _location}.get(key, _nothing)(
                kind, id_, value
            )
            if key == "at":
                own.append(("PowerSystemResource.Location", f"@{id_}.place"))
    body = "\n".join(_written(kind, id_, fields, namespace, by_id=by_id) for kind, id_, fields in objects)
    return (
        f'<?xml version="1.0"?>\n<rdf:RDF xmlns:cim="{namespace}" xmlns:rdf="{_RDF}">\n{body}\n</rdf:RDF>\n'
    )


def _nothing(_kind: str, _id: str, _value: str) -> list:
    return []


def _terminals(_kind: str, id_: str, nodes: str) -> list:
    return [
        ("Terminal", f"{id_}.t{number}", [
            ("Terminal.ConductingEquipment", f"@{id_}"), ("Terminal.ConnectivityNode", f"@{node}"),
            ("ACDCTerminal.sequenceNumber", str(number)),
        ])
        for number, node in enumerate(nodes.split(","), start=1)
    ]  # fmt: skip


def _phases(kind: str, id_: str, phases: str) -> list:
    part, attribute, whole = _PHASE_OBJECTS.get(kind, ("SwitchPhase", "phaseSide1", "Switch"))
    return [
        (
            part,
            f"{id_}.{one}",
            [(f"{part}.{attribute}", f"#SinglePhaseKind.{one}"), (f"{part}.{whole}", f"@{id_}")],
        )
        for one in re.findall("s1|s2|[ABCN]", phases)
    ]


def _location(_kind: str, id_: str, points: str) -> list:
    made = [("Location", f"{id_}.place", [("Location.CoordinateSystem", "@crs")])]
    for number, point in enumerate(points.split(";"), start=1):
        x, y = point.split(",")
        made.append(
            ("PositionPoint", f"{id_}.p{number}", [
                ("PositionPoint.Location", f"@{id_}.place"), ("PositionPoint.sequenceNumber", str(number)),
                ("PositionPoint.xPosition", x), ("PositionPoint.yPosition", y),
            ])
        )  # fmt: skip
    return made


def _written(kind: str, id_: str, fields: list, namespace: str, *, by_id: bool) -> str:
    about, reference = ('rdf:ID="_', "#_") if by_id else ('rdf:about="urn:uuid:', "urn:uuid:")
    lines = [f'<cim:{kind} {about}{id_}">']
    for key, value in fields:
        name = key if "." in key else f"{kind}.{key}"
        if value.startswith("@"):
            lines.append(f'  <cim:{name} rdf:resource="{reference}{value[1:]}"/>')
        elif value.startswith("#"):
            lines.append(f'  <cim:{name} rdf:resource="{namespace}{value[1:]}"/>')
        else:
            lines.append(f"  <cim:{name}>{escape(value)}</cim:{name}>")
    return "\n".join([*lines, f"</cim:{kind}>"])

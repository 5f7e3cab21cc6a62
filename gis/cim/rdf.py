"""CIM RDF/XML files as RDF graphs: looked at with suspicion first, then parsed by rdflib.

Owns what a file must be to be read at all, and which namespaces are CIM. Nothing is fetched, and no entity
is expanded: a file with a document type declaration is refused before any parser could follow it.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.parsers import expat
from xml.sax import SAXException

import rdflib
from rdflib.exceptions import ParserError

from gis.errors import NetworkPackageError

# CIM16, CIM17 ("CIM100", "CIM101"), CIM18: bodies, years and versions change, the word CIM stays.
_CIM_NAMESPACE = re.compile(
    r"https?://(iec\.ch/TC57/|([\w.-]+\.)?ucaiug\.(org|io)/)[^#]*cim[^#]*#", re.IGNORECASE
)
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DIFFERENCES = "iec.ch/TC57/61970-552/DifferenceModel"
# One base for all files of a model, so that #_1 in one file is #_1 in another.
_BASE = "urn:relight:model"


class CimError(NetworkPackageError):
    """A CIM file cannot be read; the text names the file, the place in it and the way out."""


def is_cim_namespace(namespace: str) -> bool:
    """Tell whether a namespace is of one of the versions of CIM."""
    return _CIM_NAMESPACE.fullmatch(namespace) is not None


def read_graph(paths: Iterable[Path]) -> rdflib.Graph:
    """Return the graph of all files of one model together; CimError when one cannot be read."""
    graph = rdflib.Graph()
    seen: set[str] = set()
    for path in paths:
        content = _content(path)
        seen |= _namespaces(path, content)
        try:
            graph.parse(data=content, format="xml", publicID=_BASE)
        except ParserError as error:
            raise CimError(f"{path} is not sound RDF/XML: {error}. Export it again.") from error
        except (SAXException, ValueError, LookupError, AttributeError) as error:
            # rdflib stumbles over some RDF that XML allows, each time in its own way.
            raise CimError(
                f"{path} is XML, but no RDF that can be read ({error}). Export it again."
            ) from error
    if not any(is_cim_namespace(one) for one in seen):
        named = ", ".join(sorted(seen - {_RDF})) or "none"
        raise CimError(
            "No file uses a namespace of CIM, such as http://iec.ch/TC57/CIM100#. "
            f"The namespaces are: {named}. Export the model as CIM RDF/XML (CIM16, CIM17 or CIM18)."
        )
    return graph


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise CimError(f"{path} is a folder. Name the RDF/XML files in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise CimError(f"There is no file {path}. Check the path.") from error
    except OSError as error:
        raise CimError(f"{path} cannot be read: {error.strerror}. Check its permissions.") from error
    if not content.strip():
        raise CimError(f"{path} is empty. Export or copy it again.")
    if content.startswith(b"PK"):
        raise CimError(f"{path} is a zip archive. Unpack it, and name the XML files in it.")
    return content


class _Glance:
    """What one pass over a file tells: its root, and the namespaces of its elements."""

    def __init__(self) -> None:
        self.root = ""
        self.namespaces: set[str] = set()
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._note

    def _refuse(self, *_: object) -> None:
        raise _DoctypeError

    def _note(self, name: str, _attributes: object) -> None:
        self.root = self.root or name
        self.namespaces.add(name.rpartition(" ")[0])


class _DoctypeError(Exception):
    pass


def _namespaces(path: Path, content: bytes) -> set[str]:
    glance = _Glance()
    try:
        glance.parser.Parse(content, True)
    except _DoctypeError as error:
        raise CimError(
            f"{path} has a document type declaration (<!DOCTYPE …>), which no CIM file needs and "
            "which can do harm. Export it without one."
        ) from error
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise CimError(
            f"{path} is damaged, cut short or no XML ({error}). Export or copy it again."
        ) from error
    if glance.root != f"{_RDF} RDF":
        name = glance.root.rpartition(" ")[2]
        raise CimError(f"{path} is XML, but not RDF: it begins with '{name}' instead of 'rdf:RDF'.")
    if any(_DIFFERENCES in one for one in glance.namespaces):
        raise CimError(f"{path} holds only differences between two models. Name the files of a whole model.")
    return glance.namespaces

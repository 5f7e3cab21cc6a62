"""The formats a network may come in: telling which a file is in, and reading it by the right reader.

Owns no format itself. A new one is an entry in `_READERS`, a suffix, and what its files begin with.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gis.errors import NetworkPackageError
from gis.network_package import read_network_package
from gis.network_tables import NetworkTables
from topology.findings import Finding

ReadNetwork = tuple[NetworkTables, tuple[Finding, ...]]


class NetworkFormat(StrEnum):
    """The formats, by the names that commands and network versions use."""

    GPKG = "gpkg"
    SIMBENCH = "simbench"
    OPENDSS = "opendss"
    CIM = "cim"
    WINDMIL = "windmil"


# Formats whose files may not say where on Earth their coordinates are, or where supply enters.
WITHOUT_CRS = frozenset({NetworkFormat.OPENDSS, NetworkFormat.CIM, NetworkFormat.WINDMIL})
WITHOUT_SOURCES = frozenset({NetworkFormat.CIM})


@dataclass(frozen=True, slots=True)
class _Told:
    """What a person tells that a file does not."""

    crs: str | None
    sources: Sequence[str]


_SUFFIXES = {
    ".gpkg": NetworkFormat.GPKG,
    ".std": NetworkFormat.WINDMIL,
    ".seq": NetworkFormat.WINDMIL,
    ".dss": NetworkFormat.OPENDSS,
    ".xml": NetworkFormat.CIM,
    ".rdf": NetworkFormat.CIM,
}
# As in 1-MVLV-urban-all-0-sw; a version number, then words and hyphens, and never a suffix.
_SIMBENCH_CODE = re.compile(r"\d+-[\w-]+")
_LOOKED_AT_BYTES = 65_536
_OPENDSS = re.compile(rb"^\s*new\s+(object\s*=\s*)?\"?circuit\.", re.IGNORECASE | re.MULTILINE)
_FORMATS_IN_WORDS = (
    "a network package (*.gpkg), a WindMil circuit (*.std), an OpenDSS master script (*.dss), "
    "a CIM file (*.xml; a folder for several that belong together), or the code of a SimBench grid such as "
    "1-MVLV-urban-all-0-sw"
)


def read_network(
    source: str,
    *,
    format: NetworkFormat | None = None,
    crs: str | None = None,
    sources: Sequence[str] = (),
) -> tuple[NetworkTables, tuple[Finding, ...], NetworkFormat]:
    """Read a network in whichever format it comes, and say which that was.

    Args:
        source: The path of a file, or of a folder with the files of one CIM model, or a SimBench code.
        format: The format; without it, it is told by what the file holds, then by its suffix.
        crs: What the coordinates are in, for formats that do not say it themselves.
        sources: Ids or names of nodes where supply enters, for formats that may not say it themselves.

    NetworkPackageError and the other errors of the format's reader, each with the way out.
    """
    chosen = format or recognise_format(source)
    if crs is not None and chosen not in WITHOUT_CRS:
        raise NetworkPackageError(
            f"A {chosen} network says itself what its coordinates are in. Leave out --crs, which is for "
            f"{', '.join(sorted(WITHOUT_CRS))}."
        )
    if sources and chosen not in WITHOUT_SOURCES:
        raise NetworkPackageError(
            f"A {chosen} network says itself where supply enters. Leave out --source, which is for "
            f"{', '.join(sorted(WITHOUT_SOURCES))}."
        )
    tables, findings = _READERS[chosen](source, _Told(crs, sources))
    return tables, findings, chosen


def recognise_format(source: str) -> NetworkFormat:
    """Return the format of a file or grid by what it holds, else by its name.

    NetworkPackageError, with what was looked for, when it can be told by neither.
    """
    path = Path(source)
    by_suffix = _SUFFIXES.get(path.suffix.lower())
    if path.is_file():
        found = _format_of_content(path) or by_suffix
        if found is not None:
            return found
        raise NetworkPackageError(
            f"{source} is in no format that Relight recognises: it begins neither as a GeoPackage nor as a "
            "WindMil circuit, a CIM file (rdf:RDF) or an OpenDSS script (New Circuit), and its suffix is of "
            f"none of them. Name its format with --format {'|'.join(NetworkFormat)}, or name "
            f"{_FORMATS_IN_WORDS}."
        )
    if by_suffix is not None:
        return by_suffix
    if path.is_dir():
        if _profiles(path):
            return NetworkFormat.CIM
        raise NetworkPackageError(f"{source} is a folder. Name the file in it: {_FORMATS_IN_WORDS}.")
    if _SIMBENCH_CODE.fullmatch(source):
        return NetworkFormat.SIMBENCH
    raise NetworkPackageError(f"There is no file {source}. Name {_FORMATS_IN_WORDS}.")


def _profiles(path: Path) -> list[Path]:
    """Return the RDF/XML files of a folder; a CIM model often comes as several that belong together."""
    return sorted(one for one in path.iterdir() if _SUFFIXES.get(one.suffix.lower()) is NetworkFormat.CIM)


def _format_of_content(path: Path) -> NetworkFormat | None:
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOKED_AT_BYTES)
    except OSError as error:
        raise NetworkPackageError(
            f"{path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    if begin.startswith(b"SQLite format 3\x00"):
        return NetworkFormat.GPKG
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        begin = begin.decode("utf-16", "replace").encode()
    begin = begin.removeprefix(codecs.BOM_UTF8).lstrip()
    if begin[:20].upper() == b"MILSOFT STD WM ASCII":
        return NetworkFormat.WINDMIL
    if begin.startswith(b"<") and b"<rdf:RDF" in begin:
        return NetworkFormat.CIM
    return NetworkFormat.OPENDSS if _OPENDSS.search(begin) else None


# The readers of other formats are imported only when they are needed: some take a second, or an extra.


def _read_gpkg(source: str, _told: _Told) -> ReadNetwork:
    return read_network_package(source)


def _read_simbench(source: str, _told: _Told) -> ReadNetwork:
    from gis.simbench import read_simbench

    return read_simbench(source)


def _read_opendss(source: str, told: _Told) -> ReadNetwork:
    from gis.opendss import read_opendss

    return read_opendss(source, crs=told.crs)


def _read_cim(source: str, told: _Told) -> ReadNetwork:
    from gis.cim import read_cim

    path = Path(source)
    files = (path.is_dir() and _profiles(path)) or [path]
    return read_cim(files, crs=told.crs, sources=told.sources)


def _read_windmil(source: str, told: _Told) -> ReadNetwork:
    from gis.windmil import read_windmil

    return read_windmil(source, crs=told.crs)


_READERS: dict[NetworkFormat, Callable[[str, _Told], ReadNetwork]] = {
    NetworkFormat.GPKG: _read_gpkg,
    NetworkFormat.SIMBENCH: _read_simbench,
    NetworkFormat.OPENDSS: _read_opendss,
    NetworkFormat.CIM: _read_cim,
    NetworkFormat.WINDMIL: _read_windmil,
}

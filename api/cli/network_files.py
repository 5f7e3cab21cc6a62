"""Reading a network for a command, in whichever format it comes."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import busy
from gis.errors import NetworkPackageError
from gis.network_package import read_network_package
from gis.network_tables import NetworkTables
from gis.simbench import read_simbench
from topology.findings import Finding


class NetworkFormat(StrEnum):
    """The formats a network may come in."""

    GPKG = "gpkg"
    SIMBENCH = "simbench"


NetworkPath = Annotated[
    str, typer.Argument(metavar="PATH", help="A network package (*.gpkg), or the code of a SimBench grid.")
]
FormatOption = Annotated[
    NetworkFormat | None, typer.Option("--format", help="The format; without it, it is told by the name.")
]

_READERS: dict[NetworkFormat, Callable[[str], tuple[NetworkTables, tuple[Finding, ...]]]] = {
    NetworkFormat.GPKG: read_network_package,
    NetworkFormat.SIMBENCH: read_simbench,
}
# As in 1-MVLV-urban-all-0-sw; a version number, then words and hyphens, and never a suffix.
_SIMBENCH_CODE = re.compile(r"\d+-[\w-]+")


def read_network(
    path: str, given: NetworkFormat | None
) -> tuple[NetworkTables, tuple[Finding, ...], NetworkFormat]:
    """Return the tables, the findings of reading them, and the format; NetworkPackageError, SimbenchError."""
    chosen = given or _format_of(path)
    with busy(f"Reading {path}"):
        tables, findings = _READERS[chosen](path)
    return tables, findings, chosen


def _format_of(path: str) -> NetworkFormat:
    if path.endswith(".gpkg") or Path(path).exists():
        return NetworkFormat.GPKG
    if _SIMBENCH_CODE.fullmatch(path):
        return NetworkFormat.SIMBENCH
    raise NetworkPackageError(
        f"There is no file {path}. Name a network package (*.gpkg) or a SimBench grid such as "
        "1-MVLV-urban-all-0-sw."
    )

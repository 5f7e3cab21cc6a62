"""Reading a network for a command, in whichever format it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from api.cli.network_progress import moving_bar
from gis.check import check_tables
from gis.network_formats import NetworkFormat
from gis.network_formats import read_network as read
from gis.network_tables import NetworkTables
from topology.findings import Finding

NetworkPath = Annotated[
    str,
    typer.Argument(
        metavar="PATH",
        help="A network package (*.gpkg), a WindMil circuit (*.std), an OpenDSS master script (*.dss), "
        "a CIM file (*.xml) or a folder of them, or the code of a SimBench grid.",
    ),
]
FormatOption = Annotated[
    NetworkFormat | None,
    typer.Option("--format", help="The format; without it, it is told by the file, then by its name."),
]
CrsOption = Annotated[
    str | None,
    typer.Option(
        "--crs",
        metavar="EPSG:N",
        help="What the coordinates are in, where the file does not say it (windmil, opendss, cim).",
    ),
]
SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NODE",
        help="A node where supply enters, where the file does not say it (cim); may be repeated.",
    ),
]


def read_network(
    path: str, given: NetworkFormat | None, crs: str | None = None, sources: Sequence[str] | None = None
) -> tuple[NetworkTables, tuple[Finding, ...], NetworkFormat]:
    """Return the tables, the findings of reading them, and the format; GisError with the way out."""
    with moving_bar(f"Reading {path}"):
        return read(path, format=given, crs=crs, sources=tuple(sources or ()))


def read_and_check(
    path: str, given: NetworkFormat | None, crs: str | None, sources: Sequence[str] | None
) -> tuple[NetworkTables, tuple[Finding, ...], NetworkFormat]:
    """Return the tables, the findings of reading and of checking them, and the format; GisError."""
    tables, findings, read_as = read_network(path, given, crs, sources)
    with moving_bar("Checking"):
        return tables, (*findings, *check_tables(tables)), read_as

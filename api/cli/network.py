"""`relight network`: import, activate, check, export, convert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.cli.network_files import (
    CrsOption,
    FormatOption,
    NetworkPath,
    SourceOption,
    read_and_check,
    read_network,
)
from api.cli.network_progress import moving_bar
from api.cli.network_words import say_activation, version_as_json
from api.cli.output import (
    FINDINGS_IN_THE_INPUT,
    AsJson,
    end_with_findings,
    findings_as_json,
    mention_findings,
    progress_by_part,
    say,
    say_json,
)
from api.processes.database import open_engine
from api.settings import DatabaseSettings
from dispatch.clock import simulated_now
from dispatch.errors import NoActiveNetwork
from dispatch.network_activation import activate_network, remove_network
from dispatch.network_cache import NetworkCache
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from gis.network_columns import LAYERS
from gis.network_package import write_network_package
from gis.network_versions import (
    active_network_version,
    export_network,
    import_network,
    list_network_versions,
)
from topology.findings import count_things

# Who the change log says it was.
ACTOR = "operator"

commands = typer.Typer(
    help="Networks: import them, put one in force, remove old ones, check them, write them to a file.",
    no_args_is_help=True,
)


@commands.command("import")
def import_file(
    path: NetworkPath,
    format: FormatOption = None,
    crs: CrsOption = None,
    source: SourceOption = None,
    as_json: AsJson = False,
) -> None:
    """Import a network as a new version; it lands whole or not at all, and is not in force yet."""
    tables, findings, read_as = read_and_check(path, format, crs, source)
    with (
        open_engine(DatabaseSettings(), application_name="relight import") as engine,
        progress_by_part() as progress,
        intake_transaction(engine) as session,
    ):
        imported = import_network(
            session,
            tables=tables,
            findings=findings,
            source=Path(path).name,
            format=read_as,
            now=datetime.now(UTC),
            progress=progress,
        )
    if as_json:
        say_json(
            {
                "network_version": imported.network_version,
                "counts": imported.counts,
                "findings": findings_as_json(imported.findings),
            }
        )
    else:
        mention_findings(imported.findings)
        say(f"Imported as network version {imported.network_version}: {counted(imported.counts)}.")
        say(f"Put it in force with: relight network activate {imported.network_version}")
    end_with_findings(imported.findings)


@commands.command("activate")
def activate(
    network_version: Annotated[int, typer.Argument(metavar="V", help="The number the import gave it.")],
    as_json: AsJson = False,
) -> None:
    """Put a network version in force, also while outages are open: they go over by their ids.

    Nothing closes by itself. What the version has lost is listed, with exit code 1; to step back, activate
    the version before.
    """
    settings = DatabaseSettings()
    networks = NetworkCache(folder=settings.networks_folder)
    with open_engine(settings, application_name="relight activate") as engine:
        with moving_bar("Walking the network"), read_transaction(engine) as session:
            networks.prepare(session, network_version=network_version)
        with write_transaction(engine) as session:
            now = simulated_now(session, real_now=datetime.now(UTC))
            done = activate_network(
                session, network_version=network_version, networks=networks, actor=ACTOR, now=now
            )
    if as_json:
        say_json({**asdict(done), "status": "active"})
    else:
        say_activation(done)
    if done.worklist:
        raise typer.Exit(FINDINGS_IN_THE_INPUT)


@commands.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the network versions, newest first."""
    with (
        open_engine(DatabaseSettings(), application_name="relight list") as engine,
        read_transaction(engine) as session,
    ):
        versions = list_network_versions(session)
    if as_json:
        say_json({"network_versions": [version_as_json(one) for one in versions]})
        return
    for one in versions:
        when = f"{one.imported_at:%Y-%m-%d %H:%M}"
        say(f"{one.network_version}  {one.status:8}{when}  {one.name}  ({one.source})")


@commands.command("remove")
def remove(
    network_version: Annotated[int, typer.Argument(metavar="V", help="The number the import gave it.")],
    as_json: AsJson = False,
) -> None:
    """Remove a network version with all its rows; never the one in force, nor one that open outages need."""
    with (
        open_engine(DatabaseSettings(), application_name="relight remove") as engine,
        write_transaction(engine) as session,
    ):
        remove_network(session, network_version=network_version)
    if as_json:
        say_json({"network_version": network_version, "status": "removed"})
    else:
        say(f"Network version {network_version} is removed.")


@commands.command("check")
def check(
    path: NetworkPath,
    format: FormatOption = None,
    crs: CrsOption = None,
    source: SourceOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with a network; exit code 1 when something is. Needs no database."""
    _, findings, _ = read_and_check(path, format, crs, source)
    if as_json:
        say_json({"findings": findings_as_json(findings)})
    else:
        mention_findings(findings)
        say(f"{len(findings)} findings." if findings else "No findings.")
    end_with_findings(findings)


@commands.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT.gpkg", help="The file to write; it is replaced whole.")],
    network_version: Annotated[
        int | None, typer.Option("--version", help="Which version; without it, the one in force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a network version to a network package."""
    with (
        open_engine(DatabaseSettings(), application_name="relight export") as engine,
        moving_bar("Exporting"),
    ):
        with read_transaction(engine) as session:
            chosen = network_version or active_network_version(session)
            if chosen is None:
                raise NoActiveNetwork
            tables = export_network(session, network_version=chosen)
        write_network_package(tables, out)
    if as_json:
        say_json({"network_version": chosen, "path": str(out)})
    else:
        say(f"Network version {chosen} is written to {out}.")


@commands.command("convert")
def convert(
    path: NetworkPath,
    out: Annotated[Path, typer.Argument(metavar="OUT.gpkg", help="The file to write; it is replaced whole.")],
    format: FormatOption = None,
    crs: CrsOption = None,
    source: SourceOption = None,
    as_json: AsJson = False,
) -> None:
    """Turn a network of any format into a network package. Needs no database.

    The file is whole or not there; exit code 1 when something in the input is odd.
    """
    if out.suffix.lower() != ".gpkg":
        # Also keeps a slip of the hand from replacing the very file that is read.
        raise typer.BadParameter(
            f"{out} must end in .gpkg: a network package is written.", param_hint="OUT.gpkg"
        )
    tables, findings, read_as = read_network(path, format, crs, source)
    with moving_bar(f"Writing {out}"):
        write_network_package(tables, out)
    counts = {layer: len(tables.layer(layer)) for layer in LAYERS}
    if as_json:
        say_json(
            {
                "path": str(out),
                "format": read_as,
                "counts": counts,
                "findings": findings_as_json(findings),
            }
        )
    else:
        mention_findings(findings)
        say(f"{path} is written to {out}: {counted(counts)}.")
    end_with_findings(findings)


def counted(counts: Mapping[str, int]) -> str:
    """Return how many rows of each layer there are, in words."""
    return ", ".join(count_things(count, layer.replace("_", " ")) for layer, count in counts.items())

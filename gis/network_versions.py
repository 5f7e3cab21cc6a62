"""Network versions: importing a network whole or not at all, putting one in force, reading it back.

Every operation runs in the caller's transaction, and the caller commits. What becomes of open outages
when another version comes into force is `dispatch`'s concern.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gis.errors import NetworkVersionInUseError, NetworkVersionNotFoundError
from gis.map_features import copy_map
from gis.named_places import copy_named_places, places_of_addresses
from gis.network_columns import LAYERS
from gis.network_partitions import attach_partitions, drop_partitions, make_partitions
from gis.network_rows import Progress, copy_layer, fetch_arrays, fetch_layer
from gis.network_tables import NetworkTables, network_tables
from gis.storable_rows import storable_rows
from gis.tables import NetworkVersionRow
from topology.build import DeviceColumns, NodeColumns, ServicePointColumns, build_network
from topology.findings import Finding
from topology.network import Network


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import brought: the new version, rows by layer, and everything found on the way."""

    network_version: int
    counts: dict[str, int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class NetworkVersion:
    """One network version as it stands; `status` is ready, active or retired."""

    network_version: int
    name: str
    source: str
    format: str
    status: str
    imported_at: datetime
    activated_at: datetime | None
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def import_network(
    session: Session,
    *,
    tables: NetworkTables,
    findings: Sequence[Finding],
    source: str,
    format: str,
    now: datetime,
    progress: Progress | None = None,
) -> ImportResult:
    """Store a network as a new version (ready, not in force) in the caller's transaction.

    Args:
        session: The caller commits; until then nothing is seen, and after an error nothing stays.
        tables: The network.
        findings: Those of reading and of `check_tables`; stored with the version.
        source: Where it came from, in words (a file name, a SimBench code).
        format: The format it came in (gpkg, simbench).
        now: The time of the import, aware.
        progress: Called with the table, its rows done and all its rows; at last with the indexes.
    """
    network, _ = tables.to_network()
    rows, left_out = storable_rows(tables)
    all_findings = (*findings, *_unsaid(left_out, findings))
    counts = {name: len(frame) for name, frame in rows.items()}
    version = NetworkVersionRow(
        name=tables.name,
        source=source,
        format=format,
        status="ready",
        imported_at=now,
        counts=counts,
        findings=[asdict(one) for one in all_findings],
    )
    session.add(version)
    session.flush()
    make_partitions(session, network_version=version.id)
    named, of_points = places_of_addresses(rows["service_point"])
    for name, layer in LAYERS.items():
        more = of_points if name == "service_point" else None
        copy_layer(
            session, network_version=version.id, layer=layer, rows=rows[name], progress=progress, more=more
        )
    copy_named_places(session, network_version=version.id, rows=rows, streets=named, progress=progress)
    copy_map(session, network_version=version.id, rows=rows, network=network, progress=progress)
    attach_partitions(session, network_version=version.id, progress=progress)
    return ImportResult(network_version=version.id, counts=counts, findings=all_findings)


def _unsaid(left_out: Sequence[Finding], findings: Sequence[Finding]) -> list[Finding]:
    """Rows are never left out in silence, even when the caller did not check the tables."""
    said = {(one.rule, one.layer) for one in findings}
    return [one for one in left_out if (one.rule, one.layer) not in said]


def activate_network_version(session: Session, *, network_version: int, now: datetime) -> None:
    """Put a version in force and retire the one that was; NetworkVersionNotFoundError when there is none."""
    session.execute(select(NetworkVersionRow.id).with_for_update()).all()
    wanted = session.get(NetworkVersionRow, network_version, populate_existing=True)
    if wanted is None:
        raise NetworkVersionNotFoundError(network_version)
    if wanted.status == "active":
        return
    session.execute(
        update(NetworkVersionRow).where(NetworkVersionRow.status == "active").values(status="retired")
    )
    wanted.status = "active"
    wanted.activated_at = now
    session.flush()


def remove_network_version(session: Session, *, network_version: int) -> None:
    """Remove a version with all its rows; what is known of past outages stays, without its places.

    NetworkVersionNotFoundError when there is none, NetworkVersionInUseError when it is in force,
    NetworkVersionBusyError when others use the tables for longer than one cares to wait.
    """
    session.execute(select(NetworkVersionRow.id).with_for_update()).all()
    if _row(session, network_version).status == "active":
        raise NetworkVersionInUseError(network_version)
    drop_partitions(session, network_version=network_version)
    session.execute(delete(NetworkVersionRow).where(NetworkVersionRow.id == network_version))
    session.expire_all()


def active_network_version(session: Session) -> int | None:
    """Return the number of the version in force; None before the first."""
    return session.scalar(select(NetworkVersionRow.id).where(NetworkVersionRow.status == "active"))


def list_network_versions(session: Session) -> list[NetworkVersion]:
    """Return all versions, newest first."""
    rows = session.scalars(select(NetworkVersionRow).order_by(NetworkVersionRow.id.desc()))
    return [_as_version(row) for row in rows]


def network_version_details(session: Session, *, network_version: int) -> NetworkVersion:
    """Return one version with its findings; NetworkVersionNotFoundError when there is none."""
    return _as_version(_row(session, network_version))


def _row(session: Session, network_version: int) -> NetworkVersionRow:
    row = session.get(NetworkVersionRow, network_version)
    if row is None:
        raise NetworkVersionNotFoundError(network_version)
    return row


def _as_version(row: NetworkVersionRow) -> NetworkVersion:
    return NetworkVersion(
        network_version=row.id,
        name=row.name,
        source=row.source,
        format=row.format,
        status=row.status,
        imported_at=row.imported_at,
        activated_at=row.activated_at,
        counts=dict(row.counts),
        findings=tuple(_as_finding(one) for one in row.findings),
    )


def _as_finding(stored: dict[str, Any]) -> Finding:
    return Finding(rule=stored["rule"], layer=stored["layer"], ids=tuple(stored["ids"]), text=stored["text"])


def export_network(session: Session, *, network_version: int) -> NetworkTables:
    """Read a version back as tables, in the order of their ids; NetworkVersionNotFoundError when absent."""
    name = _row(session, network_version).name
    layers = {
        layer.name: fetch_layer(session, network_version=network_version, layer=layer)
        for layer in LAYERS.values()
    }
    tables, _ = network_tables(name=name, layers=layers)
    return tables


def load_network(session: Session, *, network_version: int) -> Network:
    """Build a version's network straight from its rows; NetworkVersionNotFoundError when absent.

    What is wrong with the rows was found at import and stands with the version.
    """
    _row(session, network_version)

    def columns(table: str, *names: str) -> list[list[Any]]:
        return fetch_arrays(session, network_version=network_version, table=table, columns=names)

    node_ids, is_source = columns("node", "id", "is_source")
    ends = ("id", "kind", "from_node", "to_node", "phases")
    lines = columns("line_section", *ends)
    lines.append([False] * len(lines[0]))
    switches = columns("switch", *ends, "normally_open")
    transformers = columns("transformer", *ends)
    transformers.append([False] * len(transformers[0]))
    devices = [[*one, *two, *three] for one, two, three in zip(lines, switches, transformers, strict=True)]
    service_points = columns("service_point", "id", "node", "phases", "customers")
    network, _ = build_network(
        nodes=NodeColumns(ids=node_ids, is_source=is_source),
        devices=DeviceColumns(*devices),
        service_points=ServicePointColumns(*service_points),
    )
    return network

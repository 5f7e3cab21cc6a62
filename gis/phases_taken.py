"""Which phases service points take, and on which feeder a device stands, of one network version."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, Text, any_, func, literal, select, union_all
from sqlalchemy.orm import Session

from gis.tables import LineSectionRow, ServicePointRow, SwitchRow, TransformerRow


def phases_taken(
    session: Session, *, network_version: int, service_points: Collection[str]
) -> dict[str, str]:
    """Return service point → the phases it takes, such as "ABC"; what the version does not have is absent."""
    if not service_points:
        return {}
    query = select(ServicePointRow.id, func.translate(func.upper(ServicePointRow.phases), "N", "")).where(
        ServicePointRow.network_version == network_version,
        ServicePointRow.id == any_(literal(list(service_points), ARRAY(Text))),
    )
    # Many are alike: one string each of the few there are.
    written: dict[str, str] = {}
    return {
        id: written.setdefault(phases, "".join(sorted(set(phases)))) for id, phases in session.execute(query)
    }


def feeder_of_device(session: Session, *, network_version: int, device: str) -> str | None:
    """Return the feeder that the network names for a device; None where it names none."""
    found = union_all(
        *(
            select(table.feeder).where(table.network_version == network_version, table.id == device)
            for table in (LineSectionRow, SwitchRow, TransformerRow)
        )
    ).subquery()
    return session.scalar(select(found.c.feeder).where(found.c.feeder.is_not(None)).limit(1))


def feeders_of_switches(session: Session, *, network_version: int, ids: Collection[str]) -> dict[str, str]:
    """Return switch → the feeder that the network names for it; a switch without one is absent."""
    if not ids:
        return {}
    query = select(SwitchRow.id, SwitchRow.feeder).where(
        SwitchRow.network_version == network_version,
        SwitchRow.id == any_(literal(sorted(ids), ARRAY(Text))),
        SwitchRow.feeder.is_not(None),
    )
    return {row.id: str(row.feeder) for row in session.execute(query)}

"""What everybody may see at one moment: the cells with their numbers, and planned work with those of its own.

Owns the reading of it; what may be told is the rule of dispatch/public_counts.py, and nothing here tells
more: no outage id, no device, no words that a person wrote.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.errors import NoActiveNetwork
from dispatch.planned_states import PlannedStatus
from dispatch.public_counts import told_customers
from dispatch.tables import AffectedRow
from gis.network_versions import active_network_version
from gis.public_cells import PublicCell, PublicCells, read_public_cells
from topology.arrays import LongArray

_TOLD_STATUSES = (PlannedStatus.PUBLISHED, PlannedStatus.NOTIFIED, PlannedStatus.EXECUTING)


@dataclass(frozen=True, slots=True)
class ToldArea:
    """One cell in which something is told, and the number: at least so many customers."""

    cell: PublicCell
    customers: int


@dataclass(frozen=True, slots=True)
class ToldWork:
    """Planned work that concerns five customers or more of a cell; `id` is its own and says nothing else."""

    id: str
    work: str
    is_under_way: bool
    starts_at: datetime
    ends_at: datetime
    areas: tuple[ToldArea, ...]

    @property
    def customers(self) -> int:
        """At least so many customers, in the areas told."""
        return sum(area.customers for area in self.areas)


@dataclass(frozen=True, slots=True)
class PublicPicture:
    """All that everybody may see at `as_of`, by the clock of the database."""

    as_of: datetime
    cells: PublicCells
    areas: tuple[ToldArea, ...]
    works: tuple[ToldWork, ...]

    @property
    def customers(self) -> int:
        """At least so many customers are out, in the areas told."""
        return sum(area.customers for area in self.areas)

    @property
    def is_calm(self) -> bool:
        """Whether nothing at all is told, so that cells may be drawn anew (rule 6)."""
        return not self.areas and not self.works


def version_in_force(session: Session) -> int:
    """Return the network version in force; NoActiveNetwork if there is none."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    return network_version


def cells_of(session: Session, *, network_version: int) -> PublicCells:
    """Return the cells of a network version; empty where it was removed."""
    return read_public_cells(session, network_version=network_version)


def public_picture(session: Session, *, cells: PublicCells, now: datetime) -> PublicPicture:
    """Return what everybody may see now, in these cells."""
    out = session.scalars(
        select(func.array_agg(AffectedRow.service_point.distinct())).where(AffectedRow.ended_at.is_(None))
    ).one()
    return PublicPicture(
        as_of=now,
        cells=cells,
        areas=told_areas(cells, cells.points(out or [])),
        works=_works(session, cells=cells, now=now),
    )


def told_areas(cells: PublicCells, out: LongArray) -> tuple[ToldArea, ...]:
    """Return the cells in which something is told, by the numbers of the service points that are out."""
    told = told_customers(
        out=out,
        cell_of_point=cells.cell_of_point,
        customers_of_point=cells.customers_of_point,
        cells=len(cells.cells),
    )
    return tuple(
        ToldArea(cell=cells.cells[number], customers=customers)
        for number, customers in enumerate(told.tolist())
        if customers
    )


def _works(session: Session, *, cells: PublicCells, now: datetime) -> tuple[ToldWork, ...]:
    """Return published work that is not over, the next first."""
    points = (
        select(func.array_agg(PlannedServicePointRow.service_point))
        .where(PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .scalar_subquery()
    )
    query = select(
        PlannedOutageRow.id,
        PlannedOutageRow.work,
        PlannedOutageRow.status,
        PlannedOutageRow.starts_at,
        PlannedOutageRow.ends_at,
        points.label("points"),
    ).where(
        PlannedOutageRow.status.in_(_TOLD_STATUSES),
        (PlannedOutageRow.ends_at > now) | (PlannedOutageRow.status == PlannedStatus.EXECUTING),
    )
    works = [
        ToldWork(
            id=_own_id(row.id),
            work=row.work,
            is_under_way=row.status == PlannedStatus.EXECUTING,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            areas=told_areas(cells, cells.points(row.points or [])),
        )
        for row in session.execute(query)
    ]
    return tuple(sorted((work for work in works if work.areas), key=lambda one: (one.starts_at, one.id)))


def _own_id(planned_outage_id: str) -> str:
    # The numbers of planned outages follow each other: their gaps would tell of work that is not told.
    return hashlib.sha256(f"planned work {planned_outage_id}".encode()).hexdigest()[:16]

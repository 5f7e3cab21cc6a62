"""Whom a planned outage leaves without supply: to the household, by its switching orders or by its device.

RULE 1: with switching orders, everybody counts who lacks a phase after any of their steps and did not before
the first; steps are taken in the order of the orders' drafting. Of a cancelled order only what was executed.
RULE 2: without an order, a device's households by the trace of the normal state, or service points by name.
RULE 3: every answer that differs is a version of its own, and stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.current_supply import CurrentSupply, phases_changed
from dispatch.errors import Because, Conflict, InvalidInput, UnknownThing
from dispatch.network_cache import TracedNetwork
from dispatch.planned_rows import service_points_of
from dispatch.planned_tables import PlannedVersionRow
from dispatch.states import StepStatus, SwitchingStatus
from dispatch.switch_positions import under_positions
from dispatch.switching_orders import as_step, step_rows
from dispatch.switching_tables import SwitchingOrderRow, SwitchingStepRow
from dispatch.temporary_places import has_place
from topology.errors import TemporarySupplyError
from topology.supply import Supply
from topology.switching_step import CloseDevice, OpenDevice, Place, Remove, SwitchingStep, apply_step
from topology.trace import service_points_downstream


@dataclass(frozen=True, slots=True)
class Extent:
    """Whom it concerns, and how that was found; `steps` as (order, number, action, device, phases)."""

    source: str
    basis: str
    steps: tuple[tuple[str, int, str, str, str], ...]
    service_points: tuple[str, ...]
    customers: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What a version changed: whom it added and removed. None of both: there is no new version."""

    number: int
    added: tuple[str, ...]
    removed: tuple[str, ...]


def named_extent(traced: TracedNetwork, *, device: str | None, service_points: Sequence[str]) -> Extent:
    """Return whom a device feeds, or the named service points; UnknownThing, InvalidInput."""
    if device is not None and service_points:
        raise InvalidInput(field="device", text="name either a device or service_points")
    if device is None:
        for id in service_points:
            if not traced.network.has_service_point(id):
                raise UnknownThing(kind="service point", id=id)
        return _extent(traced, "service_points", "normal", (), set(service_points))
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    found = service_points_downstream(tree=traced.normal, device=device)
    if not found:
        raise InvalidInput(field="device", text=f"nobody loses supply when {device} opens")
    return _extent(traced, "device", "normal", (), set(found))


def studied_extent(
    session: Session, *, row: PlannedOutageRow, traced: TracedNetwork, basis: str = "normal"
) -> Extent:
    """Return whom a planned outage concerns as its orders and the network are now (rules 1 and 2).

    Conflict where neither orders, nor a device, nor service points say whom.
    """
    steps = planned_steps(session, row)
    if steps:
        lost = lost_by(traced, [step for _, step in steps], basis=basis)
        return _extent(traced, "switching", basis, tuple(told for told, _ in steps), lost)
    if row.device is not None:
        return named_extent(traced, device=row.device, service_points=())
    named = session.scalar(
        select(PlannedVersionRow.service_points)
        .where(PlannedVersionRow.planned_outage_id == row.id, PlannedVersionRow.source == "service_points")
        .order_by(PlannedVersionRow.number.desc())
        .limit(1)
    )
    if not named:
        raise Conflict(
            f"Nothing says whom {row.id} concerns. Draft its switching order first.",
            because=Because.NOBODY_NAMED,
        )
    return _extent(traced, "service_points", "normal", (), set(named))


def planned_steps(
    session: Session, row: PlannedOutageRow
) -> list[tuple[tuple[str, int, str, str, str], SwitchingStep]]:
    """Return the steps of its switching orders (rule 1), as told and as topology takes them."""
    found = []
    for order, step in _order_steps(session, row.id):
        if order.status == SwitchingStatus.CANCELLED and step.status != StepStatus.EXECUTED:
            continue
        one = as_step(step)
        told = (order.id, step.number, step.action, one.subject, step.phases)
        found.append((told, one.of_topology))
    return found


def isolation_of(session: Session, *, row: PlannedOutageRow, traced: TracedNetwork) -> list[SwitchingStep]:
    """Return the steps that isolate: those of its orders, else its device opened; else none."""
    steps = [step for _, step in planned_steps(session, row) if _is_known(traced, step)]
    if steps or row.device is None or not traced.network.has_device(row.device):
        return steps
    return [OpenDevice(row.device)]


def lost_by(traced: TracedNetwork, steps: Sequence[SwitchingStep], *, basis: str = "normal") -> set[str]:
    """Return who lacks a phase after any of the steps that it had before the first; UnknownDeviceError."""
    supply = under_positions(traced.normal, {}) if basis == "normal" else traced.supply
    before = CurrentSupply(traced, supply, {})
    lost: set[str] = set()
    for step in steps:
        supply = supply_after(supply, step)
        lost.update(phases_changed(before, before.with_supply(supply))[0])
    return lost


def is_current(session: Session, row: PlannedOutageRow) -> bool:
    """Return whether the last version was made of the switching steps that there are now."""
    last = latest_version(session, row.id)
    now = [list(told) for told, _ in planned_steps(session, row)]
    return last is not None and last.steps == now


def keep_version(
    session: Session,
    *,
    row: PlannedOutageRow,
    extent: Extent,
    network_version: int,
    actor: str,
    now: datetime,
) -> Difference | None:
    """Keep whom a planned outage concerns as a version, unless it is that of the last one (rule 3)."""
    last = latest_version(session, row.id)
    told: list[Any] = [list(one) for one in extent.steps]
    before = set(service_points_of(session, row))
    added = tuple(sorted(set(extent.service_points) - before))
    removed = tuple(sorted(before - set(extent.service_points)))
    if (
        last is not None
        and not added
        and not removed
        and (last.source, last.basis, last.steps)
        == (
            extent.source,
            extent.basis,
            told,
        )
    ):
        return None
    number = (last.number if last is not None else 0) + 1
    session.add(
        PlannedVersionRow(
            planned_outage_id=row.id,
            number=number,
            recorded_at=now,
            recorded_by=actor,
            source=extent.source,
            basis=extent.basis,
            steps=told,
            network_version=network_version,
            customers=extent.customers,
            service_points=list(extent.service_points),
            added=list(added),
            removed=list(removed),
        )
    )
    _put_in_force(session, row, extent)
    return Difference(number=number, added=added, removed=removed)


def _put_in_force(session: Session, row: PlannedOutageRow, extent: Extent) -> None:
    """Let the list that everybody asks be that of an extent."""
    session.execute(delete(PlannedServicePointRow).where(PlannedServicePointRow.planned_outage_id == row.id))
    rows = [{"planned_outage_id": row.id, "service_point": id} for id in extent.service_points]
    if rows:
        session.execute(insert(PlannedServicePointRow), rows)
    session.flush()


def latest_version(session: Session, planned_outage_id: str) -> PlannedVersionRow | None:
    """Return the last version of whom a planned outage concerns."""
    return session.scalar(
        select(PlannedVersionRow)
        .where(PlannedVersionRow.planned_outage_id == planned_outage_id)
        .order_by(PlannedVersionRow.number.desc())
        .limit(1)
    )


def _order_steps(
    session: Session, planned_outage_id: str
) -> Iterator[tuple[SwitchingOrderRow, SwitchingStepRow]]:
    query = (
        select(SwitchingOrderRow)
        .where(SwitchingOrderRow.planned_outage_id == planned_outage_id)
        .order_by(SwitchingOrderRow.drafted_at, func.length(SwitchingOrderRow.id), SwitchingOrderRow.id)
    )
    for order in session.scalars(query).all():
        for step in step_rows(session, order.id):
            yield order, step


def supply_after(supply: Supply, step: SwitchingStep) -> Supply:
    """Return the supply after a step; what is placed already, or not there to be removed, changes nothing."""
    try:
        return apply_step(supply, step)
    except TemporarySupplyError:
        return supply


def _is_known(traced: TracedNetwork, step: SwitchingStep) -> bool:
    match step:
        case OpenDevice(device, _) | CloseDevice(device, _):
            return traced.network.has_device(device)
        case Place(temporary):
            return has_place(traced.network, temporary)
        case Remove(_):
            return True


def _extent(
    traced: TracedNetwork,
    source: str,
    basis: str,
    steps: tuple[tuple[str, int, str, str, str], ...],
    lost: set[str],
) -> Extent:
    ids = tuple(sorted(lost))
    found = traced.network.find_service_points(list(ids))
    customers = int(traced.network.service_point_customers[found[found >= 0]].sum()) if ids else 0
    return Extent(source=source, basis=basis, steps=steps, service_points=ids, customers=customers)

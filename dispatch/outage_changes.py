"""What people's changes to outages have in common: which device, when it happened, who is behind it.

A person's word wins over a prediction: whom it held behind a device that a person names, it lets go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE, merge_outage
from dispatch.change_log import Author, changes_after, record, set_values
from dispatch.current_supply import CurrentSupply, fed_through, phases_believed_open, phases_changed
from dispatch.errors import Because, Conflict, InvalidInput, StaleVersion, UnknownThing
from dispatch.events import NOT_DECISIVE, Event
from dispatch.intake import LATEST_AHEAD
from dispatch.interruptions import among
from dispatch.network_cache import TracedNetwork
from dispatch.outages import outage_row
from dispatch.states import HELD_OUTAGE_STATUSES, OutageAction, OutageStatus, outage_status_after
from dispatch.switched_outages import record_switched
from dispatch.switched_supply import Holder, put_out
from dispatch.tables import AffectedRow, OutageRow
from topology.errors import TopologyError
from topology.phases import format_phases, parse_phases

# Neither the engine nor the planner decides anything.
_NOBODY = (ENGINE, "planner")


@dataclass(frozen=True, slots=True)
class NamedDevice:
    """A device that a person names, or the service of one service point, and its phases that are open."""

    id: str
    kind: str
    phases: str


def named_device(traced: TracedNetwork, *, device: str, phases: str | None) -> NamedDevice:
    """Return the device that a person means; without phases, all that it has.

    UnknownThing if the network in force has none with this id, InvalidInput for phases that it does not have.
    """
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    network = traced.network
    if network.has_device(device):
        own = int(network.device_phases[network.device_index(device)])
    else:
        own = int(network.service_point_phases[network.service_point_index(device)])
    if phases is None:
        return NamedDevice(device, traced.kind_of(device), format_phases(own))
    try:
        told = parse_phases(phases)
    except TopologyError as error:
        raise InvalidInput(field="phases", text=str(error)) from error
    if not told or told & ~own:
        raise InvalidInput(
            field="phases",
            text=f"{device} has the phases {format_phases(own)}, not {phases}",
            because=Because.PHASES_NOT_OF_DEVICE,
            values={"device": device, "phases": format_phases(own)},
        )
    return NamedDevice(device, traced.kind_of(device), format_phases(told))


def outage_for_action(
    session: Session, *, outage_id: str, version: int | None, action: OutageAction
) -> tuple[OutageRow, OutageStatus]:
    """Return the outage and its status after the action.

    Raises UnknownThing, StaleVersion if someone acted since `version` was seen, IllegalTransition.
    """
    outage = outage_row(session, outage_id=outage_id)
    refuse_if_decided(session, outage=outage, seen_version=version)
    status = OutageStatus(outage.status)
    return outage, outage_status_after(outage_id=outage_id, status=status, action=action)


def refuse_if_decided(session: Session, *, outage: OutageRow, seen_version: int | None) -> None:
    """Raise StaleVersion if anything was decided since; what no person did, but refines, stops nobody."""
    if seen_version is None or outage.version == seen_version:
        return
    since = changes_after(session, position=seen_version, outage_id=outage.id)
    decided = [change for change in since if change.name not in NOT_DECISIVE or change.actor not in _NOBODY]
    if decided:
        raise StaleVersion(
            outage_id=outage.id, seen_version=seen_version, version=outage.version, changes=decided
        )


def record_outage_change(
    session: Session,
    *,
    outage: OutageRow,
    name: Event,
    author: Author,
    values: dict[str, Any],
    interruptions: dict[str, Any] | None = None,
) -> int:
    """Set values of an outage and record them under an event name; return the position."""
    data: dict[str, Any] = {"values": set_values(outage, values)}
    if interruptions:
        data["interruptions"] = interruptions
    return record(session, name=name, subject=f"outage:{outage.id}", outage=outage, author=author, data=data)


def happened_at(outage: OutageRow, *, occurred_at: datetime | None, now: datetime) -> datetime:
    """Return when something happened to an outage, as told or now; InvalidInput where that cannot be."""
    at = occurred_at or now
    if at > now + LATEST_AHEAD:
        raise InvalidInput(
            field="occurred_at",
            text=f"{at.isoformat()} lies in the future",
            because=Because.HAPPENED_IN_FUTURE,
        )
    if at < outage.started_at:
        started_at = outage.started_at.isoformat()
        raise InvalidInput(
            field="occurred_at",
            text=f"is before the outage started ({started_at})",
            because=Because.HAPPENED_BEFORE_START,
            values={"started_at": started_at},
        )
    return at


def behind(traced: TracedNetwork, device: NamedDevice) -> dict[str, str]:
    """Return service point → phases that the device alone takes from it, as things are switched now."""
    return fed_through(traced, device.id, parse_phases(device.phases))


def nobody_behind(device: str) -> InvalidInput:
    """Return the refusal of a device that puts nobody out."""
    return InvalidInput(
        field="device",
        text=f"nobody loses supply by {device} as things are switched",
        because=Because.NOBODY_BEHIND_DEVICE,
        values={"device": device},
    )


def refuse_device_of_another(session: Session, *, device: str, but: OutageRow | None) -> None:
    """Raise Conflict if another confirmed outage has this device open already."""
    query = select(OutageRow.id).where(OutageRow.device == device, OutageRow.status.in_(HELD_OUTAGE_STATUSES))
    if but is not None:
        query = query.where(OutageRow.id != but.id)
    other = session.scalars(query.order_by(OutageRow.id)).first()
    if other is not None:
        raise Conflict(
            f"{device} is the device of {other} already. Merge the two instead.",
            because=Because.DEVICE_OF_ANOTHER_OUTAGE,
            values={"device": device, "outage": other},
        )


def refuse_device_closed_since(outage: OutageRow, traced: TracedNetwork) -> None:
    """Raise Conflict if steps closed the outage's device since it is out: then it is not what is open."""
    if phases_believed_open(outage, traced.positions):
        return
    position = traced.positions[outage.device]
    raise Conflict(
        f"{outage.device} was closed by step {position.step_number} of {position.order_id} since then.",
        because=Because.DEVICE_CLOSED_SINCE,
        values={"device": outage.device, "order": position.order_id, "step": position.step_number},
    )


def count_out(session: Session, outage: OutageRow) -> dict[str, int]:
    """Return how many service points and customers an outage holds without supply now, as its fields."""
    points, customers = session.execute(
        select(func.count(), func.coalesce(func.sum(AffectedRow.customers), 0)).where(
            AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None)
        )
    ).one()
    return {"service_points_out": points, "customers_out": customers}


def take_from_predictions(
    session: Session, *, outage: OutageRow, service_points: Collection[str], author: Author
) -> None:
    """Let predictions go of these service points; one that holds nobody else is merged into the outage."""
    rows = session.execute(
        select(OutageRow, AffectedRow.service_point)
        .join(OutageRow, OutageRow.id == AffectedRow.outage_id)
        .where(
            AffectedRow.service_point == among(service_points),
            AffectedRow.ended_at.is_(None),
            OutageRow.status == OutageStatus.PREDICTED,
            OutageRow.id != outage.id,
        )
        .order_by(OutageRow.id, AffectedRow.service_point)
    ).all()
    taken: dict[str, list[str]] = {}
    predictions = {}
    for prediction, service_point in rows:
        predictions[prediction.id] = prediction
        taken.setdefault(prediction.id, []).append(service_point)
    for id, prediction in predictions.items():
        session.execute(
            delete(AffectedRow).where(
                AffectedRow.outage_id == id, AffectedRow.service_point == among(taken[id])
            )
        )
        record(
            session,
            name=Event.OUTAGE_PREDICTION_CHANGED,
            subject=f"outage:{id}",
            outage=prediction,
            author=author,
            data={
                "values": set_values(prediction, count_out(session, prediction)),
                "interruptions": {"withdrawn": taken[id]},
            },
        )
        if not prediction.service_points_out:
            merge_outage(session, outage=prediction, into=outage, author=author)


def put_out_what_it_opens(
    session: Session,
    *,
    outage: OutageRow,
    before: CurrentSupply,
    after: CurrentSupply,
    at: datetime,
    author: Author,
) -> None:
    """Write that whoever lost supply between two states is out by an outage since `at`, if nobody holds them.

    The change is recorded as switching is: the households of an outage follow the state of the network.
    """
    lost, _ = phases_changed(before, after)
    take_from_predictions(session, outage=outage, service_points=lost, author=author)
    held = _held(session, lost)
    new = {id: phases for id, phases in lost.items() if set(phases) - held.get(id, set())}
    told = put_out(
        session,
        phases=new,
        at=at,
        holder=Holder(outage_id=outage.id),
        traced=after.traced,
        author=author,
    )
    for outage_id, part in told.items():
        if outage_id == outage.id:
            record_switched(session, outage, part, order=None, author=author)


def _held(session: Session, service_points: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the phases of service points that any outage holds now."""
    held: dict[str, set[str]] = {}
    query = select(AffectedRow.service_point, AffectedRow.phases).where(
        AffectedRow.service_point == among(service_points), AffectedRow.ended_at.is_(None)
    )
    for service_point, phases in session.execute(query):
        held.setdefault(service_point, set()).update(phases)
    return held

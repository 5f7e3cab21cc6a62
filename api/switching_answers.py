"""What switching answers, from what dispatch found: previews, and the state of now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from api.schemas import switching as shapes
from api.schemas.changes import Change
from dispatch.change_log import Change as LoggedChange
from dispatch.current_supply import current_supply
from dispatch.network_cache import NetworkCache
from dispatch.supplied_not_repaired import supplied_not_repaired
from dispatch.switching_preview import Concerned, StepEffect
from dispatch.switching_step import Step
from dispatch.switching_tables import StepAction
from dispatch.temporary_places import TemporaryPlace
from gis.places import accounts_of, node_places, service_point_details
from topology.overload import LoadCheck
from topology.phases import format_phases


def steps_of(orders: Iterable[shapes.StepOrder]) -> list[Step]:
    """Return steps as dispatch takes them."""
    return [Step(**{**one.model_dump(), "action": StepAction(one.action)}) for one in orders]


def state_answer(session: Session, *, networks: NetworkCache) -> shapes.SwitchingState:
    """Say where devices stand that were switched, and who is out by the trace of this state."""
    traced = networks.in_force(session)
    current = current_supply(session, traced=traced)
    out = current.points_out()
    supplied = {id for given in supplied_not_repaired(current).values() for id in given}
    fed = traced.network.find_service_points(sorted(supplied))
    moved = set(traced.network.device_ids(traced.supply.switched))
    return shapes.SwitchingState(
        switching_version=traced.switching_version,
        devices=[
            shapes.SwitchedDevice(
                device=device,
                open_phases=format_phases(one.open_phases),
                since=one.since,
                order_id=one.order_id,
                step_number=one.step_number,
                is_normal=traced.network.has_device(device) and device not in moved,
            )
            for device, one in sorted(traced.positions.items())
        ],
        temporary=temporary_places(session, traced.temporary, network_version=traced.network_version),
        service_points_supplied=len(supplied),
        customers_supplied=int(traced.network.service_point_customers[fed].sum()),
        service_points_out=len(out),
        customers_out=int(traced.network.service_point_customers[out].sum()),
    )


def temporary_places(
    session: Session, temporary: Iterable[TemporaryPlace], *, network_version: int
) -> list[shapes.TemporaryPlace]:
    """Say what is temporary, and where on the map of a network version."""
    temporary = list(temporary)
    nodes = {node for one in temporary for node in (one.node, one.to_node) if node is not None}
    places = node_places(session, network_version=network_version, ids=nodes) if nodes else {}
    found = []
    for one in temporary:
        place, to_place = places.get(one.node), places.get(one.to_node or "")
        found.append(
            shapes.TemporaryPlace(
                name=one.name,
                action=StepAction(one.action).value,
                device=one.device,
                node=one.node,
                to_node=one.to_node,
                rated_a=one.rated_a,
                rated_kva=one.rated_kva,
                phases=one.phases,
                since=one.since,
                order_id=one.order_id,
                step_number=one.step_number,
                lon=place.lon if place else None,
                lat=place.lat if place else None,
                to_lon=to_place.lon if to_place else None,
                to_lat=to_place.lat if to_place else None,
            )
        )
    return found


def preview_answer(
    session: Session,
    effects: Sequence[tuple[int, StepEffect]],
    *,
    networks: NetworkCache,
    changes: Sequence[LoggedChange] = (),
) -> shapes.SwitchingPreview:
    """Say what steps would do, with the critical customers by name."""
    named = _named(session, effects, networks.in_force(session).network_version)
    return shapes.SwitchingPreview(
        steps=[_step(number, effect, named) for number, effect in effects],
        changes=[Change.model_validate(one) for one in changes],
    )


def _step(number: int, effect: StepEffect, named: dict[str, shapes.CriticalCustomer]) -> shapes.StepPreview:
    def critical(concerned: Concerned) -> list[shapes.CriticalCustomer]:
        return [named[id] for id in concerned.critical if id in named]

    return shapes.StepPreview(
        number=number,
        action=effect.step.action.value,
        device=effect.step.device,
        name=effect.step.name,
        node=effect.step.node,
        to_node=effect.step.to_node,
        rated_a=effect.step.rated_a,
        rated_kva=effect.step.rated_kva,
        phases=effect.step.phases,
        digest=effect.digest,
        changes_nothing=effect.changes_nothing,
        service_points_lost=len(effect.lost.phases),
        customers_lost=effect.lost.customers,
        critical_lost=critical(effect.lost),
        service_points_gained=len(effect.gained.phases),
        customers_gained=effect.gained.customers,
        critical_gained=critical(effect.gained),
        rings=[
            shapes.Ring(
                phases=ring.phases,
                devices=list(ring.devices),
                sources=ring.sources,
                feeders=ring.feeders,
                has_two_sources=ring.has_two_sources,
                service_points_fed_twice=ring.fed_twice,
            )
            for ring in effect.rings
        ],
        hazards=list(effect.dangers),
        overloads=overloads(effect.load),
        not_checked=not_checked(effect.load),
        tags=[shapes.Tag.model_validate(tag) for tag in effect.tags],
        flags=[flag.value for flag in effect.flags],
    )


def _named(
    session: Session, effects: Sequence[tuple[int, StepEffect]], network_version: int
) -> dict[str, shapes.CriticalCustomer]:
    wanted = {id for _, effect in effects for id in (*effect.lost.critical, *effect.gained.critical)}
    if not wanted:
        return {}
    details = service_point_details(session, network_version=network_version, ids=wanted)
    contacts = accounts_of(session, network_version=network_version, service_points=sorted(wanted))
    names = {contact.service_point: contact.name for contact in contacts}
    return {
        one.id: shapes.CriticalCustomer(
            service_point=one.id,
            priority=one.priority or "",
            account=one.account,
            name=names.get(one.id),
        )
        for one in details
    }


def overloads(load: LoadCheck) -> list[shapes.Overload]:
    """Say which devices would carry more than their rating."""
    return [
        shapes.Overload(
            device=one.device, carried=one.carried, before=one.before, rated=one.rated, unit=one.unit
        )
        for one in load.overloads
    ]


def not_checked(load: LoadCheck) -> list[shapes.NotChecked]:
    """Say what was not checked, and why."""
    return [shapes.NotChecked(reason=one.reason, devices=one.devices) for one in load.not_checked]

"""Who has supply by a jumper or a generator alone, and what that means for what a step gives back or takes.

RULE 1: a phase that would not be there without jumpers and generators is supplied, not repaired; by a
generator where it would not be there without generators, else by a jumper.
RULE 2: what comes back so is marked in the ledger, and the mark goes when supply is there without.
RULE 3: who loses what was marked is out again in whichever outage held them before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from dispatch.current_supply import CurrentSupply
from dispatch.ledger_rows import rows_in_force
from dispatch.ledger_tables import SuppliedBy
from dispatch.timelines import FOREVER, Holder, in_order
from topology.phases import format_phases
from topology.supply import Supply
from topology.temporarily_supplied import temporarily_supplied

Phases = Mapping[str, str]


def supplied_not_repaired(current: CurrentSupply) -> dict[SuppliedBy, dict[str, str]]:
    """Return by what supplies it: service point → phases that it has no other way (rule 1)."""
    supply = current.supply
    if not supply.temporary.feeds:
        return {by: {} for by in SuppliedBy}
    without_generators = supply.with_temporary(replace(supply.temporary, generators=()))
    generated = _would_lose(current, supply, without_generators)
    every = temporarily_supplied(supply)
    alone = _named(current, every.service_points.tolist(), every.gained.tolist())
    return {
        SuppliedBy.GENERATOR: generated,
        SuppliedBy.JUMPER: _minus(alone, generated),
    }


def parts_given_back(
    before: CurrentSupply, after: CurrentSupply, *, lost: Phases, gained: Phases
) -> dict[SuppliedBy | None, Phases]:
    """Return what a step gives back, by what supplies it; under None what has supply without (rule 2)."""
    if not (before.supply.temporary.feeds or after.supply.temporary.feeds):
        return {None: gained}
    was, now = supplied_not_repaired(before), supplied_not_repaired(after)
    parts: dict[SuppliedBy | None, Phases] = {}
    for by in SuppliedBy:
        otherwise = _plus(*(was[other] for other in SuppliedBy if other is not by))
        parts[by] = _both(now[by], _plus(gained, otherwise))
    every_now = _plus(*now.values())
    repaired = _minus(_minus(_plus(*was.values()), every_now), lost)
    parts[None] = _plus(_minus(gained, every_now), repaired)
    return parts


def who_holds(session: Session, *, lost: Phases, otherwise: Holder) -> dict[Holder, dict[str, str]]:
    """Return holder → service point → phases, of those that a step takes from somebody (rule 3)."""
    found: dict[Holder, dict[str, str]] = defaultdict(dict)
    left = dict(lost)
    for service_point, rows in rows_in_force(session, service_points=list(lost)).items():
        if not rows or rows[-1].stretch.end != FOREVER:
            continue
        for hold in rows[-1].stretch.holds:
            marked = in_order(set(hold.phases) & set(left[service_point])) if hold.supplied_by else ""
            if marked:
                own = found[hold.holder]
                own[service_point] = in_order(own.get(service_point, "") + marked)
                left[service_point] = in_order(set(left[service_point]) - set(marked))
    own = found[otherwise]
    for service_point, phases in left.items():
        if phases:
            own[service_point] = in_order(own.get(service_point, "") + phases)
    return dict(found)


def _would_lose(current: CurrentSupply, supply: Supply, without: Supply) -> dict[str, str]:
    change = supply.change_since(without)
    return _named(current, change.service_points.tolist(), change.gained.tolist())


def _named(current: CurrentSupply, points: list[int], masks: list[int]) -> dict[str, str]:
    """Return phases by service point, of those they normally have and that their own service carries."""
    normal = current.traced.normal.service_point_phases
    ids = current.traced.network.service_point_ids(points)
    has = [
        mask & int(normal[point]) & ~current.services_out.get(point, 0)
        for point, mask in zip(points, masks, strict=True)
    ]
    return {id: format_phases(phases) for id, phases in zip(ids, has, strict=True) if phases}


def _plus(*given: Phases) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        for id, phases in one.items():
            found[id] = in_order(found.get(id, "") + phases)
    return found


def _minus(given: Phases, other: Phases) -> dict[str, str]:
    left = {id: in_order(set(phases) - set(other.get(id, ""))) for id, phases in given.items()}
    return {id: phases for id, phases in left.items() if phases}


def _both(given: Phases, other: Phases) -> dict[str, str]:
    both = {id: in_order(set(phases) & set(other.get(id, ""))) for id, phases in given.items()}
    return {id: phases for id, phases in both.items() if phases}

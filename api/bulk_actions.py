"""One action on several outages: each in a transaction of its own, so that each is done whole or not at all.

RULE 1: what is refused (decided meanwhile, not allowed, impossible) stops none of the others; its outcome
carries the error that it would have got alone, and how the outage stands now.
RULE 2: where the database goes away in the midst, those that are left are not tried: their outcome says so,
and what was done before stays done. What nobody anticipated is raised as ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.errors import DATABASE_AWAY, error_fields, is_database_away
from api.schemas.worklist import (
    ActionOnSeveral,
    AssignSeveral,
    ChosenOutage,
    ConfirmSeveral,
    DismissSeveral,
    EtrForSeveral,
    PauseSeveral,
)
from api.work import Work, reading, writing
from dispatch import assignments, operations, promise_pauses
from dispatch.errors import DispatchError
from dispatch.network_cache import NetworkCache
from dispatch.outages import OutageView, get_outage
from dispatch.states import JobKind
from dispatch.travel import Travel
from gis.errors import GisError
from topology.errors import TopologyError

_AWAY = {"code": "database_away", "text": DATABASE_AWAY}


@dataclass(frozen=True, slots=True)
class OutcomeOfOne:
    """What became of one outage; `error` is None where it was done, `outage` how it stands now."""

    outage_id: str
    error: dict[str, Any] | None
    outage: OutageView | None

    @property
    def is_done(self) -> bool:
        """Whether the action was done."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Hands:
    """Who acts, and with what the process keeps."""

    engine: Engine
    actor: str
    networks: NetworkCache
    travel: Travel | None


def act_on_several(order: ActionOnSeveral, *, hands: Hands) -> list[OutcomeOfOne]:
    """Do an action on each of the outages named, in their order; return what became of each."""
    act = _action(order, hands)
    outcomes: list[OutcomeOfOne] = []
    is_away = False
    for chosen in order.outages:
        one = _away(chosen) if is_away else _act_on_one(chosen, act, hands.engine)
        is_away = one.error is _AWAY
        outcomes.append(one)
    return outcomes


def _act_on_one(
    chosen: ChosenOutage, act: Callable[[Work, ChosenOutage], None], engine: Engine
) -> OutcomeOfOne:
    error: dict[str, Any] | None = None
    try:
        with writing(engine) as work:
            act(work, chosen)
    except (DispatchError, GisError, TopologyError) as refused:
        error = error_fields(refused)
    except SQLAlchemyError as failed:
        if not is_database_away(failed):
            raise
        return _away(chosen)
    return OutcomeOfOne(chosen.outage_id, error, _as_it_stands(engine, chosen.outage_id))


def _away(chosen: ChosenOutage) -> OutcomeOfOne:
    return OutcomeOfOne(chosen.outage_id, _AWAY, None)


def _as_it_stands(engine: Engine, outage_id: str) -> OutageView | None:
    try:
        with reading(engine) as work:
            return get_outage(work.session, outage_id=outage_id)
    except DispatchError:
        return None
    except SQLAlchemyError as failed:
        # It is done, or refused, all the same; the page reads it again by itself.
        if is_database_away(failed):
            return None
        raise


def _action(order: ActionOnSeveral, hands: Hands) -> Callable[[Work, ChosenOutage], None]:
    """Return what is done to one outage, as the action by itself does it."""

    def act(work: Work, chosen: ChosenOutage) -> None:
        of_one: dict[str, Any] = {"outage_id": chosen.outage_id, "actor": hands.actor, "now": work.now}
        seen: dict[str, Any] = {**of_one, "version": chosen.version}
        match order:
            case ConfirmSeveral():
                operations.confirm_outage(work.session, **seen, networks=hands.networks)
            case DismissSeveral():
                operations.dismiss_outage(work.session, **seen, reason=order.reason, networks=hands.networks)
            case AssignSeveral():
                assignments.assign_crew(
                    work.session,
                    **seen,
                    crew_id=order.crew_id,
                    kind=JobKind(order.kind),
                    travel=hands.travel,
                )
            case EtrForSeveral():
                operations.set_etr(work.session, **seen, etr_at=order.etr_at)
            case PauseSeveral():
                promise_pauses.pause_promises(
                    work.session, **of_one, reason=order.reason, note=order.note, started_at=None
                )
            case _:
                promise_pauses.resume_promises(work.session, **of_one, ended_at=None)

    return act

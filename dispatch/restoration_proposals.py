"""Restoration proposals: what to open around the fault of an outage, and which ties can carry whom.

RULE 1: what is faulted is what a person names; else what crews found damaged; else what hangs right behind
the device that opened, up to the next switches.
RULE 2: no proposal operates a tagged device, or feeds a danger.
RULE 3: taking a proposal makes a draft of it: it is approved and executed like any other order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.errors import Because, Conflict, InvalidInput, UnknownThing
from dispatch.network_cache import NetworkCache
from dispatch.outages import outage_row
from dispatch.states import SwitchingKind
from dispatch.study_copy import believed_faulted, study_copy
from dispatch.switching_orders import OrderView, draft_order
from dispatch.switching_step import Step
from dispatch.switching_tables import StepAction
from topology.phases import format_phases
from topology.restoration import Proposal, Restoration, propose_restoration
from topology.switching_step import CloseDevice, OpenDevice, SwitchingStep


@dataclass(frozen=True, slots=True)
class OutageProposals:
    """What could be done for an outage; `digest` says whether two are the same."""

    outage_id: str
    faulted: tuple[str, ...]
    restoration: Restoration
    digest: str


def propose_for_outage(
    session: Session, *, outage_id: str, faulted: Sequence[str], networks: NetworkCache
) -> OutageProposals:
    """Return proposals for an outage, best first; UnknownThing, InvalidInput where a service alone is out."""
    outage = outage_row(session, outage_id=outage_id)
    traced = networks.in_force(session)
    wanted = tuple(faulted) or believed_faulted(session, outage=outage, traced=traced)
    unknown = [id for id in wanted if not traced.network.has_device(id)]
    if unknown:
        if traced.network.has_service_point(unknown[0]):
            raise InvalidInput(
                field="faulted", text=f"{unknown[0]} is a service: no switching goes around it"
            )
        raise UnknownThing(kind="device", id=unknown[0])
    copy = study_copy(session, networks=networks)
    restoration = propose_restoration(
        supply=copy.current.supply,
        faulted=wanted,
        meter=copy.meter,
        held=frozenset(copy.tags),
        dangers=copy.dangers,
    )
    told = (wanted, [as_steps(one.steps) for one in restoration.proposals])
    digest = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
    return OutageProposals(outage_id, wanted, restoration, digest)


def take_proposal(
    session: Session,
    *,
    outage_id: str,
    faulted: Sequence[str],
    number: int,
    digest: str,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OrderView:
    """Draft an emergency order of a proposal; Conflict if other ones are proposed by now."""
    found = propose_for_outage(session, outage_id=outage_id, faulted=faulted, networks=networks)
    proposals: tuple[Proposal, ...] = found.restoration.proposals
    if found.digest != digest or number > len(proposals):
        raise Conflict(
            f"The proposals for outage {outage_id} have changed since you looked. Look at them again.",
            because=Because.PROPOSALS_CHANGED,
        )
    return draft_order(
        session,
        kind=SwitchingKind.EMERGENCY,
        steps=as_steps(proposals[number - 1].steps),
        outage_id=outage_id,
        planned_outage_id=None,
        note=None,
        networks=networks,
        actor=actor,
        now=now,
    )


def as_steps(steps: Sequence[SwitchingStep]) -> list[Step]:
    """Return steps of topology as an order has them; proposals only open and close."""
    found = []
    for step in steps:
        if isinstance(step, OpenDevice):
            found.append(Step(StepAction.OPEN, step.device, format_phases(step.phases)))
        elif isinstance(step, CloseDevice):
            found.append(Step(StepAction.CLOSE, step.device, format_phases(step.phases)))
    return found

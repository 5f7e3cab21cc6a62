"""What is proposed for an outage, as it is answered."""

from __future__ import annotations

from collections.abc import Sequence

from api.schemas import switching as shapes
from api.switching_answers import not_checked, overloads
from dispatch.restoration_proposals import OutageProposals, as_steps
from topology.switching_step import SwitchingStep


def proposals_answer(found: OutageProposals) -> shapes.Proposals:
    """Say what is proposed for an outage, best first."""
    restoration = found.restoration
    return shapes.Proposals(
        outage_id=found.outage_id,
        faulted=list(found.faulted),
        isolating_steps=_steps(restoration.isolating_steps),
        dead_service_points=len(restoration.dead_service_points),
        dead_customers=restoration.dead_customers,
        is_exhaustive=restoration.is_exhaustive,
        refusal=restoration.refusal,
        digest=found.digest,
        proposals=[
            shapes.Proposal(
                number=number,
                steps=_steps(one.steps),
                parts=[
                    shapes.PickedUpPart(close=part.close, feeder=part.feeder, customers=part.customers)
                    for part in one.parts
                ],
                service_points=len(one.service_points),
                customers=one.customers,
                margin=one.margin,
                holds_ratings=one.holds_ratings,
                overloads=overloads(one.load),
                not_checked=not_checked(one.load),
            )
            for number, one in enumerate(restoration.proposals, start=1)
        ],
    )


def _steps(steps: Sequence[SwitchingStep]) -> list[shapes.StepOrder]:
    return [
        shapes.StepOrder(action=one.action.value, device=one.device, phases=one.phases)
        for one in as_steps(steps)
    ]

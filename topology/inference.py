"""Which devices have opened: the door of inference (故障研判).

First form, deterministic. What is known to be open (telemetry, a crew, a person's confirmation) explains all
reports below it; the rest get the cheapest explanation (`explanation`). Priors, likelihoods and exact
posteriors come to stand behind the same function.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import numpy as np

from topology.arrays import Indices
from topology.blame_tree import BlameTree
from topology.candidates import candidates_of_device, candidates_of_service, name_of
from topology.evidence_tree import hang_reports
from topology.explanation import Explanation, Opened, OutPoint
from topology.inference_result import Candidate, InferenceResult, InferredOutage, Reason
from topology.known_open import KnownDevice, claim_reports, find_known_open
from topology.observations import Observation, ObservationKind
from topology.phases import format_phases
from topology.reasons import (
    NamedDevice,
    name_device,
    reasons_for_device,
    reasons_for_known,
    reasons_for_service,
)
from topology.statements import OutSpell, Statements, read_statements
from topology.supply_tree import SupplyTree

__all__ = ["Candidate", "InferenceResult", "InferredOutage", "Reason", "infer"]


def infer(
    *, tree: SupplyTree, observations: Sequence[Observation], now: datetime, confirmed: Collection[str] = ()
) -> InferenceResult:
    """Return the outages that explain the observations up to now (with five minutes' leave for fast clocks).

    Args:
        tree: the supply under the current switch state, without the faults: those are beliefs.
        observations: in any order; doubled ones count once, those about unknown things are listed as ignored.
        now: the time of the answer.
        confirmed: devices (or service points) that a person has confirmed open: always among the outages, and
            explaining everything below them.
    """
    statements = read_statements(tree.network, observations, now)
    known, unknown = find_known_open(tree, statements, confirmed)
    explained = np.zeros(tree.network.service_point_count, dtype=np.bool_)
    claim_reports(known, statements, explained)
    supplied = tree.service_point_phases
    reported = {
        point: spell for point, spell in statements.out.items() if not explained[point] and supplied[point]
    }
    vertices, alone = hang_reports(BlameTree(tree), statements, reported, explained)
    explanation = Explanation(vertices)
    devices, services = explanation.opened()
    services += [(out, -1) for out in alone]
    outages = [_known_outage(tree, one, now) for one in known if one.is_worth_saying]
    outages += [_device_outage(tree, explanation, statements, one) for one in devices]
    outages += [_service_outage(tree, explanation, statements, out, above) for out, above in services]
    outages.sort(key=lambda one: (-one.customers_out, one.started_at, one.device))
    return InferenceResult(now, tuple(outages), (*statements.ignored, *unknown))


def _known_outage(tree: SupplyTree, one: KnownDevice, now: datetime) -> InferredOutage:
    name = name_of(tree, one.blamed)
    spoken = [*(one.known.observations if one.known else ()), *_observations_of(one.claimed)]
    phases = _known_phases(tree, one)
    reasons = reasons_for_known(
        device=name_device(tree, one.blamed.device) if one.blamed.device >= 0 else NamedDevice(name, None),
        known=one.known,
        is_confirmed=one.is_confirmed,
        service_points=len(one.service_points),
        reported=[spell.observations for spell in one.claimed],
    )
    return _outage(
        tree,
        (Candidate(name, phases, 1.0, ()),),
        one.service_points,
        reasons,
        spoken,
        started_at=_known_start(spoken, now),
    )


def _known_phases(tree: SupplyTree, one: KnownDevice) -> str:
    if (point := one.blamed.point) >= 0:
        return format_phases(
            int(tree.service_point_phases[point] or tree.network.service_point_phases[point])
        )
    return format_phases(int(tree.network.device_phases[one.blamed.device]) & one.phases)


def _known_start(spoken: Sequence[Observation], now: datetime) -> datetime:
    """Telemetry knows when a device opened; otherwise the first that spoke of it does."""
    telemetry = [said.at for said in spoken if said.kind is ObservationKind.SWITCH_OPEN]
    return min(telemetry or [said.at for said in spoken], default=now)


def _device_outage(
    tree: SupplyTree, explanation: Explanation, statements: Statements, opened: Opened
) -> InferredOutage:
    candidates = candidates_of_device(tree, explanation, opened)
    reasons = reasons_for_device(
        tree=tree, explanation=explanation, statements=statements, opened=opened, candidate=candidates[0]
    )
    spoken = _observations_of(statements.out[out.point] for out in opened.explains)
    return _outage(tree, candidates, tree.service_points_below(opened.device), reasons, spoken)


def _service_outage(
    tree: SupplyTree, explanation: Explanation, statements: Statements, out: OutPoint, above: int
) -> InferredOutage:
    candidates = candidates_of_service(tree, explanation, out, above)
    reasons = reasons_for_service(
        tree=tree,
        explanation=explanation,
        statements=statements,
        out=out,
        above=above,
        candidate=candidates[0],
    )
    return _outage(tree, candidates, np.array([out.point]), reasons, statements.out[out.point].observations)


def _outage(
    tree: SupplyTree,
    candidates: tuple[Candidate, ...],
    service_points: Indices,
    reasons: tuple[Reason, ...],
    spoken: Sequence[Observation],
    *,
    started_at: datetime | None = None,
) -> InferredOutage:
    ids = tuple(tree.network.service_point_ids(service_points))
    return InferredOutage(
        device=candidates[0].device,
        phases=candidates[0].phases,
        probability=candidates[0].probability,
        candidates=candidates,
        service_point_ids=ids,
        service_points_out=len(ids),
        customers_out=int(tree.network.service_point_customers[service_points].sum()),
        started_at=started_at or min(one.at for one in spoken),
        reasons=reasons,
        evidence_ids=tuple(one.id for one in sorted(spoken, key=lambda one: (one.at, one.id))),
    )


def _observations_of(spells: Iterable[OutSpell]) -> list[Observation]:
    return [one for spell in spells for one in spell.observations]

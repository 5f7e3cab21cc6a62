"""What proves that a crew was at the place: its own tap and its position, and where the two differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dispatch.promise_document import ArrivalCounts, ProofRule


class ArrivalFlag(StrEnum):
    """What does not fit together about an arrival."""

    TIMES_DIFFER = "times_differ"  # tap and position are far apart in time
    NO_POSITION = "no_position"  # tapped, but no position near the place
    NO_TAP = "no_tap"  # a position near the place, but never tapped
    TOLD_LATE = "told_late"  # the tap came long after the time it tells


@dataclass(frozen=True, slots=True)
class ArrivalProof:
    """Both proofs of one job's arrival; distance in metres, the position WGS 84.

    `tap_change` is the place of the tap in the change log, `tap_recorded_at` when it reached Relight.
    """

    job_id: str
    crew_id: str
    tap_at: datetime | None
    tap_recorded_at: datetime | None
    tap_change: int | None
    position_at: datetime | None
    position_recorded_at: datetime | None
    position_distance_m: float | None
    lon: float | None
    lat: float | None


def counted_arrival(proof: ArrivalProof, *, rule: ProofRule) -> datetime | None:
    """Return when the crew counts as arrived; None while what counts is not there."""
    if rule.arrival_counts is ArrivalCounts.HAND:
        return proof.tap_at
    if rule.arrival_counts is ArrivalCounts.POSITION:
        return proof.position_at
    if proof.tap_at is None or proof.position_at is None:
        return None
    return max(proof.tap_at, proof.position_at)


def first_arrival(proofs: Iterable[ArrivalProof], *, rule: ProofRule) -> ArrivalProof | None:
    """Return the proof of the first arrival that counts."""
    counted = [(at, proof) for proof in proofs if (at := counted_arrival(proof, rule=rule)) is not None]
    return min(counted, key=lambda one: (one[0], one[1].job_id))[1] if counted else None


def arrival_flags(proof: ArrivalProof, *, rule: ProofRule, now: datetime) -> tuple[ArrivalFlag, ...]:
    """Return what does not fit together; one proof without the other counts once it is missing for long."""
    limit = timedelta(minutes=rule.differ_minutes)
    tap, position = proof.tap_at, proof.position_at
    flags = []
    if tap is not None and position is not None and abs(tap - position) > limit:
        flags.append(ArrivalFlag.TIMES_DIFFER)
    if tap is not None and position is None and now - tap > limit:
        flags.append(ArrivalFlag.NO_POSITION)
    if position is not None and tap is None and now - position > limit:
        flags.append(ArrivalFlag.NO_TAP)
    late = timedelta(minutes=rule.told_late_minutes)
    if tap is not None and proof.tap_recorded_at is not None and proof.tap_recorded_at - tap > late:
        flags.append(ArrivalFlag.TOLD_LATE)
    return tuple(flags)

"""A town in which stories are told: one feeder that they are about, and eight ordinary ones beside it.

The feeders beside it make the priors those of a real network: one fuse of a hundred, not of four. Loaded by
path in `conftest.py`, and imported as `topology_stories`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from topology.inference import InferenceResult, infer
from topology.observations import Observation, ObservationKind
from topology.supply_tree import SupplyTree

START = datetime(2026, 5, 1, 9, tzinfo=UTC)

# S --B1-- N1 --L1-- N2 --R1-- N3 --F3-- N33 (C-1 … C-8)
#           |         |         +---F4-- N34 (D-1 … D-6)
#           |F1       |F2
#          N4 (A)    N5 --T1-- N6 (B-1 … B-12)
#  24 points A-1…
FEEDER = """
source S
breaker B1 S N1
line L1 N1 N2
recloser R1 N2 N3
fuse F1 N1 N4
fuse F2 N2 N5
transformer T1 N5 N6
fuse F3 N3 N33
fuse F4 N3 N34
service_points A N4 24
service_points B N6 12
service_points C N33 8
service_points D N34 6
"""


def with_town(feeder: str, feeders: int = 8) -> str:
    """A feeder on the source S, and others of 2 reclosers, 12 fuses, 36 transformers, 360 service points."""
    rows = [feeder]
    for name in (f"Y{number}" for number in range(feeders)):
        rows.append(f"breaker {name} S {name}")
        for half in (f"{name}H{number}" for number in range(2)):
            rows.append(f"recloser {half} {name} {half}")
            for lateral in (f"{half}L{number}" for number in range(6)):
                rows.append(f"fuse {lateral} {half} {lateral}")
                for place in (f"{lateral}T{number}" for number in range(3)):
                    rows.append(f"transformer {place} {lateral} {place}")
                    rows.append(f"service_points {place} {place} 10")
    return "\n".join(rows)


TOWN = with_town(FEEDER)


def moment(minute: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minute)


def say(
    minute: float, kind: ObservationKind, subject: str, result: str | None = None, phases: int = 7
) -> Observation:
    """One observation."""
    return Observation(f"{kind}-{subject}-{minute}-{result}", kind, moment(minute), subject, phases, result)


def every(
    prefix: str, places: Iterable[int], kind: ObservationKind, minute: float = 0, result: str | None = None
) -> list[Observation]:
    """One observation for each of several service points, a second apart."""
    return [say(minute + place / 60, kind, f"{prefix}-{place}", result) for place in places]


def ask(
    tree: SupplyTree, observations: Iterable[Observation], minute: float, **more: object
) -> InferenceResult:
    """What inference answers at a minute."""
    return infer(tree=tree, observations=list(observations), now=moment(minute), **more)


def devices(result: InferenceResult) -> list[str]:
    """The devices of the outages."""
    return [one.device for one in result.outages]


def extents(result: InferenceResult) -> list[tuple[str, str, int]]:
    """Device, phases and service points of the outages."""
    return [(one.device, one.phases, one.service_points_out) for one in result.outages]


def codes(result: InferenceResult) -> list[str]:
    """The codes of the reasons for the first outage."""
    return [reason.code for reason in result.outages[0].reasons]


def probability_of(result: InferenceResult, device: str) -> float:
    """The probability of a candidate, the largest where several outages have it, 0 where none has."""
    candidates = [one for outage in result.outages for one in outage.candidates]
    return max((one.probability for one in candidates if one.device == device), default=0.0)

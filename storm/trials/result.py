"""What a method believes of a storm: the outages of an inference result, as far as scoring reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from storm.trials.errors import TrialFileError


class BelievedCandidate(Protocol):
    """A device that may be the open one."""

    @property
    def device(self) -> str: ...
    @property
    def phases(self) -> str: ...
    @property
    def probability(self) -> float: ...


class BelievedOutage(Protocol):
    """An outage with its candidates, best first, and those told that they are out; inference answers such."""

    @property
    def candidates(self) -> Sequence[BelievedCandidate]: ...
    @property
    def service_point_ids(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class ReadCandidate:
    """A candidate from a file."""

    device: str
    phases: str
    probability: float


@dataclass(frozen=True, slots=True)
class ReadOutage:
    """An outage from a file."""

    candidates: tuple[ReadCandidate, ...]
    service_point_ids: tuple[str, ...]


def outages_from_json(document: Any, *, source: str) -> tuple[ReadOutage, ...]:
    """Return the outages of an inference result; TrialFileError names the source and what is wrong."""
    try:
        return tuple(_outage(one) for one in document["outages"])
    except (KeyError, TypeError, ValueError) as error:
        reason = f"it is no inference result ({type(error).__name__}: {error})"
        raise TrialFileError(source, reason) from error


def _outage(document: Mapping[str, Any]) -> ReadOutage:
    # A method with one answer only, and no probability, gives the device alone, and means it.
    candidates = document.get("candidates") or [{"probability": 1.0, **document}]
    return ReadOutage(
        candidates=tuple(_candidate(one) for one in candidates),
        service_point_ids=tuple(str(one) for one in document["service_point_ids"]),
    )


def _candidate(document: Mapping[str, Any]) -> ReadCandidate:
    probability = float(document["probability"])
    if not 0 <= probability <= 1:
        raise ValueError(f"the probability {probability!r} is not between 0 and 1")
    return ReadCandidate(
        device=str(document["device"]), phases=str(document["phases"]), probability=probability
    )

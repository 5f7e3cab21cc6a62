"""What inference answers: outages, each with candidates, reasons and whom it puts out, and conflicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from topology.reason_words import text_of


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a device is believed open: code and values for a face in any language, text in English.

    Values are plain JSON: a device is its id with `device_kind`, a list of ids goes with `more`, how many are
    left out. The text follows from both, and is worded when it is read.
    """

    code: str
    values: Mapping[str, object]

    @property
    def text(self) -> str:
        """What a dispatcher would say."""
        return text_of(self.code, self.values)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Things told that cannot all be true, or a source not to be believed, by name (`topology.conflicts`).

    `subject` is an id; one code and subject is one conflict, whatever its values, like those of a reason.
    """

    code: str
    subject: str
    values: Mapping[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A device (or service) that may be the open one; `equivalent` feed the same service points."""

    device: str
    phases: str
    probability: float
    equivalent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InferredOutage:
    """A device believed open; three fields repeat `candidates[0]`, counts are those out under it."""

    device: str
    phases: str
    probability: float
    candidates: tuple[Candidate, ...]
    service_point_ids: tuple[str, ...]
    service_points_out: int
    customers_out: int
    started_at: datetime
    reasons: tuple[Reason, ...]
    evidence_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """The outages believed, most customers first; `ignored` names observations of unknown things."""

    at: datetime
    outages: tuple[InferredOutage, ...]
    ignored: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the inference result of the exchange format: reasons as texts, times as ISO 8601."""
        return {
            "at": self.at.isoformat(),
            "outages": [_outage_as_json(outage) for outage in self.outages],
            "conflicts": [
                {"code": one.code, "subject": one.subject, "text": one.text} for one in self.conflicts
            ],
        }


def _outage_as_json(outage: InferredOutage) -> dict[str, Any]:
    return {
        "device": outage.device,
        "phases": outage.phases,
        "probability": outage.probability,
        "candidates": [
            {
                "device": candidate.device,
                "phases": candidate.phases,
                "probability": candidate.probability,
                "equivalent": list(candidate.equivalent),
            }
            for candidate in outage.candidates
        ],
        "service_points_out": outage.service_points_out,
        "service_point_ids": list(outage.service_point_ids),
        "customers_out": outage.customers_out,
        "started_at": outage.started_at.isoformat(),
        "reasons": [reason.text for reason in outage.reasons],
        "evidence_ids": list(outage.evidence_ids),
    }

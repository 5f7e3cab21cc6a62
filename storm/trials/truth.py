"""What really happened in a trial storm: the faults at one moment, and who told of each by then.

Owns the truth in memory and its document (`truth.json`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from storm.trials.errors import TrialFileError
from topology.arrays import Indices
from topology.network import Network
from topology.phases import format_phases, parse_phases


@dataclass(frozen=True, eq=False, slots=True)
class TrueFault:
    """An open device or service; service points are sorted indices of the network.

    `reporting_points` are those whose own report has arrived: a last gasp or a call that names them.
    """

    kind: str
    device: str
    phases: int
    started_at: datetime
    service_points: Indices
    reporting_points: Indices


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """The faults of a storm that are still open at a moment."""

    at: datetime
    faults: tuple[TrueFault, ...]

    def as_json(self, network: Network) -> dict[str, Any]:
        """Return the content of `truth.json`."""
        return {
            "at": text_of(self.at),
            "faults": [
                {
                    "device": fault.device,
                    "phases": format_phases(fault.phases),
                    "kind": fault.kind,
                    "started_at": text_of(fault.started_at),
                    "service_points": network.service_point_ids(fault.service_points),
                    "reporting_points": network.service_point_ids(fault.reporting_points),
                }
                for fault in self.faults
            ],
        }


def truth_from_json(document: Any, network: Network, *, source: str) -> Truth:
    """Return the truth that a document tells of; TrialFileError names the source and what is wrong."""
    try:
        faults = [_fault(one, network) for one in document["faults"]]
        return Truth(at=_time(document["at"]), faults=tuple(faults))
    except (KeyError, TypeError, ValueError) as error:
        reason = f"it is no truth of a storm ({type(error).__name__}: {error})"
        raise TrialFileError(source, reason) from error


def text_of(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _fault(document: Mapping[str, Any], network: Network) -> TrueFault:
    return TrueFault(
        kind=str(document.get("kind", "")),
        device=str(document["device"]),
        phases=parse_phases(str(document["phases"])),
        started_at=_time(document["started_at"]),
        service_points=_indices(document["service_points"], network),
        reporting_points=_indices(document["reporting_points"], network),
    )


def _indices(ids: list[str], network: Network) -> Indices:
    found = network.find_service_points(ids)
    if (found < 0).any():
        unknown = ids[int(np.argmin(found))]
        raise ValueError(f"the network has no service point {unknown!r}")
    return np.sort(found)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return at.astimezone(UTC)

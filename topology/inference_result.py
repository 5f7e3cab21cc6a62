"""What inference answers: outages, each with candidates, reasons and whom it puts out, and conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, overload

from topology.observations import Observation
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


_ItemT_co = TypeVar("_ItemT_co", covariant=True)


class ReadLater(Sequence[_ItemT_co]):
    """What is worked out when it is read, and compares with other such, or with a tuple."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Compare all items, in order."""
        return isinstance(other, ReadLater | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        """Return the hash of the tuple of items."""
        return hash(tuple(self))

    def __repr__(self) -> str:
        """Return the items as a tuple is shown."""
        return repr(tuple(self))


class EvidenceIds(ReadLater[str]):
    """The ids of what is said of an outage, by time and id; put in order when they are first read.

    It keeps what was said when the outage was inferred, whatever comes later.
    """

    __slots__ = ("_ids", "_spells")

    def __init__(self, spells: Sequence[tuple[Observation, ...]]) -> None:
        """Take what is said, place by place."""
        self._spells = spells
        self._ids: tuple[str, ...] | None = None

    def _ordered(self) -> tuple[str, ...]:
        if self._ids is None:
            spoken = sorted((one.at, one.id) for spell in self._spells for one in spell)
            self._ids, self._spells = tuple(id_ for _, id_ in spoken), ()
        return self._ids

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        """Return one id, or a slice of them."""
        return self._ordered()[place]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._ordered())

    def __iter__(self) -> Iterator[str]:
        """Yield the ids in order."""
        return iter(self._ordered())


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
    evidence_ids: Sequence[str]


class Maker(Protocol):
    """What makes outages by their numbers; the same number gives the same outage."""

    def __getitem__(self, row: int, /) -> InferredOutage:
        """Return one outage."""


class Outages(ReadLater[InferredOutage]):
    """The outages of an answer, each made when it is first read: a storm has thousands."""

    __slots__ = ("_makers", "_rows")

    def __init__(self, makers: Sequence[Maker], rows: Sequence[int]) -> None:
        """Take by outage what makes it, and its number there."""
        self._makers = makers
        self._rows = rows

    @overload
    def __getitem__(self, place: int) -> InferredOutage: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[InferredOutage]: ...
    def __getitem__(self, place: int | slice) -> InferredOutage | Sequence[InferredOutage]:
        """Return one outage, or some of them."""
        if isinstance(place, slice):
            return Outages(self._makers[place], self._rows[place])
        return self._makers[place][self._rows[place]]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rows)


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """The outages believed, most customers first; `ignored` names observations of unknown things."""

    at: datetime
    outages: Sequence[InferredOutage]
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

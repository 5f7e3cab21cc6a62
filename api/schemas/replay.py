"""Shapes of a replay: what was known at an instant, the changes up to another, and the curve to move over."""

from __future__ import annotations

from pydantic import Field

from api.schemas.changes import Change, PlaceOnMap, Snapshot
from api.schemas.promises import PromiseClock
from api.schemas.shape import Answer, Instant
from api.schemas.switching import SwitchedDevice, TemporaryPlace


class Moment(Answer):
    """An instant of a replay, and the instants one step away from it."""

    at: Instant
    position: int = Field(description="Of the last change that was recorded by then.")
    previous_at: Instant | None
    next_at: Instant | None


class PastState(Snapshot, Moment):
    """What was known at an instant, as `/api/snapshot` told it then.

    Beside that: where the outages are that any map shows, and the devices that stood otherwise than normally.
    """

    places: dict[str, PlaceOnMap]
    switched: list[SwitchedDevice]
    temporary: list[TemporaryPlace]


class PastChanges(Moment):
    """The changes from one instant of a replay to a later one; null where the state is quicker asked for.

    `places`: of outages that were predicted, or moved to another device, by them.
    """

    changes: list[Change] | None
    places: dict[str, PlaceOnMap]


class PastPromises(Answer):
    """How the clocks of one outage stood at an instant; none where nothing was promised."""

    at: Instant
    clocks: list[PromiseClock]


class PastPoint(Answer):
    """How many customers were out by how many outages, as was known at a moment."""

    at: Instant
    customers: int
    outages: int


class PastCurve(Answer):
    """The points of a span in order; `first_at` is when the first change of all was recorded."""

    since: Instant
    until: Instant
    first_at: Instant | None
    points: list[PastPoint]

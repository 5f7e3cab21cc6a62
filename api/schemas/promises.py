"""Shapes of promises, their clocks, pauses and breaches, and of area classes."""

from __future__ import annotations

from typing import Any

from api.schemas.shape import Answer, FreeText, Instant, Name, Order
from dispatch.promise_document import PauseReason
from gis.area_class import AreaClass


class PromiseClock(Answer):
    """One promise about one outage. `slack_minutes` below zero: so late; `because`: why not applicable."""

    promise: str
    measures: str
    state: str
    because: str | None
    started_at: Instant | None
    due_at: Instant | None
    stopped_at: Instant | None
    warn_at: Instant | None
    slack_minutes: float | None


class FirstReport(Answer):
    """The first true report of a kind."""

    kind: str
    evidence_id: str
    at: Instant


class ArrivalProof(Answer):
    """What proves one crew's arrival: its own tap, and its first position near the place."""

    job_id: str
    crew_id: str
    tap_at: Instant | None
    tap_recorded_at: Instant | None
    tap_change: int | None
    position_at: Instant | None
    position_recorded_at: Instant | None
    position_distance_m: float | None
    lon: float | None
    lat: float | None


class Pause(Answer):
    """A span in which nobody could come or work."""

    id: int
    reason: str
    note: str | None
    started_at: Instant
    started_by: str
    ended_at: Instant | None
    ended_by: str | None


class OutagePromises(Answer):
    """All promises about one outage. `next_clock`: the one due next; `flags`: job → what does not fit."""

    outage_id: str
    area_class: str
    area_source: str
    area_named: str | None
    customers_per_km2: float | None
    rules_version: str
    clocks: list[PromiseClock]
    next_clock: PromiseClock | None
    first_reports: list[FirstReport]
    arrival: ArrivalProof | None
    proofs: list[ArrivalProof]
    flags: dict[str, list[str]]
    pauses: list[Pause]


class OpenPromises(Answer):
    """The promises about all outages that are not over."""

    outages: list[OutagePromises]


class Breach(Answer):
    """One broken promise, with what proves it; `…_change` are positions in the change log."""

    outage_id: str
    device: str
    outage_status: str
    customers_out: int
    promise: str
    measures: str
    area_class: str
    area_source: str
    started_at: Instant | None
    report_id: str | None
    due_at: Instant | None
    ended_at: Instant | None
    late_minutes: float
    restored_at: Instant | None
    restored_change: int | None
    breach_change: int | None
    rules_version: str
    arrival: ArrivalProof | None
    flags: list[str]
    pauses: list[Pause]


class Breaches(Answer):
    """Broken promises, newest first."""

    breaches: list[Breach]


class PromiseRules(Answer):
    """The rules that new clocks run by, as their file has them."""

    version: str
    document: dict[str, Any]


class PauseOrder(Order):
    """Pause the clocks of an outage, from now on or from a time already past."""

    reason: PauseReason
    note: FreeText | None = None
    started_at: Instant | None = None


class ResumeOrder(Order):
    """Let the clocks go on, from now on or from a time already past."""

    ended_at: Instant | None = None


class FeederArea(Order):
    """In what kind of area a feeder lies; null takes back what was said."""

    feeder: Name
    area_class: AreaClass | None


class AreaClasses(Answer):
    """What operators said of places: feeders, and polygons as a GeoJSON feature collection."""

    feeders: dict[str, str]
    polygons: dict[str, Any]

"""Shapes of reliability: the keys of the exchange format (design §4.5), and what stands beside them."""

from __future__ import annotations

from datetime import date

from api.schemas.shape import Answer
from dispatch.reliability.report import Counted
from dispatch.reliability.rule_sets import RuleSetName


class Figures(Answer):
    """Sums and indices of sustained interruptions."""

    interruptions: int
    customers_interrupted: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float
    caidi_minutes: float | None
    asai: float


class Threshold(Answer):
    """What T_MED was learned from."""

    t_med_minutes: float
    alpha: float
    beta: float
    days: int
    years: list[int]


class PeriodFigures(Figures):
    """The figures of a span of local days; `cemi`: n → share of customers with n or more interruptions."""

    first_day: date
    last_day: date
    without_major_event_days: Figures
    t_med_minutes: float | None
    t_med_learned_from: Threshold | None
    major_event_days: list[date]
    major_event_days_saidi_minutes: list[float]
    maifi: float
    maifi_e: float
    cemi: dict[str, float] | None


class YearFigures(PeriodFigures):
    """The figures of one calendar year, as far as it was asked for."""

    year: int


class PartFigures(Figures):
    """The share of one part in the whole, and what its own customers had; `name` null: not known."""

    name: str | None
    without_major_event_days: Figures
    customers_served: int | None
    own: Figures | None


class ReconciliationLine(Answer):
    """A figure, or the difference that one rule makes."""

    rule: str
    is_sum: bool
    saidi_minutes: float
    saifi: float


class Reliability(PeriodFigures):
    """Indices of a period by one rule set; `customers_served` counts what `counted` says."""

    rules: RuleSetName
    sustained_minutes: int
    counted: Counted
    customers_served: int
    rows: int
    years: list[YearFigures]
    by: dict[str, list[PartFigures]]
    reconciliation: list[ReconciliationLine]

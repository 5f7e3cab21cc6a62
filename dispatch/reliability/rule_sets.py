"""The two rule books that one ledger is read by, and what they say of an interruption.

IEEE Std 1366-2012/2022: sustained is longer than five minutes; customers are counted; CEMI-n is n or more.
DL/T 836.1-2016 (供电系统供电可靠性评价规程): lasting (持续停电) is longer than three minutes; user units
(用户统计单位) are counted; index 1 has everything, 2 leaves out what comes from outside (外部影响), 3 what is
limited because there is too little power (系统电源不足限电), 4 what is short (短时停电).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dispatch.reliability.columns import MICROSECONDS_PER_MINUTE


class RuleSetName(StrEnum):
    """The rule sets, as people ask for them."""

    IEEE1366 = "ieee1366"
    DLT836 = "dlt836"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What a rule book says: longer than `sustained_minutes` is sustained, anything else momentary."""

    name: RuleSetName
    sustained_minutes: int
    # Reclosings within so long of the first are one momentary event (IEEE 1366: five minutes).
    momentary_event_minutes: int

    @property
    def sustained_us(self) -> int:
        """The limit in microseconds; an interruption of exactly this length is momentary."""
        return self.sustained_minutes * MICROSECONDS_PER_MINUTE

    @property
    def momentary_event_us(self) -> int:
        """How long a momentary event goes on, in microseconds."""
        return self.momentary_event_minutes * MICROSECONDS_PER_MINUTE


IEEE1366 = RuleSet(RuleSetName.IEEE1366, sustained_minutes=5, momentary_event_minutes=5)
DLT836 = RuleSet(RuleSetName.DLT836, sustained_minutes=3, momentary_event_minutes=3)
RULE_SETS = {rules.name: rules for rules in (IEEE1366, DLT836)}

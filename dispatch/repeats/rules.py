"""The rules of repeats, read from the file beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

DEFAULTS = Path(__file__).with_name("rules.toml")
_MONTHS_PER_YEAR = 12
_LAST_DAY_OF_EVERY_MONTH = 28


class RepeatKind(StrEnum):
    """What repeats."""

    CUSTOMERS = "customers"  # the customers behind a transformer
    FEEDER = "feeder"
    SWITCH = "switch"


class RepeatLevel(StrEnum):
    """How bad it is, mildest first."""

    ALERT = "alert"
    ALARM = "alarm"
    SPECIAL = "special"
    OVER_LIMIT = "over_limit"


@dataclass(frozen=True, slots=True)
class RepeatRules:
    """Levels by kind: from so many times on. Trips within `same_trouble` of the one before do not count."""

    version: str
    months: int
    levels: Mapping[RepeatKind, Mapping[RepeatLevel, int]]
    same_trouble: timedelta

    def since(self, now: datetime) -> datetime:
        """Return how far back is looked: so many calendar months; the 31st becomes the 28th."""
        month = now.year * _MONTHS_PER_YEAR + now.month - 1 - self.months
        year, number = divmod(month, _MONTHS_PER_YEAR)
        return now.replace(year=year, month=number + 1, day=min(now.day, _LAST_DAY_OF_EVERY_MONTH))

    def level(self, kind: RepeatKind, times: int) -> RepeatLevel | None:
        """Return the worst level that so many times reach, None for none."""
        reached = [level for level, least in self.levels[kind].items() if times >= least]
        return max(reached, key=list(RepeatLevel).index, default=None)

    def fewest(self, kind: RepeatKind) -> int:
        """Return how many times are the first to be told."""
        return min(self.levels[kind].values())


def read_repeat_rules(path: Path = DEFAULTS) -> RepeatRules:
    """Return the rules of a file."""
    with path.open("rb") as file:
        document = tomllib.load(file)
    tables = {
        RepeatKind.CUSTOMERS: document["customers"],
        RepeatKind.FEEDER: document["feeders"],
        RepeatKind.SWITCH: document["switches"],
    }
    return RepeatRules(
        version=document["version"],
        months=document["months"],
        levels={
            kind: {RepeatLevel(level): least for level, least in table.items()}
            for kind, table in tables.items()
        },
        same_trouble=timedelta(hours=document["trips"]["same_within_hours"]),
    )

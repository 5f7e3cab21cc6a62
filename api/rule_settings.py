"""Settings that are rules, or name files of rules; the others: api/settings.py."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatch.planned_rules import PlannedRules, default_planned_rules, read_planned_rules
from dispatch.promise_document import PromiseRules, default_promise_rules, read_promise_rules
from topology.network_load import DEFAULT_POWER_FACTOR, LoadRules


class PromiseSettings(BaseSettings):
    """What is promised about outages."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_PROMISES_")

    file: Path | None = Field(
        default=None,
        description="The file of promises (docs/formats/promises.md). Without it those Relight comes with.",
    )

    def rules(self) -> PromiseRules:
        """Return the rules of the file; PromisesFileError names what is wrong with it."""
        return read_promise_rules(self.file) if self.file is not None else default_promise_rules()


class PlannedOutageSettings(BaseSettings):
    """What is owed to customers before planned work."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_PLANNED_OUTAGES_")

    file: Path | None = Field(
        default=None,
        description="The rules of planned outages (docs/planned_outages.md). Without it those Relight comes "
        "with.",
    )

    def rules(self) -> PlannedRules:
        """Return the rules of the file; PlannedRulesFileError names what is wrong with it."""
        return read_planned_rules(self.file) if self.file is not None else default_planned_rules()


class LoadSettings(BaseSettings):
    """How loads are summed where switching is checked for overload."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_LOAD_")

    coincidence: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Which share of the sum of peaks falls together; 1 is on the safe side.",
    )
    power_factor: float = Field(
        default=DEFAULT_POWER_FACTOR, gt=0, le=1, description="The power factor of all loads."
    )

    def rules(self) -> LoadRules:
        """Return how peaks become loads."""
        return LoadRules(power_factor=self.power_factor, coincidence=self.coincidence)

"""Settings from the environment, in small classes by subject; docs/settings.md lists them all.

Owns the names and defaults of every `RELIGHT_…` variable. Nothing below `api` reads the environment: what a
room needs is handed to it as a plain argument.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.channel_settings import ChannelSettings
from api.rule_settings import LoadSettings, PlannedOutageSettings, PromiseSettings
from dispatch.etr_rules import DEFAULT_ALARM_MINUTES, DEFAULT_PUBLISH_MINUTES, EtrRules
from dispatch.meter_requests import PingRules
from dispatch.outage_reopening import DEFAULT_REOPEN_WITHIN
from dispatch.planner import PlannerRules
from dispatch.planning.replanning import DEFAULT_CHANGE_MINUTES
from dispatch.tidying import TidyRules
from gis.cluster import default_home
from topology.observations import ObservationKind
from topology.rates import EvidenceRates, read_rates


def _home() -> Path:
    return default_home(environment=os.environ, is_root=os.geteuid() == 0)


class DatabaseSettings(BaseSettings):
    """Where the rows are kept."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    database_url: SecretStr | None = Field(
        default=None,
        description="Another PostGIS server to use, as postgresql://user:password@host:5432/database. "
        "Without it Relight starts its own private cluster in its home folder.",
    )
    home: Path = Field(
        default_factory=_home,
        description="The folder of the private cluster and of the networks' files. As root "
        "/var/lib/relight, else $XDG_DATA_HOME/relight or ~/.local/share/relight.",
    )
    database_connections: int = Field(
        default=20, ge=2, le=500, description="How many database connections the web process may hold."
    )

    @property
    def networks_folder(self) -> Path:
        """Where the walked networks are kept that all processes map."""
        return self.home / "networks"

    @property
    def photos_folder(self) -> Path:
        """Where photos of hazards and damage are kept."""
        return self.home / "photos"

    @property
    def tiles_folder(self) -> Path:
        """Where tiles are kept that were made before."""
        return self.home / "tiles"

    @property
    def public_map_folder(self) -> Path:
        """Where the public map's snapshot is written, if no other folder is set."""
        return self.home / "public_map"


class WebSettings(BaseSettings):
    """How the HTTP interface is served."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on. 0.0.0.0 opens it to the network: then serve it over https.",
    )
    port: int = Field(
        default=8000, ge=0, le=65535, description="The TCP port to listen on; 0 takes any free one."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description="Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, "
        "parted by commas.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much the processes write to standard error."
    )
    stream_connections: int = Field(
        default=200, ge=1, description="How many live change streams may be open at once in a web process."
    )
    crew_stream_connections: int = Field(
        default=200, ge=1, description="How many crews' pages may be live at once in a web process."
    )
    customer_stream_connections: int = Field(
        default=500,
        ge=1,
        description="How many customers' pages may be live at once in a web process; the others load again "
        "every now and then. They have places of their own, so that a storm never takes the desk's.",
    )
    customer_notice: str | None = Field(
        default=None,
        max_length=300,
        description="A line that stands on every customer's page, such as the telephone number to call.",
    )


class SignInSettings(BaseSettings):
    """How people and systems prove who they are."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    session_hours: float = Field(
        default=12.0, gt=0, le=720, description="How long a sign-in lasts: one shift, by default."
    )
    secure_cookies: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="Whether the session cookie is marked Secure. `auto`: exactly when the request came "
        "over https (seen by Relight itself or told by a trusted proxy).",
    )


class MessageSettings(ChannelSettings):
    """Through which Apprise addresses messages leave; without one mails stay queued and health says so."""


class MeterSettings(BaseSettings):
    """Whether and how meters are asked; without an address nobody is."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    meter_system_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s]+$",
        description="The address at which the meter system takes questions: docs/formats/meter_system.md.",
    )
    meter_system_token: SecretStr | None = Field(
        default=None, description="The bearer token that goes with every question."
    )
    meter_system_timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="How many seconds the meter system may take to answer."
    )
    pings_per_minute: int = Field(
        default=600, ge=1, le=1_000_000, description="How many meters are asked in a minute at most."
    )
    ping_again_after_minutes: float = Field(
        default=10.0, ge=1, le=1440, description="For how many minutes a meter is not asked again."
    )
    auto_ping: bool = Field(
        default=True,
        description="Whether meters are asked by themselves when one service point alone is believed out, or "
        "an outage is unsure.",
    )
    ping_neighbours: int = Field(
        default=3, ge=0, le=50, description="How many others are asked beside the first."
    )

    def auto_rules(self) -> PingRules | None:
        """Return how meters are asked by themselves; None where they are not."""
        return self.rules() if self.auto_ping else None

    def rules(self) -> PingRules | None:
        """Return how meters may be asked; None where there is nobody to ask."""
        if self.meter_system_url is None:
            return None
        return PingRules(
            again_after=timedelta(minutes=self.ping_again_after_minutes),
            per_minute=self.pings_per_minute,
            neighbours=self.ping_neighbours,
        )


class HoldDownSettings(BaseSettings):
    """How long a report is held before it counts: supply that comes back within that time was never out."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_HOLD_DOWN_")

    meters_s: float = Field(default=60.0, ge=0, le=3600, description="Last gasps, in seconds.")
    telemetry_s: float = Field(default=60.0, ge=0, le=3600, description="Switches seen to open, in seconds.")
    calls_s: float = Field(
        default=0.0,
        ge=0,
        le=3600,
        description="Trouble calls, in seconds: people look around before they call, so the blink is over.",
    )

    def by_kind(self) -> dict[str, float]:
        """Return the seconds by kind of observation."""
        return {
            ObservationKind.LAST_GASP: self.meters_s,
            ObservationKind.SWITCH_OPEN: self.telemetry_s,
            ObservationKind.TROUBLE_CALL: self.calls_s,
        }


class InferenceSettings(BaseSettings):
    """What inference takes for granted."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_INFERENCE_")

    rates_file: Path | None = Field(
        default=None,
        description="How often devices open and how people and meters report (`relight rates learn`). "
        "Without it the documented defaults, and what can be is estimated from the evidence.",
    )

    def rates(self) -> EvidenceRates | None:
        """Return the rates of the file; RatesError names what is wrong with it."""
        return read_rates(self.rates_file) if self.rates_file is not None else None


class PlanningSettings(BaseSettings):
    """Whether and how the plan for many outages is made in the background."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_PLANNING_")

    on: bool = Field(default=True, description="Whether a plan is made at all.")
    seconds: float = Field(
        default=5.0,
        gt=0,
        le=45,
        description="How long one search takes at most, in seconds; with few jobs it is shorter.",
    )
    processor_share: float = Field(
        default=0.25,
        gt=0,
        le=1,
        description="Which share of one processor improving takes while nothing changes.",
    )
    bound_seconds: float = Field(
        default=2.0,
        gt=0,
        le=30,
        description="How long the lower bound of a plan is looked for at most, in seconds.",
    )
    change_minutes: float = Field(
        default=DEFAULT_CHANGE_MINUTES,
        ge=0,
        le=1_000_000,
        description="What a changed assignment must earn, in weighted customer-minutes.",
    )

    def rules(self) -> PlannerRules:
        """Return how plans are made."""
        return PlannerRules(
            seconds=self.seconds,
            processor_share=self.processor_share,
            change_minutes=self.change_minutes,
            bound_seconds=self.bound_seconds,
        )


class EtrSettings(BaseSettings):
    """When restoration times are sent, and when the desk is warned of them."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_ETR_")

    publish_minutes: float = Field(
        default=DEFAULT_PUBLISH_MINUTES,
        ge=0,
        le=240,
        description="A restoration time that changes by less than this is kept and not sent, in minutes.",
    )
    alarm_minutes: float = Field(
        default=DEFAULT_ALARM_MINUTES,
        gt=0,
        le=240,
        description="How long before a restoration time lapses the desk is warned, in minutes.",
    )

    def rules(self) -> EtrRules:
        """Return the rules of restoration times."""
        return EtrRules(
            publish=timedelta(minutes=self.publish_minutes), alarm=timedelta(minutes=self.alarm_minutes)
        )


class OutageSettings(BaseSettings):
    """What may still be done to an outage that is over."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    reopen_hours: float = Field(
        default=DEFAULT_REOPEN_WITHIN.total_seconds() / 3600,
        ge=0,
        le=744,
        description="For how many hours an outage that is over may be reopened; later it is another one.",
    )

    @property
    def reopen_within(self) -> timedelta:
        """For how long an outage that is over may be reopened."""
        return timedelta(hours=self.reopen_hours)


class PublicMapSettings(BaseSettings):
    """The snapshot of the public map, which any file server can serve."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_PUBLIC_MAP_")

    on: bool = Field(default=True, description="Whether a snapshot is written at all.")
    folder: Path | None = Field(
        default=None,
        description="The folder it is written to, for a file server. Without it `public_map` in the home "
        "folder.",
    )
    every_s: float = Field(
        default=60.0, ge=5, le=3600, description="How many seconds lie between two snapshots."
    )
    supply_address: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s]+$",
        description="The address of the customers' pages, for a link on the map.",
    )


class BaseMapSettings(BaseSettings):
    """The map that lies under the network, if any: a file of the operator's own, never another host's."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    base_map: Path | None = Field(
        default=None,
        description="A PMTiles file, or a folder of tiles `{z}/{x}/{y}.png` (jpg, jpeg, webp, avif, mvt, "
        "pbf), to lie under the network: docs/desk.md. Without it the network lies on plain ground.",
    )
    base_map_attribution: str | None = Field(
        default=None,
        max_length=200,
        description="Whose map it is, as its licence wants it said; without it what the map itself says.",
    )


class TidySettings(BaseSettings):
    """How long what nobody can need any more is kept."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    unnamed_photos_days: float = Field(
        default=7.0,
        ge=0.1,
        le=3650,
        description="After how many days a photo that no report names is removed. One that was named stays.",
    )
    past_shifts_days: float = Field(
        default=62.0,
        ge=7,
        le=36500,
        description="After how many days a shift that is past leaves the roster; the change log keeps it.",
    )

    def rules(self) -> TidyRules:
        """Return how long each is kept."""
        return TidyRules(
            photos_after=timedelta(days=self.unnamed_photos_days),
            shifts_after=timedelta(days=self.past_shifts_days),
        )


def as_environment(*settings: BaseSettings) -> dict[str, str]:
    """Return settings as the variables that give them to a process of our own."""
    variables = {}
    for one in settings:
        prefix = one.model_config.get("env_prefix", "")
        for name in type(one).model_fields:
            value = getattr(one, name)
            if value is not None:
                told = value.get_secret_value() if isinstance(value, SecretStr) else value
                variables[f"{prefix}{name}".upper()] = str(told)
    return variables


SETTINGS = (
    DatabaseSettings,
    WebSettings,
    SignInSettings,
    MessageSettings,
    MeterSettings,
    HoldDownSettings,
    InferenceSettings,
    PlanningSettings,
    PromiseSettings,
    LoadSettings,
    PlannedOutageSettings,
    EtrSettings,
    OutageSettings,
    PublicMapSettings,
    BaseMapSettings,
    TidySettings,
)

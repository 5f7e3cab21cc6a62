"""Settings of messages: by which channels they leave, links, quiet hours, rates, replies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatch.channels import PLACEHOLDER, USER_PLACEHOLDER, Channel
from dispatch.message_rules import MessageRules, QuietHours

_TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class ChannelSettings(BaseSettings):
    """Where messages leave, and what they go by."""

    model_config = SettingsConfigDict(env_prefix="RELIGHT_")

    mail_url: SecretStr | None = Field(
        default=None,
        description="The Apprise address for e-mail, for instance "
        "mailtos://user:password@mail.example.org?from=outages@example.org.",
    )
    sms_url: SecretStr | None = Field(
        default=None,
        description="The Apprise address for text messages, with {phone} where the number goes, for instance "
        "twilio://account:token@+15550100000/{phone}. Without it no text message is queued.",
    )
    time_zone: str = Field(
        default="UTC",
        description="The time zone in which messages and customers' pages tell the time, as in the IANA "
        "list: Asia/Shanghai.",
    )
    wecom_url: SecretStr | None = Field(
        default=None,
        description="The Apprise address for WeCom or a WeChat gateway, with {user} where the customer's id "
        "goes: wecombot://{user}, or jsons://gateway.example.org/wechat?:to={user}. Without it the channel "
        "is not offered.",
    )
    webhook_hosts: str | None = Field(
        default=None,
        description="Hosts at which customers may have messages posted to a program of theirs, parted by "
        "commas. Without it the channel is not offered.",
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="Where customers find Relight. Without it messages hold no links.",
    )
    quiet_hours: str | None = Field(
        default=None,
        description="From when until when nothing but danger is sent to customers who have not chosen their "
        "own quiet hours, in local time, as 22:00-07:00.",
    )
    incoming_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="The bearer token of the gateway that passes customers' replies on. Without it none are "
        "taken.",
    )
    mail_per_minute: int | None = Field(default=None, ge=1, description="How many mails leave in a minute.")
    sms_per_minute: int | None = Field(
        default=None, ge=1, description="How many text messages leave in a minute."
    )
    wecom_per_minute: int | None = Field(
        default=None, ge=1, description="How many messages to WeCom leave in a minute."
    )
    webhook_per_minute: int | None = Field(
        default=None, ge=1, description="How many messages to webhooks leave in a minute."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, ZoneInfoNotFoundError):
            raise ValueError(f"{name!r} is not a time zone of the IANA list, such as Asia/Shanghai") from None
        return name

    @field_validator("sms_url")
    @classmethod
    def _with_a_place_for_the_number(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and PLACEHOLDER not in address.get_secret_value():
            raise ValueError(f"it needs {PLACEHOLDER} where the number goes")
        return address

    @field_validator("wecom_url")
    @classmethod
    def _with_a_place_for_the_user(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and USER_PLACEHOLDER not in address.get_secret_value():
            raise ValueError(f"it needs {USER_PLACEHOLDER} where the customer's id goes")
        return address

    @field_validator("quiet_hours")
    @classmethod
    def _two_times(cls, times: str | None) -> str | None:
        found = _TIMES.fullmatch(times or "")
        if times is not None and (found is None or found.group(1, 2) == found.group(3, 4)):
            raise ValueError("it has to be two times of the day, as 22:00-07:00")
        return times

    def hosts(self) -> tuple[str, ...]:
        """Return the hosts at which customers may have programs."""
        return tuple(host.strip() for host in (self.webhook_hosts or "").split(",") if host.strip())

    def quiet(self) -> QuietHours | None:
        """Return the quiet hours of those who have not chosen their own."""
        found = _TIMES.fullmatch(self.quiet_hours or "")
        if found is None:
            return None
        hours = [int(part) for part in found.groups()]
        return QuietHours(begins=hours[0] * 60 + hours[1], ends=hours[2] * 60 + hours[3])

    def per_minute(self) -> Mapping[Channel, int]:
        """Return how many messages leave in a minute, for each channel that has a limit."""
        limits = {
            Channel.EMAIL: self.mail_per_minute,
            Channel.SMS: self.sms_per_minute,
            Channel.WECOM: self.wecom_per_minute,
            Channel.WEBHOOK: self.webhook_per_minute,
        }
        return {channel: limit for channel, limit in limits.items() if limit is not None}

    def channels(self) -> tuple[str, ...]:
        """Return the channels that have somewhere to send to."""
        addresses = {
            Channel.EMAIL: self.mail_url,
            Channel.SMS: self.sms_url,
            Channel.WECOM: self.wecom_url,
            Channel.WEBHOOK: self.hosts(),
        }
        return tuple(str(channel) for channel, address in addresses.items() if address)

    def rules(self) -> MessageRules:
        """Return what all messages go by."""
        return MessageRules(time_zone=self.time_zone, quiet=self.quiet(), public_url=self.public_url)

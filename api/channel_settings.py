"""Settings of messages: by which channels they leave, links, quiet hours, rates, replies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dispatch.channels import PLACEHOLDER, USER_PLACEHOLDER, Channel
from dispatch.message_rules import MessageRules, QuietHours
from dispatch.push_signature import PushKey
from dispatch.web_push import PushRoute

_TIMES = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class ChannelSettings(BaseSettings):
    """Where messages leave, and what they go by."""

    # What is wrong is said without what was given: these hold keys and passwords.
    model_config = SettingsConfigDict(env_prefix="RELIGHT_", hide_input_in_errors=True)

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
    web_push_key: SecretStr | None = Field(
        default=None,
        description="The key that signs messages to browsers, made once by `relight push-key`. Without it "
        "and hosts the channel is not offered.",
    )
    web_push_hosts: str | None = Field(
        default=None,
        description="The hosts of browsers' push services that messages may be posted to, parted by commas; "
        "*.example.org is every name below one.",
    )
    web_push_contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://[^\s]+)$",
        validate_default=True,
        description="Where push services may complain, as mailto:outages@example.org or an https address. "
        "Without it the public address, where that is one.",
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
    web_push_per_minute: int | None = Field(
        default=None, ge=1, description="How many messages to browsers leave in a minute."
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

    @field_validator("web_push_key")
    @classmethod
    def _a_key_of_ours(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            try:
                PushKey.read(key.get_secret_value())
            except ValueError:
                raise ValueError("it has to be a key that `relight push-key` made") from None
        return key

    @field_validator("web_push_contact")
    @classmethod
    def _somebody_to_complain_to(cls, contact: str | None, info: ValidationInfo) -> str | None:
        is_wanted = info.data.get("web_push_key") is not None and _parted(info.data.get("web_push_hosts"))
        if is_wanted and contact is None and _https(info.data.get("public_url")) is None:
            raise ValueError(
                "web push needs it, as mailto:outages@example.org, where RELIGHT_PUBLIC_URL is not https"
            )
        return contact

    @field_validator("quiet_hours")
    @classmethod
    def _two_times(cls, times: str | None) -> str | None:
        found = _TIMES.fullmatch(times or "")
        if times is not None and (found is None or found.group(1, 2) == found.group(3, 4)):
            raise ValueError("it has to be two times of the day, as 22:00-07:00")
        return times

    def hosts(self) -> tuple[str, ...]:
        """Return the hosts at which customers may have programs."""
        return _parted(self.webhook_hosts)

    def push_hosts(self) -> tuple[str, ...]:
        """Return the hosts of push services that are allowed."""
        return _parted(self.web_push_hosts)

    def push_key(self) -> PushKey | None:
        """Return the key of messages to browsers; None where the channel is not there."""
        if self.web_push_key is None or not self.push_hosts():
            return None
        return PushKey.read(self.web_push_key.get_secret_value())

    def push_route(self, *, real_now: Callable[[], datetime]) -> PushRoute | None:
        """Return how browsers are told; None where they are not."""
        key, contact = self.push_key(), self._push_contact()
        if key is None or contact is None:
            return None
        return PushRoute(key=key, contact=contact, hosts=self.push_hosts(), real_now=real_now)

    def _push_contact(self) -> str | None:
        return self.web_push_contact or _https(self.public_url)

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
            Channel.WEB_PUSH: self.web_push_per_minute,
        }
        return {channel: limit for channel, limit in limits.items() if limit is not None}

    def channels(self) -> tuple[str, ...]:
        """Return the channels that have somewhere to send to."""
        addresses = {
            Channel.EMAIL: self.mail_url,
            Channel.SMS: self.sms_url,
            Channel.WECOM: self.wecom_url,
            Channel.WEBHOOK: self.hosts(),
            Channel.WEB_PUSH: self.push_key(),
        }
        return tuple(str(channel) for channel, address in addresses.items() if address)

    def rules(self) -> MessageRules:
        """Return what all messages go by."""
        return MessageRules(time_zone=self.time_zone, quiet=self.quiet(), public_url=self.public_url)


def _parted(hosts: str | None) -> tuple[str, ...]:
    return tuple(host.strip() for host in (hosts or "").split(",") if host.strip())


def _https(address: str | None) -> str | None:
    return address if address is not None and address.startswith("https://") else None

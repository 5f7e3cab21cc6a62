"""The ways to reach a customer."""

from __future__ import annotations

from enum import StrEnum

# Stand in the operator's address of a channel where the customer's number or id goes.
PLACEHOLDER = "{phone}"
USER_PLACEHOLDER = "{user}"


class Channel(StrEnum):
    """A way to reach a customer."""

    EMAIL = "email"
    SMS = "sms"
    WECOM = "wecom"  # WeCom 企业微信, or a gateway to WeChat 微信
    WEBHOOK = "webhook"  # the customer's own program
    WEB_PUSH = "web_push"  # the customer's browser, by its push service


# Reached by what is on file, unless the customer says otherwise; the others only by what a customer chose.
ON_FILE = (Channel.EMAIL, Channel.SMS)
# Reached at hosts that customers bring, not by one gateway: one host away is not all of them.
AT_MANY_HOSTS = (Channel.WEBHOOK, Channel.WEB_PUSH)

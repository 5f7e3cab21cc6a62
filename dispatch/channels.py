"""The ways to reach a customer."""

from __future__ import annotations

from enum import StrEnum

# Stands in the address for text messages where the number goes.
PLACEHOLDER = "{phone}"


class Channel(StrEnum):
    """A way to reach a customer."""

    EMAIL = "email"
    SMS = "sms"

"""Shapes of the Autopilot's switch."""

from __future__ import annotations

from api.schemas.shape import Answer, Order


class Autopilot(Answer):
    """Whether the Autopilot plays the dispatcher."""

    on: bool


class TurnAutopilot(Order):
    """Turn the Autopilot on or off."""

    on: bool

"""The switch of the demo's Autopilot; 404 in a system that has none."""

from __future__ import annotations

from fastapi import APIRouter

from api.autopilot_switch import autopilot_is_on, turn_autopilot
from api.roles import Role, open_to
from api.schemas.autopilot import Autopilot, TurnAutopilot
from api.work import Database, reading, receiving

router = APIRouter(tags=["demo"])


@router.get("/api/demo/autopilot")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_autopilot(engine: Database) -> Autopilot:
    """Say whether the Autopilot plays the dispatcher."""
    with reading(engine) as work:
        return Autopilot(on=autopilot_is_on(work.session))


@router.post("/api/demo/autopilot")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def switch_autopilot(order: TurnAutopilot, engine: Database) -> Autopilot:
    """Turn the Autopilot off to take over, or on to hand back."""
    with receiving(engine) as work:
        return Autopilot(on=turn_autopilot(work.session, is_on=order.on))

"""Figures over all outages."""

from __future__ import annotations

from fastapi import APIRouter

from api.roles import Role, open_to
from api.schemas.reports import NotificationSummary, Reliability
from api.work import Database, reading
from dispatch.notifications import notification_summary
from dispatch.reliability.so_far import reliability_so_far

router = APIRouter(tags=["reports"])


@router.get("/api/reliability")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_reliability(engine: Database) -> Reliability:
    """Give SAIDI, SAIFI and customer-minutes so far."""
    with reading(engine) as work:
        return Reliability.model_validate(reliability_so_far(work.session, now=work.now))


@router.get("/api/notifications/summary")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_notification_summary(engine: Database) -> NotificationSummary:
    """Count the messages by status and channel."""
    with reading(engine) as work:
        return NotificationSummary.model_validate(notification_summary(work.session))

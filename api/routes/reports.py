"""Figures over all outages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from api.reliability_csv import parts_csv
from api.reliability_page import reliability_page
from api.roles import Role, open_to
from api.schemas.reliability import Reliability
from api.schemas.reports import NotificationSummary
from api.vocabulary import read_vocabulary
from api.work import Database, reading
from dispatch.notifications import notification_summary
from dispatch.reliability.as_json import report_as_json
from dispatch.reliability.report import Counted, LedgerReport, Question, ledger_report
from dispatch.reliability.rule_sets import RuleSetName

router = APIRouter(tags=["reports"])

Part = Literal["feeder", "district", "cause", "month", "kind"]


def _question(
    *,
    rules: RuleSetName = RuleSetName.IEEE1366,
    first_day: Annotated[date | None, Query(description="Since the ledger began where not given.")] = None,
    last_day: Annotated[date | None, Query(description="Today where not given.")] = None,
    by: Annotated[list[Part] | None, Query()] = None,
    counted: Annotated[
        Counted | None, Query(description="What the rule set counts by, if not given.")
    ] = None,
    reconcile: bool = False,
) -> Question:
    return Question(
        rules=rules,
        first_day=first_day,
        last_day=last_day,
        by=tuple(dict.fromkeys(by or ())),
        counted=counted,
        reconciled=reconcile,
    )


Asked = Annotated[Question, Depends(_question)]


@router.get("/api/reliability")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_reliability(request: Request, asked: Asked, engine: Database) -> Reliability:
    """Give the indices of a period of local days from the ledger; what is still out counts to now."""
    return Reliability.model_validate(report_as_json(_report(request, asked, engine)))


@router.get("/api/reliability/report", response_class=HTMLResponse)
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_report(
    request: Request, asked: Asked, engine: Database, language: Literal["en", "zh"] = "en"
) -> HTMLResponse:
    """Give the same as a page for printing."""
    report = _report(request, asked, engine)
    return HTMLResponse(reliability_page(report, words=read_vocabulary()[language], language=language))


@router.get("/api/reliability/parts.csv")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_parts(request: Request, asked: Asked, engine: Database) -> Response:
    """Give the parts that were asked for (`by`) as a table for spreadsheets."""
    report = _report(request, asked, engine)
    return Response(parts_csv(report.made), media_type="text/csv; charset=utf-8")


def _report(request: Request, asked: Question, engine: Engine) -> LedgerReport:
    state = request.app.state
    with reading(engine) as work:
        return ledger_report(
            work.session,
            question=asked,
            networks=state.networks,
            places=state.served_places,
            zone=state.zone,
            now=work.now,
        )


@router.get("/api/notifications/summary")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_notification_summary(engine: Database) -> NotificationSummary:
    """Count the messages by status and channel."""
    with reading(engine) as work:
        return NotificationSummary.model_validate(notification_summary(work.session))

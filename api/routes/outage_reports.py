"""Reports to hand on: one page of HTML about an outage or a storm, which opens without any network."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.outage_report_page import outage_report_page, read_map_scripts
from api.roles import Role, open_to
from api.schemas.shape import Instant, Name
from api.vocabulary import read_vocabulary
from api.work import Database, reading
from dispatch.outage_report import report_of_outage, storm_report
from dispatch.report_parts import OutageReport

router = APIRouter(tags=["reports"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)
_USUAL_SPAN = timedelta(hours=24)
Language = Literal["en", "zh"]


@router.get("/api/reports/storm", response_class=HTMLResponse)
@_desk
def read_storm_report(
    request: Request,
    engine: Database,
    since: Annotated[Instant | None, Query(description="A day before `until` where not given.")] = None,
    until: Annotated[Instant | None, Query(description="Now where not given.")] = None,
    language: Language = "en",
) -> HTMLResponse:
    """Give the report of a span as a file: map, outages, customers, causes, crews, times told, timeline."""
    with reading(engine) as work:
        end = until or work.now
        report = storm_report(work.session, since=since or end - _USUAL_SPAN, until=end, now=work.now)
    return _page(request, report, language, name=f"storm-{report.since:%Y%m%dT%H%M}")


@router.get("/api/reports/outages/{outage_id}", response_class=HTMLResponse)
@_desk
def read_outage_report(
    outage_id: Name, request: Request, engine: Database, language: Language = "en"
) -> HTMLResponse:
    """Give the report of one outage as a file."""
    with reading(engine) as work:
        report = report_of_outage(work.session, outage_id=outage_id, now=work.now)
    return _page(request, report, language, name=f"outage-{report.outage_id}")


def _page(request: Request, report: OutageReport, language: Language, *, name: str) -> HTMLResponse:
    page = outage_report_page(
        report,
        words=read_vocabulary()[language],
        language=language,
        zone=request.app.state.zone,
        scripts=read_map_scripts(),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="relight-{name}-{language}.html"',
        "Cache-Control": "no-store",
    }
    return HTMLResponse(page, headers=headers)

"""Restoration times: what was said of an outage, which are about to lapse, and how good they were."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.roles import Role, open_to
from api.schemas.etr import EtrFigures, EtrScores, LapsingEtr, LapsingEtrs, OutageEtr
from api.schemas.shape import Name
from api.work import Database, reading
from dispatch.etr_scores import etr_figures, etr_scores
from dispatch.etr_views import etr_of_outage
from dispatch.etr_watch import lapsing_etrs

router = APIRouter(tags=["restoration times"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/outages/{outage_id}/etr")
@_desk
def read_etr(outage_id: Name, engine: Database) -> OutageEtr:
    """Tell what is published of an outage's restoration, and every word that was said, newest first."""
    with reading(engine) as work:
        return OutageEtr.model_validate(etr_of_outage(work.session, outage_id=outage_id))


@router.get("/api/etr/lapsing")
@_desk
def read_lapsing(engine: Database) -> LapsingEtrs:
    """List the outages whose time is about to lapse or has, the earliest first, with proposals."""
    with reading(engine) as work:
        found = lapsing_etrs(work.session, now=work.now)
        return LapsingEtrs(outages=[LapsingEtr.model_validate(one) for one in found])


@router.get("/api/etr/scores")
@_desk
def read_scores(engine: Database, days: Annotated[float, Query(gt=0, le=3660)] = 90.0) -> EtrScores:
    """Tell how good the times were: by tier, and by tier and kind of device."""
    with reading(engine) as work:
        figures = etr_figures(etr_scores(work.session, now=work.now, days=days))
        return EtrScores(days=days, figures=[EtrFigures.model_validate(one) for one in figures])

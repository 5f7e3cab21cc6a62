"""Damage reports of an outage: what somebody who looked found broken."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.orm import Session

from api.roles import Role, open_to
from api.schemas.hazards import DamageReport, DamageReports, NewDamageReport, RepairForecast
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.damage import DamageFound, DamageItem, damage_reports, repair_forecast, report_damage

router = APIRouter(tags=["damage"])


@router.get("/api/outages/{outage_id}/damage")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_damage(outage_id: Name, engine: Database) -> DamageReports:
    """List the damage reports of an outage, corrected ones too, and what the repair takes by them."""
    with reading(engine) as work:
        return DamageReports(
            reports=[
                DamageReport.model_validate(report)
                for report in damage_reports(work.session, outage_id=outage_id)
            ],
            forecast=_forecast(work.session, outage_id),
        )


@router.post("/api/outages/{outage_id}/damage")
@open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)
def take_damage(outage_id: Name, body: NewDamageReport, identity: SignedIn, engine: Database) -> DamageReport:
    """Report what is broken, with photos sent before; a crew on outages it has, or had, a job on.

    Whole or not at all; the same `client_event_id` again is the same report.
    """
    found = DamageFound(
        **{
            **body.model_dump(),
            "items": tuple(DamageItem(kind=item.kind, count=item.count) for item in body.items),
            "skills": tuple(str(skill) for skill in body.skills),
            "photos": tuple(body.photos),
        }
    )
    with writing(engine) as work:
        report = report_damage(
            work.session,
            outage_id=outage_id,
            found=found,
            crew_id=None if identity.is_desk else identity.crew_id or "",
            actor=identity.name,
            now=work.now,
        )
        return DamageReport.model_validate(report)


def _forecast(session: Session, outage_id: str) -> RepairForecast:
    forecast = repair_forecast(session, outage_id)
    return RepairForecast(
        minutes=forecast.minutes,
        skills=sorted(forecast.skills),
        source="assessed" if forecast.assessed_at is not None else "device_kind",
        assessed_at=forecast.assessed_at,
    )

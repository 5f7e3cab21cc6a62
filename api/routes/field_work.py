"""What a crew takes along, and what it tells beside its steps: materials, and whether supply is back."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.errors import NoMeterSystemError
from api.roles import Identity, Role, open_to
from api.schemas.field_work import JobMaterials, JobPackage, JobPackages, NewMaterials, OnSiteCheck
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, receiving, writing
from dispatch.job_packages import packages_of_crew
from dispatch.materials import MaterialItem, MaterialsUsed, report_materials
from dispatch.meter_requests import PingRules
from dispatch.on_site_check import OnSiteCheck as FoundSupply
from dispatch.on_site_check import ask_at_job, supply_at_job
from dispatch.verification import Supply

router = APIRouter(tags=["jobs"])
_crew = open_to(Role.CREW, Role.GUEST_CREW)


@router.get("/api/jobs/mine/packages")
@_crew
def read_my_packages(identity: SignedIn, engine: Database) -> JobPackages:
    """Return what the crew takes along of each open job, for a shift without signal."""
    with reading(engine) as work:
        packages = packages_of_crew(work.session, crew_id=identity.crew_id or "")
        return JobPackages(made_at=work.now, packages=[JobPackage.model_validate(one) for one in packages])


@router.post("/api/jobs/{job_id}/materials")
@_crew
def take_materials(job_id: Name, body: NewMaterials, identity: SignedIn, engine: Database) -> JobMaterials:
    """Report what was used on a job; sent again after a lost answer, it is still one report."""
    used = MaterialsUsed(
        items=tuple(MaterialItem(kind=item.kind, quantity=item.quantity) for item in body.items),
        occurred_at=body.occurred_at,
        client_event_id=body.client_event_id,
        phone_at=body.phone_at,
    )
    with writing(engine) as work:
        kept = report_materials(
            work.session,
            job_id=job_id,
            crew_id=identity.crew_id or "",
            used=used,
            actor=identity.name,
            now=work.now,
        )
        return JobMaterials.model_validate(
            {
                "job_id": kept.job_id,
                "items": kept.items,
                "outcome": "applied" if kept.is_new else "already_applied",
            }
        )


@router.get("/api/jobs/{job_id}/supply")
@_crew
def read_supply_at_job(job_id: Name, identity: SignedIn, engine: Database) -> OnSiteCheck:
    """Tell what is known of supply behind the crew's own job."""
    with reading(engine) as work:
        check = supply_at_job(work.session, job_id=job_id, crew_id=identity.crew_id or "", now=work.now)
        return _told(check, identity)


@router.post("/api/jobs/{job_id}/supply")
@_crew
def ask_supply_at_job(job_id: Name, request: Request, identity: SignedIn, engine: Database) -> OnSiteCheck:
    """Ask the meters behind the crew's own job, before it leaves. The answers come as evidence, later."""
    rules: PingRules | None = request.app.state.pings
    if rules is None:
        raise NoMeterSystemError
    with receiving(engine) as work:
        check = ask_at_job(
            work.session, job_id=job_id, crew_id=identity.crew_id or "", rules=rules, now=work.now
        )
        return _told(check, identity)


def _told(check: FoundSupply, identity: Identity) -> OnSiteCheck:
    """A guest crew is told where supply is still out; where it is back it needs no address."""
    told = OnSiteCheck.model_validate(check)
    if Role.GUEST_CREW in identity.roles:
        for household in told.households:
            if household.supply != Supply.STILL_OUT:
                household.address = None
    return told

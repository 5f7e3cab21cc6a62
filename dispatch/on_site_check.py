"""Is supply really back? A crew asks the meters behind its job before it leaves, and reads what they said.

RULE 1: asked are the households of dispatch/verification.py: important ones, those who reported, others
    spread over the outage. Whoever is known to have supply again is not asked once more.
RULE 2: a crew is told where, and what the meter said; no name, no account, no telephone number.
RULE 3: answers come as evidence like all others: nothing is decided here, and a crew may leave all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput
from dispatch.jobs import job_of_crew
from dispatch.meter_requests import PingRules, request_pings
from dispatch.pings import PingReason
from dispatch.verification import Supply, ToVerify, who_to_verify


@dataclass(frozen=True, slots=True)
class CheckedSupply:
    """One household, and what is known of its supply; `ping` is how far the last question to its meter is."""

    service_point: str
    address: str | None
    customers: int
    supply: str
    ping: str | None
    ping_result: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class OnSiteCheck:
    """What is known at a job at one moment; `asked` are the meters that this very check asks."""

    job_id: str
    at: datetime
    asked: int
    households: tuple[CheckedSupply, ...]


def supply_at_job(session: Session, *, job_id: str, crew_id: str, now: datetime) -> OnSiteCheck:
    """Return what is known of the households of a crew's own job; UnknownThing, NotYours, InvalidInput."""
    households = _to_verify(session, job_id, crew_id)
    return OnSiteCheck(job_id=job_id, at=now, asked=0, households=tuple(map(_checked, households)))


def ask_at_job(
    session: Session, *, job_id: str, crew_id: str, rules: PingRules, now: datetime
) -> OnSiteCheck:
    """Ask the meters whose supply is not known to be back (rule 1), and return what is known so far."""
    unsure = [one for one in _to_verify(session, job_id, crew_id) if one.supply != Supply.BACK]
    asked = request_pings(
        session,
        service_points=[one.service_point for one in unsure],
        reason=PingReason.DISPATCHER,
        rules=rules,
        now=now,
        outage_id=job_of_crew(session, job_id=job_id, crew_id=crew_id).outage_id,
    )
    households = _to_verify(session, job_id, crew_id)
    return OnSiteCheck(job_id=job_id, at=now, asked=len(asked), households=tuple(map(_checked, households)))


def _to_verify(session: Session, job_id: str, crew_id: str) -> list[ToVerify]:
    job = job_of_crew(session, job_id=job_id, crew_id=crew_id)
    if job.outage_id is None:
        raise InvalidInput(field="job", text=f"Job {job_id} is to make safe: no household hangs on it.")
    return who_to_verify(session, outage_id=job.outage_id)


def _checked(household: ToVerify) -> CheckedSupply:
    ping = household.ping
    return CheckedSupply(
        service_point=household.service_point,
        address=household.address,
        customers=household.customers,
        supply=household.supply,
        ping=ping.status if ping is not None else None,
        ping_result=ping.result if ping is not None else None,
        answered_at=ping.answered_at if ping is not None else None,
    )

"""Puts the actors together: who signs in as whom, and what they share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.demo.audit import Audit
from api.demo.autopilot import Autopilot
from api.demo.cast import CastCrew
from api.demo.client import ApiClient
from api.demo.crew_phone import CrewPhone
from api.demo.evidence_senders import MeterSystem, TroubleDesk
from api.demo.field import Field, FieldCrew
from api.demo.production import Production
from api.demo.troupe import Troupe
from storm.crew_people import SimulatedPerson, crew_people, crew_shifts
from storm.crews import CrewHabits, SimulatedCrew


@dataclass(frozen=True, slots=True)
class Players:
    """The actors at work, and the judge who watches them."""

    field: Field
    meters: MeterSystem
    desk: TroubleDesk
    judge: ApiClient
    audit: Audit
    troupe: Troupe
    stopping: threading.Event
    now: Callable[[], datetime]

    @property
    def evidence(self) -> int:
        """How many pieces of evidence Relight has accepted."""
        return self.meters.accepted + self.desk.accepted

    def refusals(self) -> list[str]:
        """Return what Relight would not take of the evidence."""
        return self.meters.refusals + self.desk.refusals


@contextmanager
def playing(
    *, address: str, production: Production, now: Callable[[], datetime], shift: timedelta
) -> Iterator[Players]:
    """Sign everyone in, put the crews on the roster, and let all act until the end of the context."""
    stopping = threading.Event()
    by_name = {account.credentials.name: account.credentials for account in production.accounts}
    with ExitStack() as signed_in:

        def client(name: str) -> ApiClient:
            one = ApiClient(address=address, credentials=by_name[name], is_stopping=stopping.is_set)
            return signed_in.enter_context(one)

        judge = client("judge")
        _fill_roster(judge, production, now=now(), shift=shift)
        meters = MeterSystem(client=client("meter-system"))
        desk = TroubleDesk(client=client("trouble-desk"))
        crews = [
            FieldCrew(
                crew=_simulated(crew, production),
                phone=CrewPhone(crew_id=crew.id, client=client(crew.id), now=now),
            )
            for crew in production.crews
        ]
        field = Field(storm=production.storm, crews=crews, meters=meters, desk=desk, now=now)
        autopilot = Autopilot(client=client("autopilot"), now=now)
        phones = [crew.phone for crew in crews]
        with Troupe([field, meters, desk, autopilot, *phones], stopping=stopping) as troupe:
            yield Players(
                field=field,
                meters=meters,
                desk=desk,
                judge=judge,
                audit=Audit(client=judge, oracle=production.oracle),
                troupe=troupe,
                stopping=stopping,
                now=now,
            )


def _fill_roster(judge: ApiClient, production: Production, *, now: datetime, shift: timedelta) -> None:
    for number, crew in enumerate(production.crews, start=1):
        people = crew_people(
            crew_id=crew.id, number=number, skills=crew.skills, today=now.date(), seed=production.seed
        )
        judge.post(
            "/api/crews",
            {
                "id": crew.id,
                "name": crew.name,
                "skills": list(crew.skills),
                "shifts": [
                    {"start": start.isoformat(), "end": end.isoformat()}
                    for start, end in crew_shifts(number=number, now=now, lasting=shift)
                ],
                "lon": crew.place.lon,
                "lat": crew.place.lat,
                "vehicle": {"kind": crew.vehicle_kind, "id": f"TRUCK-{number}"},
                "depot": {"name": crew.depot_name, "lon": crew.depot.lon, "lat": crew.depot.lat},
                "members": [_told(person) for person in people],
            },
        )


def _told(person: SimulatedPerson) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "phone": person.phone,
        "is_lead": person.is_lead,
        "certificates": [
            {"skill": one.skill, "expires_on": one.expires_on.isoformat()} for one in person.certificates
        ],
    }


def _simulated(crew: CastCrew, production: Production) -> SimulatedCrew:
    return SimulatedCrew(
        id=crew.id,
        place=crew.place,
        world=production.storm.world,
        places=production.places,
        habits=CrewHabits(),
        seed=production.seed,
        drives=production.drives,
    )

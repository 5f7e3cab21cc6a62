"""Shapes of the crew roster."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field

from api.schemas.jobs import Job
from api.schemas.shape import Answer, Instant, Name, Order
from dispatch.crew_members import HeldCertificate as KnownCertificate
from dispatch.crew_members import Member as KnownMember
from dispatch.crew_view import CrewView
from dispatch.crews import Depot as KnownDepot
from dispatch.crews import Vehicle as KnownVehicle
from dispatch.duty import Stretch
from dispatch.off_duty import OffDuty
from dispatch.vehicles import CAPABILITIES, VehicleKind

# A year of three shifts a day.
MOST_SHIFTS = 1_000
MOST_MEMBERS = 50


class Shift(Order):
    """A shift, up to but not including its end."""

    start: Instant
    end: Instant

    @property
    def stretch(self) -> Stretch:
        """Return it as dispatch knows it."""
        return Stretch(self.start, self.end)


class Depot(Order):
    """Where a crew starts from and comes home to."""

    name: Name | None = None
    lon: float
    lat: float
    crs: Name = "wgs84"

    @property
    def known(self) -> KnownDepot:
        """Return it as dispatch knows it."""
        return KnownDepot(name=self.name, lon=self.lon, lat=self.lat, crs=self.crs)


class Vehicle(Order):
    """What a crew drives; `id` is what the vehicle's own receiver calls itself, if it has one."""

    kind: Name = VehicleKind.TRUCK
    id: Name | None = None

    @property
    def known(self) -> KnownVehicle:
        """Return it as dispatch knows it."""
        return KnownVehicle(kind=self.kind, id=self.id)


class Certificate(Order):
    """A certified skill; `expires_on` is its last valid day, null without an end."""

    skill: Name
    expires_on: date | None = None


class Member(Order):
    """A person of a crew; `id` is the number the company knows the person by."""

    id: Name
    name: Name
    phone: Name | None = None
    is_lead: bool = False
    certificates: list[Certificate] = Field(default=[], max_length=50)

    @property
    def known(self) -> KnownMember:
        """Return the person as dispatch knows them."""
        held = tuple(KnownCertificate(one.skill, one.expires_on) for one in self.certificates)
        return KnownMember(self.id, self.name, self.phone, self.is_lead, certificates=held)


class NewCrew(Order):
    """A crew for the roster, with the place it starts from.

    `shift_start` and `shift_end` give one shift; `shifts` a whole roster, beside it or instead of it.
    """

    id: Name
    name: Name
    skills: list[Name] = Field(max_length=50)
    shift_start: Instant | None = None
    shift_end: Instant | None = None
    shifts: list[Shift] = Field(default=[], max_length=MOST_SHIFTS)
    lon: float
    lat: float
    crs: Name = "wgs84"
    vehicle: Vehicle | None = None
    depot: Depot | None = None
    members: list[Member] = Field(default=[], max_length=MOST_MEMBERS)


class ChangedCrew(Order):
    """What of a crew is to change; what is absent stays as it is."""

    name: Name | None = None
    skills: list[Name] | None = Field(default=None, max_length=50)
    vehicle: Vehicle | None = None
    depot: Depot | None = None


class NewShifts(Order):
    """A crew's roster from now on."""

    shifts: list[Shift] = Field(max_length=MOST_SHIFTS)


class NewMembers(Order):
    """Everybody who is in a crew."""

    members: list[Member] = Field(max_length=MOST_MEMBERS)


class OffDutyOrder(Order):
    """Why a crew is taken off duty."""

    because: OffDuty = OffDuty.OTHER


class Position(Order):
    """Where a crew is, in the coordinate system its phone speaks; `sent_at` is the phone's own clock."""

    lon: float
    lat: float
    crs: Name = "wgs84"
    at: Instant
    sent_at: Instant | None = None


class ReceivedPosition(Order):
    """One position of a batch: of a crew by its id, or of whichever crew has this vehicle."""

    crew_id: Name | None = None
    vehicle_id: Name | None = None
    lon: float
    lat: float
    crs: Name = "wgs84"
    at: Instant


class Positions(Order):
    """A batch of positions; `sent_at` is what the sender's clock said when it sent them."""

    sent_at: Instant | None = None
    positions: list[ReceivedPosition] = Field(min_length=1, max_length=5_000)


class PositionReceipt(Answer):
    """What became of one position; `line` counts from 1."""

    line: int
    crew_id: str | None
    outcome: Literal["taken", "passed_over", "set_aside", "refused"]
    code: str | None
    values: dict[str, Any] | None
    text: str | None


class PositionReceipts(Answer):
    """What became of each position, in the order sent."""

    positions: list[PositionReceipt]


class ShiftOfCrew(Answer):
    """A shift on the roster."""

    start: Instant
    end: Instant


class DutyReason(Answer):
    """Why a limit is where it is."""

    code: str
    values: dict[str, Any]
    text: str


class Duty(Answer):
    """When a crew may work next, within its shifts and its rest; both null where it may not at all."""

    available_from: Instant | None
    available_until: Instant | None
    because: list[DutyReason]


class SkillOfCrew(Answer):
    """How a crew stands with a skill it was entered with; `lapse` says why it does not hold it now."""

    skill: str
    valid: int
    needed: int
    lapse: Literal["expired", "too_few"] | None
    until: date | None
    expired_on: date | None
    text: str


class Whereabouts(Answer):
    """Where a crew is taken to be, on what that rests, and how old its position is."""

    lon: float
    lat: float
    code: Literal["told", "last_known", "depot"]
    age_minutes: float
    text: str


class PositionAside(Answer):
    """A newer position that was not believed, and why."""

    lon: float
    lat: float
    at: Instant
    source: str
    code: str
    values: dict[str, Any]
    text: str


class Crew(Answer):
    """A crew on the roster: what it can do, when it may work, where it is taken to be, and its open jobs.

    `skills` are those it holds now. `shift_start` and `shift_end` are the present shift, else the next, else
    the last. `lon`, `lat` is what was told last; `whereabouts` where the crew is taken to be.
    """

    id: str
    name: str
    status: Literal["free", "busy", "past_limit", "resting", "before_shift", "no_shift", "off_duty"]
    skills: list[str]
    skill_standings: list[SkillOfCrew]
    members: int
    vehicle_kind: str
    vehicle_id: str | None
    capabilities: list[str]
    depot_name: str | None
    depot_lon: float | None
    depot_lat: float | None
    shift_start: Instant
    shift_end: Instant
    duty: Duty
    rest_until: Instant | None
    off_duty_since: Instant | None
    off_duty_because: str | None
    lon: float
    lat: float
    position_at: Instant
    position_source: str
    whereabouts: Whereabouts
    position_aside: PositionAside | None
    jobs: list[Job]

    @classmethod
    def of(cls, view: CrewView) -> Crew:
        """Return a crew as it is told."""
        fields = {name: getattr(view, name) for name in cls.model_fields if hasattr(view, name)}
        believed = view.believed
        fields["capabilities"] = list(CAPABILITIES[VehicleKind(view.vehicle_kind)])
        fields["whereabouts"] = Whereabouts(
            lon=believed.place.lon,
            lat=believed.place.lat,
            code=believed.code.value,
            age_minutes=round(believed.age_minutes, 1),
            text=believed.text,
        )
        return cls.model_validate(fields, from_attributes=True)


class Crews(Answer):
    """The roster."""

    crews: list[Crew]


class CertificateOfMember(Answer):
    """A certified skill of a person, and whether it holds today."""

    skill: str
    expires_on: date | None
    is_valid: bool


class MemberOfCrew(Answer):
    """A person of a crew; `phone` is null for those who need not have it."""

    id: str
    name: str
    phone: str | None
    is_lead: bool
    certificates: list[CertificateOfMember]


class WholeCrew(Crew):
    """A crew with its people and its whole roster."""

    people: list[MemberOfCrew]
    shifts: list[ShiftOfCrew]


class Members(Answer):
    """Everybody who is in a crew."""

    members: list[MemberOfCrew]


class OwnDuty(Answer):
    """What a crew sees of its own duty."""

    status: str
    shift_start: Instant
    shift_end: Instant
    duty: Duty
    rest_until: Instant | None
    skill_standings: list[SkillOfCrew]


class DutyRules(Order):
    """The limits of duty and rest for all crews, in minutes."""

    longest_duty_minutes: float = Field(gt=0, le=72 * 60)
    shortest_rest_minutes: float = Field(gt=0, le=72 * 60)
    longest_day_minutes: float = Field(gt=0, le=24 * 60)

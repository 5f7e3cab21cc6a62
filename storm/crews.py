"""How simulated crews behave: they answer, drive, look, walk on if the device was not the one, and mend.

Owns a crew's own time and place. A crew knows only its job's device; what it finds there it learns from the
world when it stands in front of it. Steps come out with the moment they happened, to be reported by phone.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gis.place import Place
from storm.drives import Drive, Drives, StraightDrives
from storm.errors import StormError
from storm.faults import Fault, FaultClass
from storm.randomness import minutes_between, stream
from storm.world import World

Minutes = tuple[float, float]

_DECLINE_REASONS = ("The truck has a flat tyre.", "Material for this job is used up.", "上一项工作还没做完。")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_REPAIR_MINUTES: Mapping[FaultClass, Minutes] = {
    # Shorter than what utilities report (medians of one to two hours with the drive): a choice of this
    # simulation, so that a storm is over within a working day.
    FaultClass.SERVICE: (12.0, 30.0),
    FaultClass.BRANCH: (15.0, 40.0),
    FaultClass.TRANSFORMER: (30.0, 70.0),
    FaultClass.TRUNK: (25.0, 60.0),
}


class Errand(StrEnum):
    """What a crew is sent for."""

    REPAIR = "repair"
    ASSESSMENT = "assessment"  # it looks, says what is broken, and mends nothing
    MAKE_SAFE = "make_safe"  # it guards and makes safe what endangers people


@dataclass(frozen=True, slots=True)
class CrewHabits:
    """How long a crew takes for what, in minutes from shortest to longest.

    Args:
        decline_share: The share of jobs a crew declines, 0 to 1.
        drive_factor: How much longer or shorter a drive takes than estimated.
    """

    decline_share: float = 0.06
    accept_minutes: Minutes = (0.5, 3.0)
    set_off_minutes: Minutes = (1.0, 4.0)
    drive_factor: tuple[float, float] = (0.85, 1.3)
    look_minutes: Minutes = (2.0, 6.0)
    walk_minutes: Minutes = (2.0, 6.0)
    make_safe_minutes: Minutes = (10.0, 25.0)
    repair_minutes: Mapping[FaultClass, Minutes] = field(default_factory=lambda: dict(_REPAIR_MINUTES))


@dataclass(frozen=True, slots=True)
class CrewFinding:
    """What the crew saw at one device: `open`, `damaged`, `closed` or `ok`."""

    device: str
    result: str


@dataclass(frozen=True, slots=True)
class CrewStep:
    """One thing a crew did at one moment.

    Args:
        status: The job status to report, None where the crew only found something.
        repaired: The fault it has just mended.
        expects_supply_at: When the crew thinks it will be done.
        reason: Why it declines.
        damage_minutes: How long the repair takes, as who was sent to look thinks.
        is_made_safe: Nobody is in danger there any more.
    """

    job: str
    at: datetime
    place: Place
    status: str | None = None
    finding: CrewFinding | None = None
    repaired: Fault | None = None
    expects_supply_at: datetime | None = None
    reason: str | None = None
    damage_minutes: float | None = None
    is_made_safe: bool = False


@dataclass(frozen=True, slots=True)
class _Leg:
    drive: Drive
    departed_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class _Next:
    at: datetime
    do: Callable[[datetime], CrewStep]


class SimulatedCrew:
    """One crew in the simulated world, with at most one job at a time."""

    def __init__(
        self,
        *,
        id: str,
        place: Place,
        world: World,
        places: Mapping[str, Place],
        habits: CrewHabits,
        seed: int,
        drives: Drives | None = None,
    ) -> None:
        self.id = id
        self.job: str | None = None
        self._world = world
        self._places = places
        self._habits = habits
        self._seed = seed
        self._jobs_taken = 0
        self._random = stream(seed, "crew", id)
        self._device = ""
        self._errand = Errand.REPAIR
        self._destination: Place | None = None
        self._next: _Next | None = None
        self._drives = drives or StraightDrives()
        self._leg = _stands(place, _LONG_AGO)

    def take(
        self,
        *,
        job: str,
        device: str,
        at: datetime,
        errand: Errand = Errand.REPAIR,
        place: Place | None = None,
    ) -> None:
        """Hand the crew a job at a device, or at a place for dangers; it answers in its own time."""
        self._jobs_taken += 1
        self._random = stream(self._seed, "crew", self.id, self._jobs_taken)
        self.job = job
        self._device = device
        self._errand = errand
        self._destination = place
        self._after(at, self._habits.accept_minutes, self._answer)

    def drop(self, *, at: datetime) -> None:
        """Call the crew away from its job; it stays where it is."""
        self._leg = _stands(self.place_at(at), at)
        self.job = None
        self._next = None

    def advance(self, *, now: datetime) -> list[CrewStep]:
        """Return what the crew has done up to now and not yet told, oldest first."""
        steps: list[CrewStep] = []
        while self._next is not None and self._next.at <= now:
            steps.append(self._next.do(self._next.at))
        return steps

    def place_at(self, now: datetime) -> Place:
        """Return where the crew is, on its way while it drives."""
        leg = self._leg
        whole = (leg.arrives_at - leg.departed_at).total_seconds()
        if whole <= 0 or now >= leg.arrives_at:
            return leg.drive.place_at(1.0)
        return leg.drive.place_at((now - leg.departed_at).total_seconds() / whole)

    @property
    def is_driving(self) -> bool:
        """Whether the crew is on its way to a job."""
        return self._next is not None and self._next.do == self._arrive

    def _answer(self, at: datetime) -> CrewStep:
        if self._random.random() < self._habits.decline_share:
            return replace(self._end(at, "declined"), reason=self._random.choice(_DECLINE_REASONS))
        self._after(at, self._habits.set_off_minutes, self._set_off)
        return self._step(at, "accepted")

    def _set_off(self, at: datetime) -> CrewStep:
        origin = self.place_at(at)
        destination = self._places.get(self._device, self._destination or origin)
        if self._errand is Errand.MAKE_SAFE and self._destination is not None:
            destination = self._destination
        drive = self._drives.drive(origin=origin, destination=destination)
        minutes = drive.minutes * self._random.uniform(*self._habits.drive_factor)
        arrives_at = at + timedelta(minutes=max(1.0, minutes))
        self._leg = _Leg(drive, at, arrives_at)
        self._next = _Next(arrives_at, self._arrive)
        return CrewStep(job=self._job(), at=at, place=origin, status="en_route")

    def _arrive(self, at: datetime) -> CrewStep:
        if self._errand is Errand.MAKE_SAFE:
            self._after(at, self._habits.make_safe_minutes, self._make_safe)
        else:
            self._after(at, self._habits.look_minutes, self._look)
        return self._step(at, "on_site")

    def _make_safe(self, at: datetime) -> CrewStep:
        return replace(self._end(at, "finished"), is_made_safe=True)

    def _look(self, at: datetime) -> CrewStep:
        fault = self._world.fault_near(self._device, at=at)
        finding = CrewFinding(self._device, self._world.look_at(self._device, at=at))
        if fault is None:
            return replace(self._end(at, "finished"), finding=finding)
        if fault.device == self._device:
            return self._start(at, fault)
        self._walk_to(at, fault)
        return self._step(at, None, finding=finding)

    def _walk_to(self, at: datetime, fault: Fault) -> None:
        origin = self.place_at(at)
        destination = self._places.get(fault.device, origin)
        drive = self._drives.drive(origin=origin, destination=destination)
        wait = minutes_between(self._random, self._habits.walk_minutes)
        arrives_at = at + wait + timedelta(minutes=drive.minutes)
        self._leg = _Leg(drive, at, arrives_at)
        self._next = _Next(arrives_at, lambda moment: self._start(moment, fault))

    def _start(self, at: datetime, fault: Fault) -> CrewStep:
        bounds = self._habits.repair_minutes[fault.fault_class]
        if self._errand is Errand.ASSESSMENT:
            seen = CrewFinding(fault.device, self._world.look_at(fault.device, at=at))
            return replace(self._end(at, "finished"), finding=seen, damage_minutes=max(bounds))
        self._after(at, bounds, lambda moment: replace(self._end(moment, "finished"), repaired=fault))
        # What a crew says is its experience, not foresight: the long end of such repairs.
        expects_supply_at = at + timedelta(minutes=math.ceil(max(bounds) / 5) * 5)
        finding = CrewFinding(fault.device, self._world.look_at(fault.device, at=at))
        return replace(self._step(at, "working", finding=finding), expects_supply_at=expects_supply_at)

    def _end(self, at: datetime, status: str) -> CrewStep:
        step = self._step(at, status)
        self.job = None
        self._next = None
        return step

    def _step(self, at: datetime, status: str | None, *, finding: CrewFinding | None = None) -> CrewStep:
        return CrewStep(job=self._job(), at=at, place=self.place_at(at), status=status, finding=finding)

    def _after(self, at: datetime, wait: Minutes, do: Callable[[datetime], CrewStep]) -> None:
        self._next = _Next(at + minutes_between(self._random, wait), do)

    def _job(self) -> str:
        if self.job is None:
            raise StormError(f"crew {self.id} acts without a job")
        return self.job


def _stands(place: Place, at: datetime) -> _Leg:
    return _Leg(Drive(minutes=0.0, points=(place,)), at, at)

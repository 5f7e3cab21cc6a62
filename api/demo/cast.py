"""Who takes part in the demo: the accounts people may try, those the actors use, and the crews on the roster.

The passwords: what a newcomer types is one passphrase for all accounts, printed at the start, so that trying
a second role costs nothing. It is drawn anew each time and not fixed in the code: a forwarded port, or
another user of the same machine, then opens nothing, and nobody is taught to keep a default password. The
actors have long passwords of their own that are never shown. All exist in the demo's database only.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from api.demo.client import Credentials
from api.roles import Role
from dispatch.skills import Skill
from dispatch.vehicles import VehicleKind
from gis.place import Place

_WORDS = """
amber anchor apple arrow autumn basket beacon birch bridge candle canyon cedar cherry cloud copper coral
cotton crystal daisy delta ember falcon feather fern forest garden ginger glacier harbor hazel honey island
ivory jasmine kettle lantern lemon linen maple marble meadow mellow misty mountain oak ocean olive orchard
paper pebble pepper pine planet river saddle silver spring summer sunrise thunder tulip valley velvet willow
""".split()  # noqa: SIM905 - a list of one word a line would hide what follows
_WORDS_OF_PASSPHRASE = 4

_FEEDERS_HANDS = (Skill.SWITCHING, Skill.TRANSFORMER, Skill.SUBSTATION)
_LINE_HANDS = (Skill.LINE, Skill.LOW_VOLTAGE)
_ALL_HANDS = (Skill.CABLE, Skill.LINE, Skill.LOW_VOLTAGE, Skill.TRANSFORMER, Skill.SWITCHING)
_CREWS: Sequence[tuple[str, Sequence[Skill], VehicleKind]] = (
    ("Station crew 1", _FEEDERS_HANDS, VehicleKind.TRUCK),
    ("Line crew 1", _LINE_HANDS, VehicleKind.BUCKET_TRUCK),
    ("Station crew 2", _FEEDERS_HANDS, VehicleKind.TRUCK),
    ("Line crew 2", _LINE_HANDS, VehicleKind.BUCKET_TRUCK),
    ("Reserve crew 1", _ALL_HANDS, VehicleKind.CABLE_VAN),
    ("Station crew 3", _FEEDERS_HANDS, VehicleKind.GENERATOR),
    ("Line crew 3", _LINE_HANDS, VehicleKind.BUCKET_TRUCK),
    ("Reserve crew 2", _ALL_HANDS, VehicleKind.CABLE_VAN),
)
_DEPOTS = ("Depot 1", "Depot 2", "Depot 3")


@dataclass(frozen=True, slots=True)
class CastCrew:
    """A crew on the roster, and where it stands when the demo begins."""

    id: str
    name: str
    skills: tuple[Skill, ...]
    place: Place
    vehicle_kind: VehicleKind
    depot_name: str
    depot: Place


@dataclass(frozen=True, slots=True)
class CastAccount:
    """An account to make; `for_people` ones are shown at the start."""

    credentials: Credentials
    role: Role
    for_people: bool
    crew_id: str | None = None
    account: str | None = None


def new_passphrase() -> str:
    """Return a passphrase that is easy to type and new each time."""
    return "-".join(secrets.choice(_WORDS) for _ in range(_WORDS_OF_PASSPHRASE))


def choose_crews(*, places: Mapping[str, Place], random: Random) -> list[CastCrew]:
    """Return crews placed apart from each other among the given places; they must not be none."""
    spots = _apart([places[id_] for id_ in sorted(places)], len(_CREWS), random)
    return [
        CastCrew(
            id=f"crew-{number}",
            name=name,
            skills=tuple(skills),
            place=spot,
            vehicle_kind=vehicle,
            depot_name=_DEPOTS[number % len(_DEPOTS)],
            depot=spots[number % len(_DEPOTS)],
        )
        for number, ((name, skills, vehicle), spot) in enumerate(zip(_CREWS, spots, strict=True), start=1)
    ]


def choose_accounts(
    *, passphrase: str, crews: Sequence[CastCrew], customers: Sequence[str]
) -> list[CastAccount]:
    """Return the accounts of people (one passphrase for all) and of the actors.

    `customers` are the account numbers of those who may sign in as customers.
    """
    people = [
        CastAccount(Credentials(role.value, passphrase), role, for_people=True)
        for role in (Role.DISPATCHER, Role.SUPERVISOR)
    ]
    people += [
        CastAccount(Credentials(crew.id, passphrase), Role.CREW, for_people=True, crew_id=crew.id)
        for crew in crews
    ]
    people += [
        CastAccount(Credentials(f"customer-{number}", passphrase), Role.CUSTOMER, True, account=account)
        for number, account in enumerate(customers, start=1)
    ]
    actors = [
        CastAccount(Credentials(name, secrets.token_urlsafe(24)), role, for_people=False)
        for name, role in (
            ("autopilot", Role.DISPATCHER),
            ("trouble-desk", Role.DISPATCHER),
            ("meter-system", Role.METER_SYSTEM),
            ("judge", Role.SUPERVISOR),
        )
    ]
    return people + actors


def _apart(spots: Sequence[Place], count: int, random: Random) -> list[Place]:
    """Return spots far from each other: each next one is the farthest from those taken, of a few drawn."""
    taken = [random.choice(spots)]
    while len(taken) < count:
        drawn = random.choices(spots, k=20)
        taken.append(max(drawn, key=lambda spot: min(_square(spot, other) for other in taken)))
    return taken


def _square(one: Place, other: Place) -> float:
    return (one.lon - other.lon) ** 2 + (one.lat - other.lat) ** 2

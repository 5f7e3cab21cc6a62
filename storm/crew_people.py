"""The people of simulated crews, with certificates and a roster of shifts: made up, the same for one seed.

Names are common ones of two languages, telephone numbers are of the range kept for fiction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from storm.randomness import stream

_FAMILY_NAMES = ("Berg", "Novak", "Okafor", "Silva", "Larsen", "王", "李", "张", "陈", "刘", "赵", "周")
_GIVEN_NAMES = ("Ada", "Jonas", "Mira", "Paul", "Rosa", "伟", "敏", "强", "静", "磊", "洋", "涛")
_FIRST_CHINESE = 5
_PEOPLE_OF_A_CREW = (2, 4)
_VALID_DAYS = (60, 900)
# Certificates run out while people are busy: about one in twenty-five on the day of a storm.
_LAPSED_SHARE = 0.04
_LAPSED_DAYS = (2, 40)
# Storm duty as utilities commonly agree on: sixteen hours on, eight off, in two turns.
_ON_DUTY, _OFF_DUTY = timedelta(hours=16), timedelta(hours=8)
_BEGAN = (timedelta(hours=1), timedelta(hours=9))


@dataclass(frozen=True, slots=True)
class SimulatedCertificate:
    """A certified skill and its last valid day."""

    skill: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class SimulatedPerson:
    """A made-up person of a crew."""

    id: str
    name: str
    phone: str
    is_lead: bool
    certificates: tuple[SimulatedCertificate, ...]


def crew_people(
    *, crew_id: str, number: int, skills: Sequence[str], today: date, seed: int
) -> tuple[SimulatedPerson, ...]:
    """Return the people of a crew, two to four; at least two of them are certified for each skill.

    `number` counts crews from 1 and keeps telephone numbers apart.
    """
    random = stream(seed, "people", crew_id)
    count = random.randint(*_PEOPLE_OF_A_CREW)
    found = []
    for index in range(count):
        family = random.randrange(len(_FAMILY_NAMES))
        # A Chinese family name comes first, and with a Chinese given name.
        is_chinese = family >= _FIRST_CHINESE
        given = random.choice(_GIVEN_NAMES[_FIRST_CHINESE:] if is_chinese else _GIVEN_NAMES[:_FIRST_CHINESE])
        name = f"{_FAMILY_NAMES[family]}{given}" if is_chinese else f"{given} {_FAMILY_NAMES[family]}"
        certificates = []
        for skill in skills:
            days = random.randint(*_VALID_DAYS)
            if index > 1 and random.random() < _LAPSED_SHARE * count:
                days = -random.randint(*_LAPSED_DAYS)
            certificates.append(SimulatedCertificate(skill, today + timedelta(days=days)))
        found.append(
            SimulatedPerson(
                id=f"{crew_id}-{index + 1}",
                name=name,
                phone=f"+1 555 01{number:02d} {index + 1:02d}",
                is_lead=index == 0,
                certificates=tuple(certificates),
            )
        )
    return tuple(found)


def crew_shifts(*, number: int, now: datetime, lasting: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """Return a crew's shifts from the one that runs now until `lasting` from now, as (start, end).

    Crews 1 and 2, 5 and 6, … take turns with 3 and 4, 7 and 8, …, so that somebody is always on duty.
    """
    start = now - _BEGAN[(number - 1) // 2 % 2]
    found = []
    while start < now + lasting:
        found.append((start, start + _ON_DUTY))
        start += _ON_DUTY + _OFF_DUTY
    return tuple(found)

"""How smart meters report: last gasps when supply is lost, power-ups and read-outs when it is back.

Owns loss, delay and repeats of what meters send. Meters never lie here unless false gasps are asked for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from storm.directory import Identity
from storm.evidence import Report, make_report
from storm.faults import Fault


@dataclass(frozen=True, slots=True)
class MeterHabits:
    """How well the meter network carries messages.

    Args:
        last_gasp_loss: The share of last gasps that never arrive, 0 to 1.
        power_up_loss: The share of power-up messages that never arrive, 0 to 1.
        hold_seconds: How long a meter waits before it believes that supply is lost.
        mean_delay_seconds: The mean time a message is under way.
        repeat_share: The share of last gasps that arrive again, each time under another id.
        read_after_minutes: How long after supply is back the meter system reads meters that sent no power-up.
        read_share: The share of those that answer `on`; the rest answer `unreachable`.
    """

    # Meters hold 45 to 60 s before the last gasp and some makes repeat it up to six times in 20 minutes.
    last_gasp_loss: float = 0.3
    power_up_loss: float = 0.1
    hold_seconds: float = 45.0
    mean_delay_seconds: float = 25.0
    repeat_share: float = 0.1
    read_after_minutes: float = 4.0
    read_share: float = 0.95


def last_gasps(
    *, fault: Fault, habits: MeterHabits, identities: Mapping[str, Identity], random: Random
) -> list[Report]:
    """Return the last gasps that arrive after a fault, in order of arrival; lost ones are absent."""
    reports: list[Report] = []
    for service_point in fault.service_points:
        if random.random() < habits.last_gasp_loss:
            continue
        at = fault.started_at + timedelta(seconds=habits.hold_seconds)
        repeats = 1 + (random.random() < habits.repeat_share) * random.randint(1, 5)
        for number in range(1, repeats + 1):
            wait = _delay(habits, random) + timedelta(minutes=(number - 1) * 4)
            reports.append(
                make_report(
                    id=f"{fault.id}-gasp-{service_point}-{number}",
                    kind="last_gasp",
                    at=at,
                    arrives_at=at + wait,
                    **_meter(service_point, identities),
                ),
            )
    return sorted(reports)


def false_gasps(
    *,
    service_points: Collection[str],
    share: float,
    at: datetime,
    id_prefix: str,
    identities: Mapping[str, Identity],
    random: Random,
) -> list[Report]:
    """Return last gasps of places that never lost supply: the given share of the given service points."""
    return sorted(
        make_report(
            id=f"{id_prefix}-false-{service_point}",
            kind="last_gasp",
            at=at,
            arrives_at=at + timedelta(seconds=random.uniform(0, 60)),
            **_meter(service_point, identities),
        )
        for service_point in sorted(service_points)
        if random.random() < share
    )


def reports_of_return(
    *,
    fault: Fault,
    service_points: Collection[str],
    at: datetime,
    habits: MeterHabits,
    identities: Mapping[str, Identity],
    random: Random,
) -> list[Report]:
    """Return what meters say once supply is back: a power-up, or failing that the answer to a reading."""
    reports: list[Report] = []
    for service_point in sorted(service_points):
        meter = _meter(service_point, identities)
        if random.random() >= habits.power_up_loss:
            arrives_at = at + _delay(habits, random)
            kind, result = "power_up", None
        else:
            arrives_at = at + timedelta(minutes=habits.read_after_minutes) + _delay(habits, random)
            kind, result = "ping", "on" if random.random() < habits.read_share else "unreachable"
        reports.append(
            make_report(
                id=f"{fault.id}-{kind}-{service_point}",
                kind=kind,
                at=at if kind == "power_up" else arrives_at,
                arrives_at=arrives_at,
                **meter,
                result=result,
            ),
        )
    return sorted(reports)


def _delay(habits: MeterHabits, random: Random) -> timedelta:
    return timedelta(seconds=round(random.expovariate(1 / habits.mean_delay_seconds), 3))


def _meter(service_point: str, identities: Mapping[str, Identity]) -> dict[str, str]:
    meter = identities.get(service_point, Identity()).meter
    return {"meter": meter} if meter is not None else {"service_point": service_point}

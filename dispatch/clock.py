"""The one clock that the API and the workers read, so that a storm can run at speed and timers with it.

In production the speed is 1 and simulated time is real time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput
from dispatch.tables import ClockRow


@dataclass(frozen=True, slots=True)
class Clock:
    """A straight line from real to simulated time; speed in simulated seconds per real second."""

    origin_real: datetime
    origin_simulated: datetime
    speed: float

    def now(self, real_now: datetime) -> datetime:
        """Return the simulated time at a real time."""
        return self.origin_simulated + (real_now - self.origin_real) * self.speed


def read_clock(session: Session) -> Clock | None:
    """Return the clock that was set, or None: then simulated time is real time."""
    row = session.get(ClockRow, 1)
    if row is None:
        return None
    return Clock(origin_real=row.origin_real, origin_simulated=row.origin_simulated, speed=row.speed)


def simulated_now(session: Session, *, real_now: datetime) -> datetime:
    """Return the time by the clock in the database; the real time where none was set."""
    clock = read_clock(session)
    return clock.now(real_now) if clock else real_now


def set_clock(session: Session, *, clock: Clock) -> None:
    """Set the clock. Speed must be above zero."""
    if clock.speed <= 0:
        raise InvalidInput(field="speed", text=f"{clock.speed} is not above zero")
    values = {
        "origin_real": clock.origin_real,
        "origin_simulated": clock.origin_simulated,
        "speed": clock.speed,
    }
    session.execute(
        insert(ClockRow)
        .values(id=1, **values)
        .on_conflict_do_update(index_elements=[ClockRow.id], set_=values)
    )

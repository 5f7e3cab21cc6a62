"""A meter system of the simulated world: asked for a meter, it says what it finds, as real ones do.

RULE 1: a meter with supply answers `on`, unless the message is lost: then it is `unreachable`.
RULE 2: a meter without supply mostly cannot answer; some have a reserve, and say `off`.
RULE 3: a meter that nobody has is `unknown`.
The same seed, meter and number of the question give the same answer.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from storm.directory import Identity
from storm.randomness import stream
from storm.world import World


@dataclass(frozen=True, slots=True)
class AnswerHabits:
    """How well meters can be asked.

    Args:
        on_share: The share of meters with supply that answer `on`, 0 to 1.
        off_share: The share of meters without supply whose reserve lets them say `off`, 0 to 1.
    """

    on_share: float = 0.97
    off_share: float = 0.6


class SimulatedMeterSystem:
    """The head end of the meters of one world."""

    def __init__(
        self,
        *,
        world: World,
        identities: Mapping[str, Identity],
        seed: int,
        now: Callable[[], datetime],
        habits: AnswerHabits | None = None,
    ) -> None:
        """Bind to a world; `now` tells its time."""
        self._world = world
        self._service_points = {
            identity.meter: service_point
            for service_point, identity in identities.items()
            if identity.meter is not None
        }
        self._seed = seed
        self._now = now
        self._habits = habits or AnswerHabits()
        self._times_asked: Counter[str] = Counter()

    def answer(self, meter: str) -> tuple[str, datetime]:
        """Return `on`, `off`, `unreachable` or `unknown`, and the moment of that."""
        at = self._now()
        service_point = self._service_points.get(meter)
        if service_point is None:
            return "unknown", at
        self._times_asked[meter] += 1
        luck = stream(self._seed, "ping", meter, self._times_asked[meter]).random()
        if self._world.is_out(service_point, at=at):
            return ("off" if luck < self._habits.off_share else "unreachable"), at
        return ("on" if luck < self._habits.on_share else "unreachable"), at

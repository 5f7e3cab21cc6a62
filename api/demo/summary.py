"""What a run of the demo showed, in the keys of design §5."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """The figures of one run.

    `passed` and `problems` are for the exit code and the reader; `as_json` has exactly the design's keys.
    Times are in simulated minutes, except `seconds`: the real time the run took.
    """

    network: str
    service_points: int
    evidence: int
    outages: int
    closed: int
    affected_checked: int
    affected_mismatches: int
    crews_sent: int
    minutes_to_first_etr: float | None
    notifications_sent: int
    customer_minutes: float
    saidi_minutes: float
    saifi: float
    seconds: float
    problems: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every outage was closed and every affected list was right."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Return the object that `relight demo --headless --json` prints."""
        return {key: value for key, value in asdict(self).items() if key != "problems"}

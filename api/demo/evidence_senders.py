"""Those who bring evidence to Relight: the meter system in batches, the trouble desk call by call."""

from collections.abc import Sequence
from queue import Empty, SimpleQueue

from api.demo.client import ApiClient, RefusedError
from storm.evidence import Report

_LARGEST_BATCH = 2000


class MeterSystem:
    """The head end of the meters and the control room's telemetry: sends NDJSON batches."""

    name = "meter system"
    pause_s = 0.25

    def __init__(self, *, client: ApiClient) -> None:
        """Send through a client signed in as a meter system."""
        self.accepted = 0
        self.refusals: list[str] = []
        self._client = client
        self._waiting: SimpleQueue[Report] = SimpleQueue()
        self._is_sending = False

    def send(self, reports: Sequence[Report]) -> None:
        """Put reports into the queue; any thread may."""
        for report in reports:
            self._waiting.put(report)

    @property
    def is_idle(self) -> bool:
        """Whether everything handed in has been sent."""
        return not self._is_sending and self._waiting.empty()

    def act(self) -> None:
        """Send what has gathered."""
        self._is_sending = True
        batch = _take(self._waiting, _LARGEST_BATCH)
        if batch:
            answer = self._client.post_lines("/api/evidence/batch", (report.document for report in batch))
            # A batch that is repeated after a lost answer comes back as duplicates: they are in all the same.
            self.accepted += answer["accepted"] + answer["duplicates"]
            self.refusals += [f"{line['id']}: {line['reason']}" for line in answer["rejected"]]
        self._is_sending = False


class TroubleDesk:
    """The people who answer the telephone: enter one trouble call after the other."""

    name = "trouble desk"
    pause_s = 0.25

    def __init__(self, *, client: ApiClient) -> None:
        """Enter calls through a client signed in as a dispatcher."""
        self.accepted = 0
        self.refusals: list[str] = []
        self._client = client
        self._waiting: SimpleQueue[Report] = SimpleQueue()
        self._is_sending = False

    def send(self, reports: Sequence[Report]) -> None:
        """Put calls into the queue; any thread may."""
        for report in reports:
            self._waiting.put(report)

    @property
    def is_idle(self) -> bool:
        """Whether every call handed in has been entered."""
        return not self._is_sending and self._waiting.empty()

    def act(self) -> None:
        """Enter the calls that wait."""
        self._is_sending = True
        for report in _take(self._waiting, _LARGEST_BATCH):
            try:
                self._client.post("/api/evidence", report.document)
            except RefusedError as refusal:
                self.refusals.append(f"{report.id}: {refusal}")
            else:
                self.accepted += 1
        self._is_sending = False


def _take(waiting: SimpleQueue[Report], limit: int) -> list[Report]:
    taken: list[Report] = []
    try:
        while len(taken) < limit:
            taken.append(waiting.get_nowait())
    except Empty:
        pass
    return taken

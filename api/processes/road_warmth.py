"""Roads made ready beside the serving: the first ranking after a start or an import waits for nothing.

A daemon thread of the web process. It asks every few seconds which roads are in force and what is closed,
which costs two small questions to the database, and builds what the next ranking would have to build. It
decides nothing: a ranking that comes before it is done builds the same, and answers the same.
"""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.work import reading
from dispatch.travel import Travel

logger = logging.getLogger("relight.api")

LOOK_EVERY_S = 5.0


class RoadWarmth:
    """Keeps the travel times of one process ready."""

    def __init__(self, engine: Engine, travel: Travel, *, look_every_s: float = LOOK_EVERY_S) -> None:
        """Prepare; nothing runs until `start`."""
        self._engine = engine
        self._travel = travel
        self._look_every_s = look_every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="road warmth", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End it; what it is building just then is built to the end."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> bool:
        """Build what is missing now; return whether anything was."""
        begin = time.monotonic()
        with reading(self._engine) as work:
            is_new = self._travel.warm(work.session, now=work.now)
        if is_new:
            logger.info("roads are ready after %.1f s", time.monotonic() - begin)
        return is_new

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except SQLAlchemyError as error:
                logger.warning("roads: the database is away (%s)", type(error).__name__)
            except Exception:
                # Whoever ranks next meets the same, and is told; the page is served all the same.
                logger.exception("the roads could not be made ready")
            self._stopping.wait(self._look_every_s)

"""What every child process does the same: log to standard error, stop when told, and end with its parent."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from types import FrameType

# By generation: objects made, then looks at the generation before.
_ALLOCATIONS_BETWEEN_LOOKS = (50_000, 20, 20)
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

# Set by the supervisor: it holds the other end of our standard input for as long as it lives.
PARENT_WATCH = "RELIGHT_END_WITH_PARENT"
# The number of an inherited, listening socket: a restarted web process goes on with the same one, so callers
# wait a moment instead of being turned away.
SOCKET_NUMBER = "RELIGHT_WEB_SOCKET"


def start_logging(level: str) -> None:
    """Log to standard error from this level up; libraries only speak up when something is wrong."""
    logging.basicConfig(stream=sys.stderr, format=_FORMAT, level=logging.WARNING)
    logging.getLogger("relight").setLevel(level.upper())


def collect_seldom() -> None:
    """Look for unused rings of objects less often than Python does by itself.

    A storm's answers and steps make objects by the hundred thousand that are in no ring; looking through all
    of them again and again took as long as making them. A ring waits a few megabytes longer.
    """
    gc.set_threshold(*_ALLOCATIONS_BETWEEN_LOOKS)


def stop_event() -> threading.Event:
    """Return an event that SIGTERM, SIGINT or the end of the parent sets."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    end_with_parent()
    return stopping


def end_with_parent() -> None:
    """Send ourselves SIGTERM when the parent ends, even by kill -9; nothing happens without a supervisor."""
    if PARENT_WATCH not in os.environ:
        return

    def watch() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="end with parent", daemon=True).start()

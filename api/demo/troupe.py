"""The actors of the demo, each in its own thread: started together, stopped together.

Rule: an actor that fails stops the whole demo, and its error is the demo's; nothing goes on half-played.
"""

import logging
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

logger = logging.getLogger("relight.demo")

_STOP_PATIENCE_S = 15.0


class Actor(Protocol):
    """Someone who does a little at a time, again and again."""

    @property
    def name(self) -> str:
        """What the actor is called in the log."""

    @property
    def pause_s(self) -> float:
        """How long it rests between two turns, in real seconds."""

    def act(self) -> None:
        """Do what is to be done now."""


class Troupe:
    """Threads that let actors act until they are stopped; use it as a context manager."""

    def __init__(self, actors: Sequence[Actor], *, stopping: threading.Event) -> None:
        """Prepare a thread for each actor; `stopping` ends them all, from inside or outside."""
        self._stopping = stopping
        self._failures: list[tuple[str, Exception]] = []
        self._threads = [
            threading.Thread(target=self._play, args=(actor,), name=actor.name, daemon=True)
            for actor in actors
        ]

    def __enter__(self) -> Self:
        """Start all."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop all, and wait until they have ended."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(_STOP_PATIENCE_S)

    def failure(self) -> tuple[str, Exception] | None:
        """Return the name and error of the first actor that failed, if any did."""
        return self._failures[0] if self._failures else None

    def _play(self, actor: Actor) -> None:
        try:
            while not self._stopping.is_set():
                actor.act()
                self._stopping.wait(actor.pause_s)
        except Exception as error:
            if not self._stopping.is_set():  # on the way out, an unfinished request is no failure
                logger.exception("%s failed", actor.name)
                self._failures.append((actor.name, error))
            self._stopping.set()

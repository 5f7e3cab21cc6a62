"""Keeps child processes running: starts them, starts them again when they die, and stops them in order.

Rules:
1. A child that dies is started again after a pause that doubles, from half a second to half a minute; one
   that ran for a minute has earned a fresh start.
2. Children stand in sessions of their own, so that Ctrl-C reaches the supervisor alone, which then stops them
   in the reverse order of starting. Whoever does not stop in time is killed.
3. Each child holds the reading end of a pipe and ends when it closes: not even kill -9 of the supervisor
   leaves anybody behind.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from api.processes.child import PARENT_WATCH

logger = logging.getLogger("relight.processes")

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
_EARNED_AFTER_S = 60.0
_LOOK_EVERY_S = 0.1
_STOP_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class ChildProgram:
    """A module of ours to run as a process, the environment it gets, and open files it inherits."""

    name: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict)
    inherited_files: tuple[int, ...] = ()


class _Child:
    """One program and the process that runs it at the moment."""

    def __init__(self, program: ChildProgram) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._pause_s = FIRST_PAUSE_S

    def look(self) -> None:
        """Start the process if it is due, or note that it died."""
        now = time.monotonic()
        if self.process is None:
            if now >= self._start_again_at:
                self._start(now)
            return
        code = self.process.poll()
        if code is None:
            return
        _close_pipe(self.process)
        self.process = None
        if now - self._started_at >= _EARNED_AFTER_S:
            self._pause_s = FIRST_PAUSE_S
        self._start_again_at = now + self._pause_s
        logger.warning("%s ended (%s); starting it again in %.1f s", self.program.name, code, self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _start(self, now: float) -> None:
        self._started_at = now
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.program.module],
            env={**os.environ, **self.program.environment, PARENT_WATCH: "1"},
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=self.program.inherited_files,
        )
        logger.info("%s runs as process %d", self.program.name, self.process.pid)

    def stop(self) -> None:
        """End the process, gently first."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            logger.warning("%s did not stop in time and is killed", self.program.name)
            self.process.kill()
            self.process.wait()
        _close_pipe(self.process)
        self.process = None


class Supervisor:
    """Runs programs for as long as its context is open."""

    def __init__(self, programs: Sequence[ChildProgram]) -> None:
        """Prepare; nothing is started yet."""
        self._children = [_Child(program) for program in programs]
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._look_after, name="supervisor", daemon=True)

    def __enter__(self) -> Self:
        """Start every program, and a thread that looks after them."""
        self._watch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop every program, the last one started first."""
        self._stopping.set()
        self._watch.join()
        for child in reversed(self._children):
            child.stop()

    def process_ids(self) -> dict[str, int]:
        """Return the process number of each program that runs at the moment."""
        running = [(child.program.name, child.process) for child in self._children]
        return {name: process.pid for name, process in running if process is not None}

    def _look_after(self) -> None:
        while True:
            for child in self._children:
                child.look()
            if self._stopping.wait(_LOOK_EVERY_S):
                return


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()

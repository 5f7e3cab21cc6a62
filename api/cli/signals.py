"""Ctrl-C and other signals that end a command: the first unwinds it in order, and no second disturbs that."""

from __future__ import annotations

import signal
from types import FrameType

from api.cli.output import mention

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_signals() -> None:
    """Let the first signal unwind whatever goes on, and let no second one disturb the stopping."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        mention("Stopping …")
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, interrupt)

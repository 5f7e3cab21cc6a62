"""`relight up`: everything on one machine, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Annotated, Any

import typer

from api.cli.output import mention, say
from api.processes.child import start_logging
from api.processes.system import running_system
from api.settings import DatabaseSettings, MessageSettings, WebSettings

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    host: Annotated[str | None, typer.Option(help="The address to listen on (RELIGHT_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port (RELIGHT_PORT).")] = None,
) -> None:
    """Start the database, the workers and the HTTP interface, and stop them all on Ctrl-C."""
    given: dict[str, Any] = {"host": host, "port": port}
    web = WebSettings(**{name: value for name, value in given.items() if value is not None})
    start_logging(web.log_level)
    _interrupt_on_signals()
    mention("Starting …")
    try:
        with running_system(database=DatabaseSettings(), web=web, messages=MessageSettings()) as system:
            say(f"Relight is up at {system.address} (documentation: {system.address}/docs). Ctrl-C stops it.")
            if system.welcome_address:
                say("Nobody can sign in yet. Make the first account here, once, within a day:")
                say(system.welcome_address)
            threading.Event().wait()
    except KeyboardInterrupt:
        say("Relight is stopped.")


def _interrupt_on_signals() -> None:
    """Let the first signal unwind whatever goes on, and let no second one disturb the stopping."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        mention("Stopping …")
        raise KeyboardInterrupt

    for number in _SIGNALS:
        signal.signal(number, interrupt)

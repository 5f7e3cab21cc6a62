"""`relight up`: everything on one machine, until Ctrl-C."""

from __future__ import annotations

import threading
from typing import Annotated, Any

import typer

from api.cli.output import mention, say
from api.cli.signals import interrupt_on_signals
from api.processes.child import start_logging
from api.processes.system import running_system
from api.settings import DatabaseSettings, MessageSettings, WebSettings


def up(
    host: Annotated[str | None, typer.Option(help="The address to listen on (RELIGHT_HOST).")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port (RELIGHT_PORT).")] = None,
) -> None:
    """Start the database, the workers and the HTTP interface, and stop them all on Ctrl-C."""
    given: dict[str, Any] = {"host": host, "port": port}
    web = WebSettings(**{name: value for name, value in given.items() if value is not None})
    start_logging(web.log_level)
    interrupt_on_signals()
    mention("Starting …")
    try:
        with running_system(database=DatabaseSettings(), web=web, messages=MessageSettings()) as system:
            say(f"Relight is up at {system.address} and stops with Ctrl-C.")
            for face in ("dispatcher", "crew", "supply", "map", "docs"):
                say(f"  {system.address}/{face}")
            if system.welcome_address:
                say("Nobody can sign in yet. Make the first account here, once, within a day:")
                say(system.welcome_address)
            threading.Event().wait()
    except KeyboardInterrupt:
        say("Relight is stopped.")

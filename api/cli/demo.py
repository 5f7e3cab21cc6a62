"""`relight demo`: the main job in a simulated storm."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.output import AsJson, mention, say, say_json
from api.cli.signals import interrupt_on_signals
from api.processes.child import start_logging
from api.settings import DatabaseSettings, WebSettings

_FAILED = 1


def demo(
    network: Annotated[
        str,
        typer.Option(
            help="A network package (*.gpkg), a SimBench code, simbench-all for the complete grid, "
            "or city for one made to order."
        ),
    ] = "1-MVLV-urban-all-0-sw",
    customers: Annotated[int | None, typer.Option(help="How many the city has; 10,000 if not given.")] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Run to full restoration and print a summary.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed plays the same storm.")] = 1,
    speed: Annotated[
        float | None, typer.Option(min=1, max=1000, help="Simulated seconds in one real second.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port of the HTTP interface.")] = 8000,
    as_json: AsJson = False,
) -> None:
    """Play a storm on a network, with the Autopilot as dispatcher and simulated crews.

    It has a database of its own, listens on this machine only, and ends with code 0 only if every outage was
    closed and every list of affected customers was right.
    """
    # Imported when asked for: it needs parts that only the demo needs.
    from api.demo.run import run

    start_logging(WebSettings().log_level)
    interrupt_on_signals()
    try:
        summary = run(
            settings=DatabaseSettings(),
            network=network,
            customers=customers,
            headless=headless,
            seed=seed,
            speed=speed,
            port=port,
            report=mention,
        )
    except KeyboardInterrupt:
        say("The demo is stopped.")
        return
    for problem in summary.problems:
        mention(f"Problem: {problem}")
    if as_json or headless:
        _tell(summary.as_json(), as_json=as_json)
    if not summary.passed:
        raise typer.Exit(_FAILED)


def _tell(figures: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        say_json(figures)
        return
    for key, value in figures.items():
        say(f"{key.replace('_', ' ')}: {value}")

"""`relight demo`: the main job in a simulated storm."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.output import AsJson


def demo(
    network: Annotated[
        str, typer.Option(help="A network package (*.gpkg), or the code of a SimBench grid.")
    ] = "1-MVLV-urban-all-0-sw",
    headless: Annotated[
        bool, typer.Option("--headless", help="Run to full restoration and print a summary.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Play a storm on a network, with the Autopilot as dispatcher and simulated crews."""
    # Imported when asked for: it needs parts that only the demo needs.
    from api.demo.run import run

    raise typer.Exit(run(network=network, headless=headless, as_json=as_json))

"""The commands put together."""

from __future__ import annotations

import typer

from api.cli import demo, inference, network, tracing, up, user, version


def build() -> typer.Typer:
    """Return the whole command line."""
    application = typer.Typer(
        help="Relight: outage management and repair dispatch for electricity distribution.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        rich_markup_mode=None,
    )
    application.command("up")(up.up)
    application.command("demo")(demo.demo)
    application.add_typer(network.commands, name="network")
    application.command("trace")(tracing.trace)
    application.command("infer")(inference.infer_outages)
    application.add_typer(user.commands, name="user")
    application.command("version")(version.version)
    return application

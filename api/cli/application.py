"""The commands put together. Only what was asked for is imported: tables and maps take seconds to load."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import typer

# Command → the module that has it, and the name of the function or of the group of commands there.
_COMMANDS = {
    "up": ("api.cli.up", "up"),
    "demo": ("api.cli.demo", "demo"),
    "network": ("api.cli.network", "commands"),
    "trace": ("api.cli.tracing", "trace"),
    "infer": ("api.cli.inference", "infer_outages"),
    "plan": ("api.cli.planning", "plan"),
    "promises": ("api.cli.promises", "commands"),
    "report": ("api.cli.report", "report"),
    "reliability": ("api.cli.reliability", "reliability"),
    "crew": ("api.cli.crew", "commands"),
    "roads": ("api.cli.roads", "commands"),
    "benchmark": ("api.cli.benchmark", "benchmark"),
    "rates": ("api.cli.rates", "commands"),
    "storm": ("api.cli.storm", "commands"),
    "user": ("api.cli.user", "commands"),
    "push-key": ("api.cli.push_key", "push_key"),
    "version": ("api.cli.version", "version"),
}


def build(words: Sequence[str] = ()) -> typer.Typer:
    """Return the command line for these words: the command they name, or all where they name none."""
    application = typer.Typer(
        no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, rich_markup_mode=None
    )
    # With a callback it stays a group even when it holds one command only.
    application.callback()(relight)
    named = words[0] if words and words[0] in _COMMANDS else None
    for name in [named] if named else _COMMANDS:
        module, attribute = _COMMANDS[name]
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            application.add_typer(command, name=name)
        else:
            application.command(name)(command)
    return application


def relight() -> None:
    """Relight: outage management and repair dispatch for electricity distribution."""

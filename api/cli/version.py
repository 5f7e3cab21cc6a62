"""`relight version`: which Relight this is."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed_version

from api.cli.output import AsJson, say, say_json


def version(as_json: AsJson = False) -> None:
    """Print the versions of Relight and Python."""
    relight, python = installed_version("relight"), platform.python_version()
    if as_json:
        say_json({"relight": relight, "python": python})
    else:
        say(f"Relight {relight} (Python {python})")

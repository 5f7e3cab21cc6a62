"""Why the demo cannot start or go on, in words with a way out."""

from api.processes.system import StartError


class DemoError(StartError):
    """The demo cannot start or go on."""

"""Why the demo cannot start or go on, in words with a way out."""


class DemoError(Exception):
    """The demo cannot start or go on."""

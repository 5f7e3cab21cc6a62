"""What can go wrong with trial storms."""

from pathlib import Path

from storm.errors import StormError


class TrialShapeError(StormError):
    """A storm was asked for that cannot be: a share above one, more time than there is."""


class NothingCanFailError(StormError):
    """The network has no device and no service, of the kinds asked for, that puts anybody out by opening."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing in this network can fail: no service point of it has supply over a single way, "
            "or none of the kinds asked for feeds one. See what is wrong with: relight network check."
        )


class NoNestError(StormError):
    """A fault below another was asked for where no device stands below another."""

    def __init__(self) -> None:
        super().__init__(
            "No fault can lie below another in this network: no device that may fail feeds another, "
            "or a service point, and somebody besides."
        )


class NoPlacesError(StormError):
    """Something needs to know where things are, and the network does not say it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} needs places, and the service points of this network have no geometry.")


class TrialFileError(StormError):
    """A file of a storm, or a result to score, is not what it should be."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")

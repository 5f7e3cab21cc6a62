"""What can go wrong in this room; dirty rows of a network are findings, not errors."""

from __future__ import annotations

from collections.abc import Sequence

IDS_SHOWN = 5


class TopologyError(Exception):
    """The base of every error of this room."""


class UnknownIdsError(TopologyError):
    """Names ids that the network does not have; `ids` holds them all."""

    def __init__(self, what: str, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        shown = ", ".join(repr(one) for one in self.ids[:IDS_SHOWN])
        more = f" and {len(self.ids) - IDS_SHOWN} more" if len(self.ids) > IDS_SHOWN else ""
        super().__init__(
            f"The network has no {what} {shown}{more}; check the spelling and the network version."
        )


class UnknownDeviceError(UnknownIdsError):
    """The network has no device with this id."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("device", ids)


class UnknownServicePointError(UnknownIdsError):
    """The network has no service point with this id."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("service point", ids)


class UnknownNodeError(UnknownIdsError):
    """The network has no node with this id."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__("node", ids)


class TemporarySupplyError(TopologyError):
    """A cut, jumper or generator does not fit the network or what is placed already."""


class NetworkLoadError(TopologyError):
    """Ratings and loads do not fit the network, or rules of load are none."""


class PhasesError(TopologyError):
    """Phases are not a subset of A, B and C."""


class NetworkFileError(TopologyError):
    """A saved network cannot be read."""


class TextNetworkError(TopologyError):
    """A text network has a line that cannot be read; `line` is its number, from 1."""

    def __init__(self, line: int, text: str) -> None:
        self.line = line
        super().__init__(f"Line {line}: {text}")


class RatesError(TopologyError):
    """Rates are no probabilities, or a file holds none."""

"""What can be wrong with a question about reliability."""

from __future__ import annotations

from dispatch.errors import DispatchError


class NoCustomersServed(DispatchError):
    """There is nobody to divide by."""

    def __init__(self, customers_served: int) -> None:
        """Name the figure that was given."""
        super().__init__(f"Customers served must be above zero, not {customers_served}.")


class UnknownPart(DispatchError):
    """Figures were asked for by something that the interruptions do not tell."""

    def __init__(self, name: str, *, known: list[str]) -> None:
        """Name what was asked for, and what there is."""
        super().__init__(f"Interruptions are not told apart by {name!r}; there is: {', '.join(known)}.")


class UnreadableInterruptions(DispatchError):
    """A file of interruptions cannot be read at all: it is missing, or its header is."""

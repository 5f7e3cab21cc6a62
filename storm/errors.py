"""What can go wrong in the simulated world."""

from pathlib import Path


class StormError(Exception):
    """The simulated world cannot do what was asked."""


class NoFaultPossible(StormError):
    """The network has fewer places that can fail apart from each other than faults were asked for."""

    def __init__(self, *, wanted: int, found: int) -> None:
        self.wanted = wanted
        self.found = found
        super().__init__(
            f"{wanted} faults were asked for, but only {found} can be placed apart from each other. "
            "Ask for fewer faults, raise the largest share of customers one fault may take, "
            "or use a network with more protective devices and service points.",
        )


class UnknownFault(StormError):
    """A repair names a fault that never happened."""

    def __init__(self, fault_id: str) -> None:
        self.fault_id = fault_id
        super().__init__(f"no fault {fault_id!r} has happened in this world")


class NoCustomersError(StormError):
    """A city without customers was asked for."""

    def __init__(self, *, customers: int) -> None:
        """Tell how many were asked for."""
        self.customers = customers
        super().__init__(
            f"A city of {customers:,} customers has no streets, lines or lights. Ask for 1 customer or more."
        )


class CityTooLargeError(StormError):
    """A city larger than is made in one piece."""

    def __init__(self, *, customers: int, most: int, memory_gib: float) -> None:
        """Tell the memory, in GiB, that it would need."""
        self.customers = customers
        self.most = most
        self.memory_gib = memory_gib
        super().__init__(
            f"A city of {customers:,} customers would need about {memory_gib:,.0f} GiB of memory. "
            f"The largest made is one of {most:,}; ask for that or fewer, or make several."
        )


class BadSeedError(StormError):
    """A seed below zero."""

    def __init__(self, *, seed: int) -> None:
        """Name the seed."""
        self.seed = seed
        super().__init__(f"The seed {seed} is below zero. Use 0 or a greater whole number.")


class StreetsNotWrittenError(StormError):
    """The file of streets cannot be written."""

    def __init__(self, *, path: Path, reason: str) -> None:
        """Name the file and what is wrong."""
        self.path = path
        super().__init__(f"{path} cannot be written ({reason}). Check the folder, its permissions and space.")

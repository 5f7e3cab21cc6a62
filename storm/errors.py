"""What can go wrong in the simulated world."""


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

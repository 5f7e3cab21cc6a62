"""A switch state: which phases of which devices are open, and what is cut, laid and run for the time being.

Immutable; normal and current are two of them. The normal one has nothing temporary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from topology.arrays import LongArray, MaskArray, read_only
from topology.errors import UnknownDeviceError
from topology.network import Network
from topology.phases import ABC
from topology.temporary_supply import NOTHING_TEMPORARY, TemporarySupply


class SwitchState:
    """The open phases of every device of one network; `open` and `close` return another state."""

    __slots__ = ("network", "open_phases", "temporary")

    def __init__(
        self, network: Network, open_phases: MaskArray, temporary: TemporarySupply = NOTHING_TEMPORARY
    ) -> None:
        self.network = network
        self.open_phases = read_only(open_phases)
        self.temporary = temporary

    @classmethod
    def normal(cls, network: Network) -> SwitchState:
        """Return the state as designed: normally open devices open on all phases, all others closed."""
        return cls(network, np.where(network.device_normally_open, ABC, 0).astype(np.uint8))

    @property
    def closed_phases(self) -> MaskArray:
        """The phases that each device carries and has closed, cut or not."""
        return self.network.device_phases & ~self.open_phases

    def open(self, *device_ids: str, phases: int = ABC) -> SwitchState:
        """Return the state with these devices open on the phases; UnknownDeviceError names unknown ids."""
        open_phases = self.open_phases.copy()
        open_phases[self._indices(device_ids)] |= np.uint8(phases)
        return SwitchState(self.network, open_phases, self.temporary)

    def close(self, *device_ids: str, phases: int = ABC) -> SwitchState:
        """Return the state with these devices closed on the phases; UnknownDeviceError names unknown ids."""
        open_phases = self.open_phases.copy()
        open_phases[self._indices(device_ids)] &= np.uint8(ABC & ~phases)
        return SwitchState(self.network, open_phases, self.temporary)

    def with_temporary(self, temporary: TemporarySupply) -> SwitchState:
        """Return the state with this temporary supply in place of its own."""
        return SwitchState(self.network, self.open_phases, temporary)

    def _indices(self, device_ids: Sequence[str]) -> LongArray:
        indices = self.network.find_devices(device_ids)
        if (indices < 0).any():
            raise UnknownDeviceError(
                [one for one, index in zip(device_ids, indices, strict=True) if index < 0]
            )
        return indices

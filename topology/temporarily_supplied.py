"""Who has supply by temporary means only: supplied, not repaired.

Rule 1: a phase is held temporarily where it is there with the jumpers and generators and not without them;
cuts stay in both, since what they part is not repaired either.
"""

from __future__ import annotations

from topology.supply import Supply
from topology.supply_change import SupplyChange


def temporarily_supplied(supply: Supply) -> SupplyChange:
    """Return the service points that would lose a phase without jumpers and generators, as `gained`."""
    return supply.change_since(supply.with_temporary(supply.temporary.without_feeds()))

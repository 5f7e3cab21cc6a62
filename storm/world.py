"""The hidden truth: which devices are really open, who is really out, and what a crew really finds.

Nothing outside the simulated world may read it except through the people and meters in it; the demo reads
it only to let them act, and tests read it to judge.
"""

from datetime import datetime

from storm.errors import UnknownFault
from storm.faults import Fault
from topology.kinds import DeviceKind
from topology.supply_tree import SupplyTree
from topology.trace import service_points_downstream

_SWITCHING_KINDS = frozenset(
    {
        DeviceKind.BREAKER,
        DeviceKind.RECLOSER,
        DeviceKind.SECTIONALIZER,
        DeviceKind.FUSE,
        DeviceKind.SWITCH,
        DeviceKind.DISCONNECTOR,
    },
)


class World:
    """A network with faults that come and are mended; every question names its moment."""

    def __init__(self, *, tree: SupplyTree) -> None:
        self._tree = tree
        self._faults: dict[str, Fault] = {}
        self._mended_at: dict[str, datetime] = {}

    def strike(self, fault: Fault) -> None:
        """Let a fault happen at the moment it carries."""
        self._faults[fault.id] = fault

    def repair(self, fault_id: str, *, at: datetime) -> tuple[str, ...]:
        """Mend a fault and return the service points that are supplied again by it; a second time none are.

        Raises:
            UnknownFault: No such fault has happened.
        """
        fault = self._fault(fault_id)
        if fault_id in self._mended_at:
            return ()
        self._mended_at[fault_id] = at
        still_out = self.service_points_out(at=at)
        return tuple(point for point in fault.service_points if point not in still_out)

    def is_mended(self, fault_id: str) -> bool:
        """Return whether a fault has been mended; one still to come has not."""
        return fault_id in self._mended_at

    def faults(self, *, at: datetime) -> tuple[Fault, ...]:
        """Return the faults that have happened and are not mended, in order of their start."""
        # A copy: the meter system asks from another thread while faults come.
        active = (fault for fault in tuple(self._faults.values()) if self._is_active(fault, at))
        return tuple(sorted(active, key=lambda fault: (fault.started_at, fault.id)))

    def service_points_out(self, *, at: datetime) -> frozenset[str]:
        """Return every service point without supply."""
        return frozenset(point for fault in self.faults(at=at) for point in fault.service_points)

    def is_out(self, service_point: str, *, at: datetime) -> bool:
        """Return whether a service point is without supply."""
        return any(service_point in fault.service_points for fault in self.faults(at=at))

    def look_at(self, device: str, *, at: datetime) -> str:
        """Return what a crew sees at a device or service point: `open`, `damaged`, `closed` or `ok`."""
        kind = self._kind(device)
        if any(fault.device == device for fault in self.faults(at=at)):
            return "open" if kind in _SWITCHING_KINDS else "damaged"
        return "closed" if kind in _SWITCHING_KINDS else "ok"

    def fault_near(self, device: str, *, at: datetime) -> Fault | None:
        """Return the fault that a crew finds when it patrols from a device, None if all it feeds has supply.

        RULE 1: the device itself, if it has failed.
        RULE 2: else the fault that darkens most of what the device feeds: above it, or the largest below.
        """
        fed = set(self._fed_by(device))
        here = [fault for fault in self.faults(at=at) if not fed.isdisjoint(fault.service_points)]
        return max(
            here,
            key=lambda fault: (fault.device == device, len(fed.intersection(fault.service_points)), fault.id),
            default=None,
        )

    def _fed_by(self, device: str) -> list[str]:
        if self._tree.network.has_service_point(device):
            return [device]
        return service_points_downstream(tree=self._tree, device=device)

    def _kind(self, device: str) -> DeviceKind | None:
        network = self._tree.network
        return network.device_kind(network.device_index(device)) if network.has_device(device) else None

    def _is_active(self, fault: Fault, at: datetime) -> bool:
        mended_at = self._mended_at.get(fault.id)
        return fault.started_at <= at and (mended_at is None or at < mended_at)

    def _fault(self, fault_id: str) -> Fault:
        try:
            return self._faults[fault_id]
        except KeyError:
            raise UnknownFault(fault_id) from None

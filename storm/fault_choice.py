"""Which devices fail in a storm, and when.

Owns the choice of faults on any network. It does not know who reports them or who mends them.

Rules of the choice:
RULE 1: only devices that inference may blame fail (design §4.1), or the service of one service point; a tree
        on a line shows as the protective device above it having opened.
RULE 2: no two faults share a service point, so no fault ever lies in the dead part of another.
RULE 3: no fault takes more than a given share, or number, of the service points: a storm, not a blackout.
RULE 4: when asked for, faults behind one device keep a distance: so many service points with supply for each
        fault after the first, which lets their reports be told apart from those of the device itself.
RULE 5: the mix of classes is kept as nearly as the network allows; what one class cannot give, the others do.
RULE 6: when large faults leave no room for the rest, the choice starts again with half the largest size.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import numpy as np

from storm.errors import NoFaultPossible
from storm.faults import Fault, FaultClass, StormShape
from topology.kinds import BLAMEABLE_KINDS, DeviceKind
from topology.network import Network
from topology.supply_tree import SupplyTree
from topology.trace import Trace, downstream, service_points_downstream, upstream


def choose_faults(
    *,
    tree: SupplyTree,
    shape: StormShape,
    started_from: datetime,
    random: Random,
    id_prefix: str,
    spared: Collection[str] = (),
) -> tuple[Fault, ...]:
    """Return the faults of one storm in order of time; NoFaultPossible if they don't fit.

    No fault touches the `spared` service points, for example because they are out already.
    """
    chooser = _Chooser(tree=tree, shape=shape, random=random, spared=spared)
    places = chooser.choose()
    if len(places) < shape.faults:
        raise NoFaultPossible(wanted=shape.faults, found=len(places))
    moments = _moments(random, started_from, shape)
    random.shuffle(places)
    return tuple(
        Fault(
            id=f"{id_prefix}-f{number:03d}",
            device=place.device,
            fault_class=place.fault_class,
            phases=place.phases,
            started_at=moment,
            service_points=place.service_points,
        )
        for number, (place, moment) in enumerate(zip(places, moments, strict=True), start=1)
    )


def _moments(random: Random, started_from: datetime, shape: StormShape) -> list[datetime]:
    """Return when the faults come, in order, the first at once."""
    spread = shape.spread_minutes
    # A storm front: faults crowd about a third of the way in, then thin out.
    minutes = sorted(random.triangular(0.0, spread, spread / 3) for _ in range(shape.faults))
    return [started_from + timedelta(milliseconds=round((at - minutes[0]) * 60_000)) for at in minutes]


@dataclass(frozen=True, slots=True)
class _FaultPlace:
    device: str
    fault_class: FaultClass
    phases: str
    service_points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Behind:
    """The service points that still have supply behind a device, and the faults there."""

    supplied: int
    faults: int

    def with_fault(self, taken: int) -> "_Behind":
        return _Behind(supplied=self.supplied - taken, faults=self.faults + 1)


class _Chooser:
    """Takes places class by class until the storm is full."""

    def __init__(
        self, *, tree: SupplyTree, shape: StormShape, random: Random, spared: Collection[str]
    ) -> None:
        self._tree = tree
        self._wanted = shape.faults
        self._mix = shape.mix
        self._spared = spared
        self._taken: set[str] = set()
        self._quiet_between = shape.quiet_between
        self._behind: dict[str, _Behind] = {}
        self._counts: dict[str, int] = {}
        share = int(shape.largest_share * tree.network.service_point_count)
        self._largest = max(1, min(share, shape.largest_service_points))
        self._candidates = _shuffled_candidates(tree.network, random)

    def choose(self) -> list[_FaultPlace]:
        places = self._choose_once()
        while len(places) < self._wanted and self._largest > 1:
            self._largest //= 2
            places = max(places, self._choose_once(), key=len)
        return places

    def _choose_once(self) -> list[_FaultPlace]:
        self._taken = set(self._spared)
        self._behind = {}
        places: list[_FaultPlace] = []
        for fault_class in _LARGE_FIRST:
            share = self._mix.get(fault_class, 0.0) / (sum(self._mix.values()) or 1.0)
            # Rounded down, so that the remainder falls to the small; but a class in the mix is there.
            wanted = min(max(share > 0, int(share * self._wanted)), self._wanted - len(places))
            places.extend(self._take(fault_class, wanted))
        for fault_class in reversed(_LARGE_FIRST):  # RULE 4, and what rounding left over
            if self._mix.get(fault_class, 0.0) > 0:
                places.extend(self._take(fault_class, self._wanted - len(places)))
        return places

    def _take(self, fault_class: FaultClass, wanted: int) -> Iterator[_FaultPlace]:
        for device in self._candidates[fault_class]:
            if wanted <= 0:
                return
            place = self._place(device, fault_class)
            if place is not None and self._keeps_distance(place):
                self._taken.update(place.service_points)
                wanted -= 1
                yield place

    def _keeps_distance(self, place: _FaultPlace) -> bool:
        """Return whether RULE 4 allows the place; if so, it counts as taken behind the devices above it."""
        if self._quiet_between == 0:
            return True
        above: dict[str, _Behind] = {}
        for device in upstream(tree=self._tree, device=place.device).devices:
            # Inside a loop no device puts anybody out by opening alone: none is blamed for two faults below.
            if device.kind not in BLAMEABLE_KINDS or not self._count_below(device.id):
                continue
            behind = self._behind.get(device.id) or _Behind(supplied=self._count_below(device.id), faults=0)
            above[device.id] = behind.with_fault(len(place.service_points))
        if any(one.supplied < self._quiet_between * (one.faults - 1) for one in above.values()):
            return False
        self._behind.update(above)
        return True

    def _count_below(self, device: str) -> int:
        """Return how many service points a device feeds; kept, since the same few devices are asked again."""
        if device not in self._counts:
            index = self._tree.network.device_index(device)
            self._counts[device] = len(self._tree.service_points_below(index))
        return self._counts[device]

    def _place(self, device: str, fault_class: FaultClass) -> _FaultPlace | None:
        if fault_class is not FaultClass.SERVICE and not 0 < self._count_below(device) <= self._largest:
            return None
        service_points = service_points_downstream(tree=self._tree, device=device)
        if not 0 < len(service_points) <= self._largest or not self._taken.isdisjoint(service_points):
            return None
        trace = downstream(tree=self._tree, device=device)
        if _is_protective(fault_class) and _protective_class(trace) is not fault_class:
            return None
        fed = {letter for point in trace.service_points for letter in point.phases}
        return _FaultPlace(
            device=device,
            fault_class=fault_class,
            phases="".join(sorted(fed)),
            service_points=tuple(sorted(service_points)),
        )


# Once small faults are placed, few large devices are left that touch none of them.
_LARGE_FIRST = (FaultClass.TRUNK, FaultClass.BRANCH, FaultClass.TRANSFORMER, FaultClass.SERVICE)


def _is_protective(fault_class: FaultClass) -> bool:
    return fault_class in (FaultClass.TRUNK, FaultClass.BRANCH)


def _protective_class(trace: Trace) -> FaultClass:
    kinds = [device.kind for device in trace.devices if device.id != trace.device]
    return FaultClass.TRUNK if kinds.count(DeviceKind.DISTRIBUTION) > 1 else FaultClass.BRANCH


def _shuffled_candidates(network: Network, random: Random) -> dict[FaultClass, list[str]]:
    protective: list[str] = []
    transformers: list[str] = []
    for index, device in enumerate(network.device_ids(np.arange(network.device_count))):
        kind = network.device_kind(index)
        if kind is DeviceKind.DISTRIBUTION:
            transformers.append(device)
        elif kind in BLAMEABLE_KINDS:
            protective.append(device)
    services = network.service_point_ids(np.arange(network.service_point_count))
    for candidates in (protective, transformers, services):
        random.shuffle(candidates)
    return {
        FaultClass.SERVICE: services,
        FaultClass.TRANSFORMER: transformers,
        FaultClass.BRANCH: protective,
        FaultClass.TRUNK: protective,
    }

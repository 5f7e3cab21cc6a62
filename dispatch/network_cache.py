"""The network in force, read once per process: its supply in the normal and the current state."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from dispatch.errors import NoActiveNetwork
from dispatch.network_loads import read_load
from dispatch.switch_positions import Position, read_positions, switching_version, under_positions
from dispatch.temporary_places import TemporaryPlace, known_supply, read_temporary
from gis.network_versions import active_network_version, load_network, network_version_details
from topology.errors import NetworkFileError
from topology.kinds import DeviceKind
from topology.load_flow import LoadMeter
from topology.network import Network
from topology.network_load import LoadRules
from topology.phases import ABC
from topology.supply import Supply
from topology.supply_file import open_supply, save_supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.temporary_network import with_temporary_built_in

logger = logging.getLogger(__name__)

FILE_SUFFIX = ".relight"
SERVICE_POINT_KIND = "service_point"


@dataclass(frozen=True, eq=False)
class TracedNetwork:
    """One network version with the supply it gives while nothing is out: normally, and as it is switched now.

    `switching_version` is the log position of the last executed step, 0 before the first.
    """

    network_version: int
    network: Network
    normal: SupplyTree
    positions: Mapping[str, Position] = field(default_factory=dict)
    temporary: Sequence[TemporaryPlace] = ()
    switching_version: int = 0

    @cached_property
    def supply(self) -> Supply:
        """The supply as devices are switched now, cut and joined from the normal one: at hand at once."""
        temporary = known_supply(self.network, self.temporary)
        return under_positions(self.normal, self.positions, temporary)

    @cached_property
    def tree(self) -> SupplyTree:
        """The supply as devices are switched now, walked: what traces and inference take.

        A walk of its own only where something is switched; it is made when it is first asked for. What is
        temporary is built into a network of its own for it: ids are the same, indices of devices are not.
        """
        supply = self.supply
        if supply.temporary:
            return SupplyTree(*with_temporary_built_in(supply))
        return SupplyTree(self.network, supply.state()) if supply.is_switched else self.normal

    def switched_off(self, service_points: Collection[str]) -> set[str]:
        """Return those that have no supply as devices are switched now."""
        if not self.supply.is_switched:
            return set()
        ids = sorted(service_points)
        points = self.network.find_service_points(ids)
        return {
            id
            for id, point in zip(ids, points.tolist(), strict=True)
            if point >= 0 and not self.supply.phases_of_service_point(point)
        }

    def switched_off_partly(self, service_points: Collection[str]) -> set[str]:
        """Return those that lack a phase as devices are switched now, of those they normally have."""
        ids = sorted(service_points)
        if not self.supply.is_switched or not ids:
            return set()
        points = self.network.find_service_points(ids)
        known = points[points >= 0]
        has = self.supply.phases_of_nodes(self.network.service_point_nodes[known])
        lacking = self.normal.service_point_phases[known] & ~has
        return set(self.network.service_point_ids(known[lacking > 0]))

    def kind_of(self, device: str) -> str:
        """Return the kind of a device; a service point may be blamed too."""
        if self.network.has_device(device):
            return DeviceKind(self.network.device_kind(self.network.device_index(device))).value
        return SERVICE_POINT_KIND

    def customers_at(self, service_points: tuple[str, ...]) -> dict[str, int]:
        """Return how many customers each service point has."""
        indices = self.network.service_point_indices(service_points)
        counts = self.network.service_point_customers[indices].tolist()
        return dict(zip(service_points, counts, strict=True))

    def feed_the_same(self, device: str, other: str) -> bool:
        """Return whether two devices put out the same service points, so that no report tells them apart."""
        if not (self.network.has_device(device) and self.network.has_device(other)):
            return device == other
        index = self.tree.network.device_index
        below = [self.tree.service_points_below(index(id), ABC) for id in (device, other)]
        return len(below[0]) > 0 and np.array_equal(below[0], below[1])

    def knows(self, subject: str) -> bool:
        """Return whether an id is a device or a service point of this network."""
        return self.network.has_device(subject) or self.network.has_service_point(subject)

    def lacks_any(self, service_points: Collection[str]) -> bool:
        """Return whether any of these service points is not in this network."""
        return bool((self.network.find_service_points(sorted(service_points)) < 0).any())


class NetworkCache:
    """Keeps the network version in force; opens another one only when it is put in force.

    With a folder, a version is read from the database and walked once, by whichever process comes first, and
    saved there; all processes then map the same file. Without one, each process keeps a network of its own.
    """

    def __init__(self, *, folder: Path | None = None, load_rules: LoadRules | None = None) -> None:
        """Start empty; the folder is made when it is first needed."""
        self._folder = folder
        self._load_rules = load_rules or LoadRules()
        self._traced: TracedNetwork | None = None
        self._load: tuple[int, LoadMeter] | None = None

    def in_force(self, session: Session) -> TracedNetwork:
        """Return the network version in force; NoActiveNetwork if there is none."""
        network_version = active_network_version(session)
        if network_version is None:
            raise NoActiveNetwork
        if self._traced is None or self._traced.network_version != network_version:
            self._traced = self._trace(session, network_version)
        switched = switching_version(session)
        if self._traced.switching_version != switched:
            self._traced = replace(
                self._traced,
                positions=read_positions(session),
                temporary=read_temporary(session),
                switching_version=switched,
            )
        return self._traced

    def load_meter(self, session: Session) -> LoadMeter:
        """Return what the network in force tells of loads, read when first asked for; NoActiveNetwork."""
        traced = self.in_force(session)
        if self._load is None or self._load[0] != traced.network_version:
            load = read_load(
                session,
                network=traced.network,
                network_version=traced.network_version,
                rules=self._load_rules,
            )
            self._load = (traced.network_version, LoadMeter(traced.normal, load))
        return self._load[1]

    def prepare(self, session: Session, *, network_version: int) -> None:
        """Read and walk a version before it is put in force; NetworkVersionNotFoundError if there is none."""
        if self._traced is None or self._traced.network_version != network_version:
            self._traced = self._trace(session, network_version)

    def _trace(self, session: Session, network_version: int) -> TracedNetwork:
        tree = self._open(session, network_version)
        return TracedNetwork(network_version=network_version, network=tree.network, normal=tree)

    def _open(self, session: Session, network_version: int) -> SupplyTree:
        if self._folder is None:
            return _walk(session, network_version)
        # A version's number may come again in another database; the moment of its import does not.
        imported_at = network_version_details(session, network_version=network_version).imported_at
        path = self._folder / f"{network_version}-{imported_at:%Y%m%dT%H%M%S%f}{FILE_SUFFIX}"
        try:
            return open_supply(path)
        except FileNotFoundError:
            pass
        except (NetworkFileError, OSError) as error:
            logger.warning("%s; made anew", error)
        tree = _walk(session, network_version)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            save_supply(tree, path)
            self._forget_old_files(path)
            return open_supply(path)
        except OSError as error:
            logger.warning("the network cannot be kept in %s (%s)", self._folder, error.strerror)
            return tree

    def _forget_old_files(self, newest: Path) -> None:
        """Keep the file in use and the one before it, to which a step back is possible."""
        others = [path for path in newest.parent.glob(f"*{FILE_SUFFIX}") if path != newest]
        for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
            path.unlink(missing_ok=True)


def _walk(session: Session, network_version: int) -> SupplyTree:
    network = load_network(session, network_version=network_version)
    return SupplyTree(network, SwitchState.normal(network))

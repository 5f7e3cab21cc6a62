"""The network in force, read once per process and version, with its supply in the normal state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from dispatch.errors import NoActiveNetwork
from gis.network_versions import active_network_version, load_network
from topology.kinds import DeviceKind
from topology.network import Network
from topology.phases import ABC
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

SERVICE_POINT_KIND = "service_point"


@dataclass(frozen=True, slots=True)
class TracedNetwork:
    """One network version with the supply it gives while nothing is out."""

    network_version: int
    network: Network
    tree: SupplyTree

    def kind_of(self, device: str) -> str:
        """Return the kind of a device; a service point may be blamed too."""
        if self.network.has_device(device):
            return DeviceKind(self.network.device_kind(self.network.device_index(device))).value
        return SERVICE_POINT_KIND

    def customers_at(self, service_points: tuple[str, ...]) -> dict[str, int]:
        """Return how many customers each service point has."""
        index = self.network.service_point_index
        counts = self.network.service_point_customers
        return {id: int(counts[index(id)]) for id in service_points}

    def feed_the_same(self, device: str, other: str) -> bool:
        """Return whether two devices put out the same service points, so that no report tells them apart."""
        if not (self.network.has_device(device) and self.network.has_device(other)):
            return device == other
        below = [self.tree.service_points_below(self.network.device_index(id), ABC) for id in (device, other)]
        return len(below[0]) > 0 and np.array_equal(below[0], below[1])

    def knows(self, subject: str) -> bool:
        """Return whether an id is a device or a service point of this network."""
        return self.network.has_device(subject) or self.network.has_service_point(subject)


class NetworkCache:
    """Keeps the network version in force; reads another one only when it is put in force."""

    def __init__(self) -> None:
        """Start empty."""
        self._traced: TracedNetwork | None = None

    def in_force(self, session: Session) -> TracedNetwork:
        """Return the network version in force; NoActiveNetwork if there is none."""
        network_version = active_network_version(session)
        if network_version is None:
            raise NoActiveNetwork
        if self._traced is None or self._traced.network_version != network_version:
            network = load_network(session, network_version=network_version)
            tree = SupplyTree(network, SwitchState.normal(network))
            self._traced = TracedNetwork(network_version=network_version, network=network, tree=tree)
        return self._traced

"""What a network version tells of loads, ratings and priorities, for checks of overload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from gis.network_rows import fetch_arrays
from topology.arrays import LongArray, find_ids
from topology.network import Network
from topology.network_load import PRIORITIES, LoadRules, NetworkLoad

_Find = Callable[[Sequence[str]], LongArray]


def read_load(session: Session, *, network: Network, network_version: int, rules: LoadRules) -> NetworkLoad:
    """Return ratings, voltages, peaks and priorities by index; NaN (0 for priorities) where unknown."""

    def read(into: npt.NDArray[Any], table: str, column: str, find: _Find, *, as_place: bool = False) -> None:
        ids, values = fetch_arrays(
            session, network_version=network_version, table=table, columns=("id", column)
        )
        known = [(id, value) for id, value in zip(ids, values, strict=True) if value is not None]
        found = find([id for id, _ in known])
        told = np.array([PRIORITIES.index(one) if as_place else one for _, one in known], dtype=into.dtype)
        into[found[found >= 0]] = told[found >= 0]

    rated_a, rated_kva = (np.full(network.device_count, np.nan) for _ in range(2))
    nominal_kv = np.full(network.node_count, np.nan)
    peak_kw = np.full(network.service_point_count, np.nan)
    priority = np.zeros(network.service_point_count, dtype=np.uint8)
    read(rated_a, "line_section", "rated_a", network.find_devices)
    read(rated_a, "switch", "rated_a", network.find_devices)
    read(rated_kva, "transformer", "rated_kva", network.find_devices)
    read(nominal_kv, "node", "nominal_kv", partial(find_ids, network.node_id_array))
    read(peak_kw, "service_point", "peak_kw", network.find_service_points)
    read(priority, "service_point", "priority", network.find_service_points, as_place=True)
    return NetworkLoad(
        device_rated_a=rated_a,
        device_rated_kva=rated_kva,
        node_nominal_kv=nominal_kv,
        service_point_peak_kw=peak_kw,
        service_point_priority=priority,
        rules=rules,
    )

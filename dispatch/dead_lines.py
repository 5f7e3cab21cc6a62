"""Which lines have no supply, as far as is known and believed: for the map of the desk, in what it shows.

RULE 1: what has no supply is what normally has it, and has none as things are switched now with every device
    open that an open outage is blamed on, on the outage's phases.
RULE 2: a line is dead where all phases are gone that it normally has supply on, partly dead where some are.
RULE 3: what is switched and what people confirmed makes it sure; what predictions add is told apart. What is
    surely dead in part, and wholly by a prediction, is told as surely dead in part.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.network_cache import TracedNetwork
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import OutageRow
from gis.sight import Sight, lines_in_sight
from topology.arrays import LongArray, MaskArray
from topology.kinds import CODE_OF_KIND, DeviceKind
from topology.phases import parse_phases
from topology.supply import Supply

MOST_LINES = 10_000
_LINE_CODES = (CODE_OF_KIND[DeviceKind.OVERHEAD], CODE_OF_KIND[DeviceKind.UNDERGROUND])


@dataclass(frozen=True, slots=True)
class DeadLines:
    """The dead and partly dead lines in sight, by rule 3; not `is_whole` where there are too many to tell."""

    dead: tuple[str, ...]
    partly_dead: tuple[str, ...]
    predicted_dead: tuple[str, ...]
    predicted_partly_dead: tuple[str, ...]
    is_whole: bool


def dead_lines(session: Session, *, traced: TracedNetwork, sight: Sight) -> DeadLines:
    """Return the lines in sight that have no supply, by the rules above."""
    network = traced.network
    lines = np.flatnonzero(np.isin(network.device_kind_codes, _LINE_CODES))
    opened = {is_sure: _opened(session, traced, is_sure=is_sure) for is_sure in (True, False)}
    surely = _with_open(traced.supply, opened[True])
    normally = _live(Supply(traced.normal), lines)
    sure = normally & ~_live(surely, lines)
    believed = normally & ~_live(_with_open(surely, opened[False]), lines)
    wholly = {"dead": (sure > 0) & (sure == normally), "partly_dead": (sure > 0) & (sure != normally)}
    only_believed = (believed > 0) & (sure == 0)
    wholly["predicted_dead"] = only_believed & (believed == normally)
    wholly["predicted_partly_dead"] = only_believed & (believed != normally)
    gone = network.device_ids(lines[believed | sure > 0])
    seen = lines_in_sight(
        session, network_version=traced.network_version, sight=sight, among=gone, most=MOST_LINES + 1
    )
    told = {
        name: tuple(id for id in network.device_ids(lines[chosen]) if id in seen)
        for name, chosen in wholly.items()
    }
    return DeadLines(**told, is_whole=len(seen) <= MOST_LINES)


def _opened(session: Session, traced: TracedNetwork, *, is_sure: bool) -> dict[int, list[int]]:
    """Return phases → devices that open outages are blamed on; of one that another network had, none."""
    is_predicted = OutageRow.status == OutageStatus.PREDICTED
    query = select(OutageRow.device, OutageRow.phases).where(
        OutageRow.status.in_(OPEN_OUTAGE_STATUSES), ~is_predicted if is_sure else is_predicted
    )
    blamed = session.execute(query).all()
    found: dict[int, list[int]] = defaultdict(list)
    indices = traced.network.find_devices([row.device for row in blamed])
    for row, device in zip(blamed, indices.tolist(), strict=True):
        if device >= 0:
            found[parse_phases(row.phases)].append(device)
    return found


def _with_open(supply: Supply, opened: dict[int, list[int]]) -> Supply:
    for phases, devices in opened.items():
        supply = supply.opened(devices, phases)
    return supply


def _live(supply: Supply, lines: LongArray) -> MaskArray:
    """Return the phases on which lines have supply, from either end: one that is cut has it from one."""
    network = supply.network
    ends = (
        supply.node_phases[network.device_from_nodes[lines]]
        | supply.node_phases[network.device_to_nodes[lines]]
    )
    live: MaskArray = ends & network.device_phases[lines]
    return live

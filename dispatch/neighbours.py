"""Who hangs under the same transformer as a service point, and what the meters there said last."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ARRAY, Text, any_, literal, or_, select
from sqlalchemy.orm import Session

from dispatch.tables import EvidenceRow
from topology.kinds import DeviceKind
from topology.supply_tree import SupplyTree
from topology.trace import service_points_downstream, upstream

# What a meter said longer ago tells nothing about now.
FRESH = timedelta(minutes=15)
# In a network without transformers the nearest device may feed a whole district.
_MOST_NEIGHBOURS = 200
_ON, _OFF = ("power_up",), ("last_gasp",)


class MeterWord(StrEnum):
    """The last thing a meter said about its supply."""

    ON = "on"
    OFF = "off"


def neighbours_of(tree: SupplyTree, *, service_point: str) -> list[str]:
    """Return the other service points under the same transformer, those at the same node first.

    Without a transformer above, those under the nearest device; none where there is no supply.
    """
    above = upstream(tree=tree, device=service_point).devices
    distribution = (device for device in above if device.kind == DeviceKind.DISTRIBUTION)
    nearest = next(distribution, above[0] if above else None)
    if nearest is None:
        return []
    network = tree.network
    own = network.service_point_index(service_point)
    others = [id for id in service_points_downstream(tree=tree, device=nearest.id) if id != service_point]
    nodes = network.service_point_nodes[network.find_service_points(others)]
    own_node = network.service_point_nodes[own]
    order = sorted(range(len(others)), key=lambda place: (nodes[place] != own_node, others[place]))
    return [others[place] for place in order[:_MOST_NEIGHBOURS]]


def last_words(
    session: Session, *, service_points: Collection[str], now: datetime
) -> dict[str, tuple[MeterWord, datetime]]:
    """Return what the meters of service points said last about their supply, and when, if that is fresh."""
    query = (
        select(EvidenceRow.service_point, EvidenceRow.kind, EvidenceRow.result, EvidenceRow.at)
        .where(
            EvidenceRow.service_point == any_(literal(sorted(service_points), ARRAY(Text))),
            EvidenceRow.at > now - FRESH,
            EvidenceRow.at <= now,
            or_(
                EvidenceRow.kind.in_((*_ON, *_OFF)),
                (EvidenceRow.kind == "ping") & EvidenceRow.result.in_(tuple(MeterWord)),
            ),
        )
        .order_by(EvidenceRow.at, EvidenceRow.sequence)
    )
    words: dict[str, tuple[MeterWord, datetime]] = {}
    for service_point, kind, result, at in session.execute(query):
        word = MeterWord(str(result)) if kind == "ping" else MeterWord.ON if kind in _ON else MeterWord.OFF
        words[str(service_point)] = (word, at)
    return words

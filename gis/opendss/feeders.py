"""Feeders of an OpenDSS circuit: which energy meter stands before each device."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

Row = Mapping[str, Any]


def feeders_of(rows: Iterable[Row], *, sources: Iterable[str], heads: Mapping[str, str]) -> dict[str, str]:
    """Return the feeder of each device by id: the last head on the way from the source, the head included.

    `heads` gives the feeder that begins with a device. Normally open devices have the feeder of the end
    that is reached first.
    """
    at_node: dict[str, list[Row]] = {}
    for row in rows:
        for end in ("from_node", "to_node"):
            at_node.setdefault(row[end], []).append(row)
    feeder_of_node: dict[str, str | None] = dict.fromkeys(sources)
    feeders: dict[str, str] = {}
    waiting = deque(feeder_of_node)
    seen: set[str] = set()
    while waiting:
        node = waiting.popleft()
        for row in at_node.get(node, ()):
            if row["id"] in seen:
                continue
            seen.add(row["id"])
            feeder = heads.get(row["id"], feeder_of_node[node])
            if feeder is not None:
                feeders[row["id"]] = feeder
            far = row["to_node"] if row["from_node"] == node else row["from_node"]
            if not row.get("normally_open") and far not in feeder_of_node:
                feeder_of_node[far] = feeder
                waiting.append(far)
    return feeders

"""A process of its own that opens a saved supply, answers every kind of question, and says what that took.

Prints one JSON object: seconds to open and trace, service points found, memory resident and private in MB.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from topology.supply import Supply
from topology.supply_file import open_supply


def read(path: str, device: int) -> dict[str, float]:
    """Return the figures of opening a file and asking about a device in it."""
    begun = perf_counter()
    supply = Supply(open_supply(path))
    found = len(supply.service_points_behind(device))
    seconds = perf_counter() - begun
    opened = supply.opened([device])
    assert len(opened.change_since(supply).losers) == found  # noqa: S101 (it is a measurement)
    # Touching every array, as a worker does that has served for a day.
    for one in supply.of_phases:
        for array in one.pieces.forest.arrays().values():
            array.max(initial=0)
    memory_kb = _memory_kb()
    return {
        "seconds": seconds,
        "found": found,
        "resident_mb": memory_kb["Rss"] / 1000,
        "private_mb": memory_kb["Anonymous"] / 1000,
    }


def _memory_kb() -> dict[str, int]:
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="utf-8").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) for line in lines}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(read(sys.argv[1], int(sys.argv[2]))))

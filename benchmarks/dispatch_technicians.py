"""The technician instances of Pillac, Guéret and Medaglia (2013) as planning problems.

Every technician calls at the depot first and takes along all tools and parts that its requests need: any
plan is one in the authors' model as far as skills, tools, parts and ways go. Left out: that who has all it
needs may drive to its requests directly, and calling at the depot later. A request's window is hard
(`not_before`, `not_after`: service begins within it). Every request is one customer; the objective is the
sum of all times to the end of service, not the authors' distance.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "vrp_trsp_crew13"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
_ROW = re.compile(
    r"^\s*(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\[[^]]*\])\s+(\[[^]]*\])\s+(\[[^]]*\])"
)


def instances() -> list[Path]:
    """Return the files, none where ../shared is absent."""
    return sorted(FOLDER.glob("*13-5-5-5.txt"))


def read_instance(path: Path) -> dict[str, Any]:
    """Return an instance as the JSON of design §4.4."""
    text = path.read_text(encoding="utf-8")
    rows = [match.groups() for match in map(_ROW.match, text.splitlines()) if match]
    crew_count = int(text.split("SPARE PARTS", 1)[1].split()[0])
    at = np.array([[float(row[1]), float(row[2])] for row in rows])
    ways = np.hypot(at[:, None, 0] - at[None, :, 0], at[:, None, 1] - at[None, :, 1])
    minutes = ways[1:, 1:].copy()
    by_depot = ways[1:, :1] + ways[:1, 1:]
    minutes[:crew_count] = by_depot[:crew_count]
    crews = [
        {
            "id": f"technician {row[0]}",
            "skills": [str(skill) for skill in json.loads(row[6])],
            "available_from": _text(float(row[3])),
            "available_until": _text(float(row[4])),
        }
        for row in rows[1 : 1 + crew_count]
    ]
    jobs = [
        {
            "id": f"request {row[0]}",
            "customers": 1,
            "repair_minutes": float(row[5]),
            "skills": [str(skill) for skill in json.loads(row[6])],
            "after": [],
            "not_before": _text(float(row[3])),
            "not_after": _text(float(row[4])),
        }
        for row in rows[1 + crew_count :]
    ]
    return {"now": _text(0.0), "crews": crews, "jobs": jobs, "travel_minutes": minutes.tolist()}


def _text(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")

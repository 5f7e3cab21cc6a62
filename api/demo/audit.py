"""Compares every affected list that Relight shows with the oracle's own trace, while the demo runs.

Owns the count of lists compared and the differences found. An outage is looked at twice: when it is
confirmed, and when it is closed.
"""

from collections.abc import Iterable
from typing import Any

from api.demo.client import ApiClient
from api.demo.oracle import Oracle

_LOOKED_AT = frozenset({"confirmed", "closed"})
_SHOWN_IDS = 5


class Audit:
    """The judge of affected lists."""

    def __init__(self, *, client: ApiClient, oracle: Oracle) -> None:
        """Read lists through a client signed in as a supervisor."""
        self.checked = 0
        self.mismatches: list[str] = []
        self._client = client
        self._oracle = oracle
        self._done: set[tuple[str, str]] = set()
        self._listed_when_closed: set[str] = set()

    def traced(self, device: str) -> frozenset[str]:
        """Return whom the oracle finds without supply behind an open device."""
        return self._oracle.who_loses_supply(device)

    def listed_when_closed(self) -> frozenset[str]:
        """Return every service point that was on the list of an outage when it was closed."""
        return frozenset(self._listed_when_closed)

    def look_at(self, outages: Iterable[dict[str, Any]]) -> None:
        """Compare the lists of those outages that have come to a new point since the last look."""
        for outage in outages:
            point = (outage["id"], outage["status"])
            if outage["status"] in _LOOKED_AT and point not in self._done and self._compare(outage):
                self._done.add(point)

    def _compare(self, outage: dict[str, Any]) -> bool:
        """Return whether list and outage could be read as one picture; otherwise it is tried again later."""
        path = f"/api/outages/{outage['id']}"
        listed = {point["id"] for point in self._client.get(f"{path}/affected")["service_points"]}
        if self._client.get(path)["version"] != outage["version"]:
            return False
        self.checked += 1
        if outage["status"] == "closed":
            self._listed_when_closed |= listed
        traced = self._oracle.who_loses_supply(outage["device"])
        if listed != traced:
            self.mismatches.append(
                f"Outage {outage['id']} ({outage['status']}) at {outage['device']}: "
                f"{_some('listed but not traced', listed - traced)}, "
                f"{_some('traced but not listed', traced - listed)}"
            )
        return True


def _some(words: str, ids: set[str] | frozenset[str]) -> str:
    shown = ", ".join(sorted(ids)[:_SHOWN_IDS])
    return f"{len(ids)} {words}" + (f" ({shown}…)" if ids else "")

"""The folder of the public map's snapshot: files that any file server can serve, while all else is down.

Rules:
1. A file is written beside its place and renamed into it: whoever reads has the old or the new one, whole.
2. The index is written last and names every file of its snapshot with its size and digest: whoever copies the
   folder knows whether all of them belong together.
3. Snapshots are numbered on from the index that is there, so that a restart goes on counting.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

INDEX = "index.json"
MEDIA_TYPES: Mapping[str, str] = {
    "index.html": "text/html; charset=utf-8",
    "en.html": "text/html; charset=utf-8",
    "zh.html": "text/html; charset=utf-8",
    "map.css": "text/css; charset=utf-8",
    "map.js": "text/javascript; charset=utf-8",
    "map.svg": "image/svg+xml",
    "areas.geojson": "application/geo+json",
    "planned.geojson": "application/geo+json",
    "planned.en.ics": "text/calendar; charset=utf-8",
    "planned.zh.ics": "text/calendar; charset=utf-8",
    "status.json": "application/json",
    INDEX: "application/json",
}
_UNFINISHED = ".unfinished-"
# Whatever account the file server runs as, it may read.
_FILE_MODE, _FOLDER_MODE = 0o644, 0o755


@dataclass(frozen=True, slots=True)
class PublicFolder:
    """One folder with the latest snapshot in it."""

    path: Path

    def read(self, name: str) -> bytes | None:
        """Return a file of the snapshot, None where there is none of that name."""
        if name not in MEDIA_TYPES:
            return None
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def index(self) -> dict[str, Any]:
        """Return the index of the snapshot that is there; empty where there is none that can be read."""
        try:
            found: Any = json.loads(self.read(INDEX) or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def next_version(self) -> int:
        """Return the number of the next snapshot (rule 3)."""
        version = self.index().get("version", 0)
        return (version if isinstance(version, int) else 0) + 1

    def write(self, files: Mapping[str, bytes], *, members: Mapping[str, Any]) -> None:
        """Write a snapshot, each file whole, and its index with these members last; OSError as it comes."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(_FOLDER_MODE)
        for left in self.path.glob(f"{_UNFINISHED}*"):
            left.unlink(missing_ok=True)
        for name, content in files.items():
            self._put(name, content)
        listed = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        }
        index = {**members, "files": listed}
        self._put(INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode())

    def _put(self, name: str, content: bytes) -> None:
        """Put one file in its place (rule 1); one that has not changed keeps its time."""
        place, unfinished = self.path / name, self.path / f"{_UNFINISHED}{name}"
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(_FILE_MODE)
        unfinished.replace(place)


def real_now() -> datetime:
    """Return the time by the real clock: a snapshot's age is real, whatever the clock of a storm."""
    return datetime.now(UTC)

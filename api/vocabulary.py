"""The words of messages and pages, in every language Relight speaks; one file each in web/vocabulary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "web" / "vocabulary"


def read_vocabulary(folder: Path = FOLDER) -> Mapping[str, Mapping[str, str]]:
    """Return language → key → text."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}

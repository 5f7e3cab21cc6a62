"""What devices are called in the assets, beside their ids."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

_NAMES = text("""
    SELECT id, name FROM switch
    WHERE network_version = :network_version AND id = ANY(:ids) AND name IS NOT NULL
    UNION ALL
    SELECT id, name FROM transformer
    WHERE network_version = :network_version AND id = ANY(:ids) AND name IS NOT NULL
""")


def device_names(session: Session, *, network_version: int, ids: Collection[str]) -> dict[str, str]:
    """Return the name of each switch and transformer that has one of its own, by id."""
    if not ids:
        return {}
    rows = session.execute(_NAMES, {"network_version": network_version, "ids": sorted(set(ids))})
    return {row.id: row.name for row in rows if row.name != row.id}

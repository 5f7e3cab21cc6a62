"""Every table Relight owns, gathered for comparing the database with the models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import api.tables
import dispatch.call_tables
import dispatch.closure_tables
import dispatch.crew_tables
import dispatch.etr_tables
import dispatch.guest_tables
import dispatch.hazard_tables
import dispatch.incident_tables
import dispatch.kept_state_tables
import dispatch.ledger_tables
import dispatch.material_tables
import dispatch.message_tables
import dispatch.plan_tables
import dispatch.planned_tables
import dispatch.promise_tables
import dispatch.repeat_tables
import dispatch.switching_tables
import dispatch.tables
import dispatch.taken_call_tables
import dispatch.verification_tables
import gis.area_class_tables
import gis.roads.tables
from gis.tables import Base

METADATA = Base.metadata
ROOMS_WITH_TABLES = (
    api.tables,
    dispatch.call_tables,
    dispatch.crew_tables,
    dispatch.closure_tables,
    dispatch.etr_tables,
    dispatch.guest_tables,
    dispatch.hazard_tables,
    dispatch.incident_tables,
    dispatch.kept_state_tables,
    dispatch.ledger_tables,
    dispatch.material_tables,
    dispatch.message_tables,
    dispatch.plan_tables,
    dispatch.planned_tables,
    dispatch.promise_tables,
    dispatch.repeat_tables,
    dispatch.tables,
    dispatch.taken_call_tables,
    dispatch.verification_tables,
    gis.area_class_tables,
    gis.roads.tables,
)

_OWN_TABLES = frozenset(METADATA.tables)


def is_ours(name: str | None, kind: str, _parents: Mapping[Any, str | None]) -> bool:
    """Return whether Alembic may look at it: not at procrastinate's tables, nor at PostGIS's own."""
    return kind != "table" or name in _OWN_TABLES

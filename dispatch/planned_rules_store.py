"""Which rules of planned outages are in force: they stand in the database, so that all processes agree.

Whoever puts the system together tells them at the start. Earlier ones stay, since notices name them.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record
from dispatch.events import Event
from dispatch.planned_rules import PlannedRules, default_planned_rules, planned_rules
from dispatch.planned_tables import PlannedRulesRow


def put_planned_rules_in_force(session: Session, *, rules: PlannedRules, actor: str, now: datetime) -> bool:
    """Put rules in force unless they are; return whether they were not."""
    newest = _newest(session)
    if newest is not None and newest.version == rules.version:
        return False
    session.add(PlannedRulesRow(version=rules.version, document=dict(rules.document), told_at=now))
    session.flush()
    old = newest.version if newest is not None else None
    record(
        session,
        name=Event.PLANNED_OUTAGE_RULES_CHANGED,
        subject="planned_outage_rules:in_force",
        outage=None,
        author=Author(actor=actor, now=now),
        data={"values": {"version": {"old": old, "new": rules.version}}},
    )
    return True


def planned_rules_in_force(session: Session) -> PlannedRules:
    """Return the rules in force; while nobody has told any, those Relight comes with."""
    newest = _newest(session)
    return planned_rules(newest.document) if newest is not None else default_planned_rules()


def _newest(session: Session) -> PlannedRulesRow | None:
    return session.scalar(select(PlannedRulesRow).order_by(PlannedRulesRow.number.desc()).limit(1))

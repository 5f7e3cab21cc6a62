"""Which promise rules are in force: they stand in the database, so that all processes agree.

Whoever puts the system together tells them at the start. Earlier ones stay, since verdicts name them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record
from dispatch.events import Event
from dispatch.promise_document import PromiseRules, default_promise_rules, promise_rules
from dispatch.promise_tables import PromiseRulesRow


@dataclass(frozen=True, slots=True)
class NumberedRules:
    """Rules and their number in the database; None while nobody has told any: then the defaults count."""

    number: int | None
    rules: PromiseRules


def put_rules_in_force(session: Session, *, rules: PromiseRules, actor: str, now: datetime) -> bool:
    """Put rules in force unless they are; return whether they were not. Clocks that run keep their own."""
    newest = _newest(session)
    if newest is not None and newest.version == rules.version:
        return False
    session.add(PromiseRulesRow(version=rules.version, document=dict(rules.document), told_at=now))
    session.flush()
    old = newest.version if newest is not None else None
    record(
        session,
        name=Event.PROMISE_RULES_CHANGED,
        subject="promise_rules:in_force",
        outage=None,
        author=Author(actor=actor, now=now),
        data={"values": {"version": {"old": old, "new": rules.version}}},
    )
    return True


def rules_in_force(session: Session) -> NumberedRules:
    """Return the rules that new clocks run by."""
    newest = _newest(session)
    if newest is None:
        return NumberedRules(number=None, rules=default_promise_rules())
    return NumberedRules(number=newest.number, rules=promise_rules(newest.document))


def rules_by_number(session: Session) -> dict[int | None, PromiseRules]:
    """Return all rules that are or were in force; None: the defaults."""
    rows = session.scalars(select(PromiseRulesRow)).all()
    return {None: default_promise_rules(), **{row.number: promise_rules(row.document) for row in rows}}


def _newest(session: Session) -> PromiseRulesRow | None:
    return session.scalar(select(PromiseRulesRow).order_by(PromiseRulesRow.number.desc()).limit(1))

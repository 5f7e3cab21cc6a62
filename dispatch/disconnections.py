"""Service points disconnected on purpose, as the billing system tells: for arrears, on request, for safety.

A list says who is disconnected and who is connected again; sent twice it changes nothing. The change log has
the service points and times of an import, never the reason: that somebody owes money is personal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, insert, literal, select
from sqlalchemy.orm import Session

from dispatch.call_tables import DisconnectionRow
from dispatch.change_log import Author, as_json, record
from dispatch.disconnection_lines import DisconnectionLine, read_disconnection
from dispatch.events import Event
from dispatch.evidence_lines import Document, Rejection
from dispatch.explained_evidence import explain_again
from gis.places import Resolved, resolve_service_points

_ROWS_A_STATEMENT = 5000


@dataclass(frozen=True, slots=True)
class Disconnection:
    """A service point that is disconnected on purpose."""

    service_point: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DisconnectionReceipt:
    """What a list of disconnections came to; `evidence` is how many pieces are seen in another light now."""

    disconnected: int
    reconnected: int
    unchanged: int
    evidence: int
    rejected: tuple[Rejection, ...]


def import_disconnections(
    session: Session,
    *,
    documents: Sequence[Document | Rejection],
    is_complete: bool,
    network_version: int,
    actor: str,
    now: datetime,
) -> DisconnectionReceipt:
    """Take a list of disconnections and reconnections, in a write transaction.

    In a complete list, whoever is not in it is connected again since `now`. What cannot be read or names
    nothing is reported by line and stops nothing, but a list with such a line is not taken as complete: who
    stands in that line must not be reconnected by mistake.
    """
    rejected: list[Rejection] = []
    lines = list(_readable(documents, rejected, now=now))
    resolved = resolve_service_points(
        session,
        network_version=network_version,
        service_points={line.service_point for line in lines if line.service_point},
        accounts={line.account for line in lines if line.account},
        meters={line.meter for line in lines if line.meter},
    )
    wanted: dict[str, DisconnectionLine] = {}
    for line in lines:
        found = _service_points(line, resolved)
        if not found:
            reason = f"{line.where} names no service point of the network in force."
            rejected.append(Rejection(line=line.number, id=None, reason=reason, code="unknown"))
        # Named twice, the later line stands.
        wanted.update(dict.fromkeys(found, line))
    if is_complete and not rejected:
        missing = set(session.scalars(_open_ones(None))) - wanted.keys()
        wanted.update({id: DisconnectionLine(number=0, reconnected_at=now) for id in missing})
    return _apply(session, wanted, rejected, author=Author(actor=actor, now=now))


def _readable(
    documents: Iterable[Document | Rejection], rejected: list[Rejection], *, now: datetime
) -> Iterable[DisconnectionLine]:
    for document in documents:
        line = read_disconnection(document, now=now) if isinstance(document, Document) else document
        if isinstance(line, Rejection):
            rejected.append(line)
        else:
            yield line


def _service_points(line: DisconnectionLine, resolved: Resolved) -> list[str]:
    """Return the service points a line means; an account is disconnected at all of its own."""
    if line.service_point is not None:
        return [line.service_point] if line.service_point in resolved.by_id else []
    if line.meter is not None:
        found = resolved.by_meter.get(line.meter)
        return [found] if found is not None else []
    return resolved.by_account.get(line.account or "", [])


def _open_ones(service_points: Iterable[str] | None) -> Any:
    query = select(DisconnectionRow.service_point).where(DisconnectionRow.reconnected_at.is_(None))
    if service_points is None:
        return query
    return query.where(DisconnectionRow.service_point == any_(literal(sorted(service_points), ARRAY(Text))))


def _apply(
    session: Session, wanted: dict[str, DisconnectionLine], rejected: list[Rejection], *, author: Author
) -> DisconnectionReceipt:
    standing = {row.service_point: row for row in session.scalars(_rows(wanted))}
    started: dict[str, list[str]] = defaultdict(list)
    ended: dict[str, list[str]] = defaultdict(list)
    new: list[dict[str, Any]] = []
    for id, line in sorted(wanted.items()):
        row = standing.get(id)
        if line.reconnected_at is None and row is None and line.since is not None:
            new.append({"service_point": id, "reason": line.reason, "since": line.since})
            started[as_json(line.since)].append(id)
        elif line.reconnected_at is not None and row is not None:
            row.reconnected_at = max(line.reconnected_at, row.since)
            ended[as_json(row.reconnected_at)].append(id)
    session.flush()
    for start in range(0, len(new), _ROWS_A_STATEMENT):
        session.execute(insert(DisconnectionRow), new[start : start + _ROWS_A_STATEMENT])
    changed = [id for ids in (*started.values(), *ended.values()) for id in ids]
    evidence = 0
    if changed:
        told = {"disconnected": dict(started), "reconnected": dict(ended)}
        data = {"values": {}, **{name: part for name, part in told.items() if part}}
        subject = f"disconnections:{as_json(author.now)}"
        record(
            session,
            name=Event.DISCONNECTIONS_IMPORTED,
            subject=subject,
            outage=None,
            author=author,
            data=data,
        )
        evidence = explain_again(session, service_points=changed, author=author)
    return DisconnectionReceipt(
        disconnected=len(new),
        reconnected=len(changed) - len(new),
        unchanged=len(wanted) - len(changed),
        evidence=evidence,
        rejected=tuple(sorted(rejected, key=lambda one: one.line)),
    )


def _rows(service_points: Iterable[str]) -> Any:
    return select(DisconnectionRow).where(
        DisconnectionRow.reconnected_at.is_(None),
        DisconnectionRow.service_point == any_(literal(sorted(service_points), ARRAY(Text))),
    )


def open_disconnection(session: Session, *, service_point: str, now: datetime) -> Disconnection | None:
    """Return why and since when a service point is disconnected, or None."""
    row = session.scalar(_rows([service_point]).where(DisconnectionRow.since <= now))
    return _disconnection(row) if row is not None else None


def list_disconnections(session: Session, *, limit: int) -> list[Disconnection]:
    """Return the open disconnections, newest first."""
    query = (
        select(DisconnectionRow)
        .where(DisconnectionRow.reconnected_at.is_(None))
        .order_by(DisconnectionRow.since.desc(), DisconnectionRow.service_point)
        .limit(limit)
    )
    return [_disconnection(row) for row in session.scalars(query)]


def _disconnection(row: DisconnectionRow) -> Disconnection:
    return Disconnection(service_point=row.service_point, reason=row.reason, since=row.since)

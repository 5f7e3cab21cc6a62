"""Bring the outages we hold into line with what is inferred now. One pass, in numbered rules.

Deterministic: outages are looked at in the order they were opened, inferred ones in the order given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.beliefs import merge_outage, predict_outage, refine_outage, withdraw_outage
from dispatch.change_log import Author
from dispatch.network_cache import TracedNetwork
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import EvidenceRow, InterruptionRow, OutageRow
from topology.inference_result import InferredOutage


@dataclass(slots=True)
class _Held:
    """An outage we hold, and the service points it has."""

    row: OutageRow
    service_points: set[str] = field(default_factory=set)


def open_outages(session: Session) -> list[OutageRow]:
    """Return the outages not yet restored, in the order they were opened."""
    rows = session.scalars(select(OutageRow).where(OutageRow.status.in_(OPEN_OUTAGE_STATUSES)))
    return sorted(rows, key=lambda row: (row.predicted_at, int(row.id.removeprefix("O-"))))


def reconcile(
    session: Session,
    *,
    inferred: Sequence[InferredOutage],
    contradicted: set[str],
    traced: TracedNetwork,
    author: Author,
) -> int:
    """Predict, refine, merge and withdraw until the outages say what is inferred; return how many changed.

    `contradicted` are the ids of confirmed outages whose device a crew found not to be the open one.
    """
    held = _with_service_points(session, open_outages(session))
    matched = _match(inferred, held, contradicted)
    kept = {outage.id for outage in matched.values()}
    movable = [one for one in held if one.row.id not in kept and _may_move(one, contradicted)]
    changes = 0
    # RULE 4: what is wholly inside a matched outage is merged into it, before that one takes its households.
    for index, survivor in matched.items():
        inside = set(inferred[index].service_point_ids)
        for one in [one for one in movable if one.service_points <= inside]:
            merge_outage(session, outage=one.row, into=survivor, author=author)
            movable.remove(one)
            changes += 1
    # RULE 5: a prediction nothing speaks for any more is withdrawn; a confirmed outage is left to people, and
    # so is one about what a new network version has lost: nothing closes by itself.
    for one in [one for one in movable if one.row.status == OutageStatus.PREDICTED]:
        if not traced.knows(one.row.device) or traced.lacks_any(one.service_points):
            continue
        withdraw_outage(session, outage=one.row, author=author)
        changes += 1
    # RULE 6: matched outages take what is inferred; a confirmed one only if a crew contradicted its device.
    # Small ones first: what shrinks lets go of households before what grows takes them.
    for index, outage in sorted(matched.items(), key=lambda item: inferred[item[0]].service_points_out):
        may_refine = outage.status == OutageStatus.PREDICTED or outage.id in contradicted
        if may_refine and refine_outage(
            session, outage=outage, inferred=inferred[index], traced=traced, author=author
        ):
            changes += 1
    # RULE 7: what is left over is a new outage, unless every household of it is held by another already:
    # then nobody is newly out, and its evidence speaks for the outage that holds most of them.
    for index in [index for index in range(len(inferred)) if index not in matched]:
        holder = _holder_of_all(session, inferred[index].service_point_ids)
        matched[index] = holder or predict_outage(
            session, inferred=inferred[index], traced=traced, author=author
        )
        changes += holder is None
    _attach_evidence(session, inferred, matched)
    return changes


def _with_service_points(session: Session, rows: Sequence[OutageRow]) -> list[_Held]:
    held = {row.id: _Held(row=row) for row in rows}
    query = select(InterruptionRow.outage_id, InterruptionRow.service_point).where(
        InterruptionRow.outage_id.in_(held)
    )
    for outage_id, service_point in session.execute(query):
        held[outage_id].service_points.add(service_point)
    return list(held.values())


def _holder_of_all(session: Session, service_points: Sequence[str]) -> OutageRow | None:
    """Return the outage that holds most of these households, if every one of them is held by some outage."""
    held = session.scalars(
        select(InterruptionRow.outage_id).where(
            InterruptionRow.service_point.in_(service_points), InterruptionRow.ended_at.is_(None)
        )
    ).all()
    if not held or len(held) < len(service_points):
        return None
    return session.get(OutageRow, Counter(sorted(held)).most_common(1)[0][0])


def _may_move(one: _Held, contradicted: set[str]) -> bool:
    return one.row.status not in HELD_OUTAGE_STATUSES or one.row.id in contradicted


def _match(
    inferred: Sequence[InferredOutage], held: Sequence[_Held], contradicted: set[str]
) -> dict[int, OutageRow]:
    """Return for each inferred outage (by index) the one we hold that it continues."""
    matched: dict[int, OutageRow] = {}
    taken: set[str] = set()

    def take(index: int, row: OutageRow) -> None:
        matched[index] = row
        taken.add(row.id)

    # RULE 1: the same device; one that a person confirmed before one that was only predicted.
    by_rank = sorted(held, key=lambda one: one.row.status not in HELD_OUTAGE_STATUSES)
    for index, one_inferred in enumerate(inferred):
        for one in by_rank:
            if one.row.id not in taken and one.row.device == one_inferred.device:
                take(index, one.row)
                break
    # RULE 2: otherwise a device that cannot be told apart from it, which keeps the same households.
    for index, one_inferred in enumerate(inferred):
        equivalent = set(one_inferred.candidates[0].equivalent)
        for one in by_rank if index not in matched else ():
            if one.row.id not in taken and one.row.device in equivalent:
                take(index, one.row)
                break
    # RULE 3: otherwise the oldest that shares a household, if it may move: the same fault, seen better.
    for index, one_inferred in enumerate(inferred):
        inside = set(one_inferred.service_point_ids)
        for one in held if index not in matched else ():
            if one.row.id not in taken and _may_move(one, contradicted) and one.service_points & inside:
                take(index, one.row)
                break
    return matched


def _attach_evidence(
    session: Session, inferred: Sequence[InferredOutage], matched: Mapping[int, OutageRow]
) -> None:
    for index, outage in matched.items():
        session.execute(
            update(EvidenceRow)
            .where(
                EvidenceRow.id.in_(inferred[index].evidence_ids),
                EvidenceRow.outage_id.is_distinct_from(outage.id),
            )
            .values(outage_id=outage.id)
        )

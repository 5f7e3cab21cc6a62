"""Bring the outages we hold into line with what is inferred now. One pass, in numbered rules.

Deterministic: outages are looked at in the order they were opened, inferred ones in the order given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.beliefs import is_news, merge_outage, predict_outage, refine_outage, withdraw_outage
from dispatch.change_log import Author
from dispatch.current_supply import current_supply
from dispatch.events import Event
from dispatch.interruptions import ANY_PHASE, among
from dispatch.many_ids import is_among
from dispatch.network_cache import TracedNetwork
from dispatch.outage_changes import count_out, put_out_what_it_opens, record_outage_change
from dispatch.states import HELD_OUTAGE_STATUSES, OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.switched_outages import record_switched
from dispatch.switched_supply import give_back, let_go
from dispatch.tables import AffectedRow, EvidenceRow, OutageRow
from dispatch.timelines import in_order
from topology.inference_result import InferredOutage
from topology.phases import parse_phases


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
    outages: Sequence[OutageRow],
    inferred: Sequence[InferredOutage],
    contradicted: set[str],
    fresh: Collection[str],
    traced: TracedNetwork,
    author: Author,
) -> int:
    """Predict, refine, merge and withdraw until the outages say what is inferred; return how many changed.

    `outages` are all that are open (`open_outages`), `contradicted` the ids of confirmed ones whose device a
    crew found not to be the open one, `fresh` the evidence that is explained otherwise than the last time.
    """
    held = [_Held(row=row) for row in outages]
    matched = _match_by_device(inferred, held)
    taken = {outage.id for outage in matched.values()}
    _add_service_points(session, [one for one in held if one.row.id not in taken])
    _match_by_household(inferred, held, contradicted, matched)
    kept = {outage.id for outage in matched.values()}
    movable = [one for one in held if one.row.id not in kept and _may_move(one, contradicted)]
    changes = _merge(session, inferred, matched, movable, contradicted, author=author)
    # RULE 5: a prediction nothing speaks for any more is withdrawn; a confirmed outage is left to people, and
    # so is one about what a new network version has lost, or what is switched off: nothing closes by itself.
    for one in [one for one in movable if one.row.status == OutageStatus.PREDICTED]:
        if _is_for_people(one, traced):
            continue
        withdraw_outage(session, outage=one.row, author=author)
        changes += 1
    moved = _refine(session, inferred, matched, contradicted, traced=traced, author=author)
    changes += len(moved)
    _enter_moved(session, matched, moved, traced=traced, author=author)
    # RULE 7: what is left over is a new outage, unless all that it takes of every household is held already:
    # then nobody is newly out, and its evidence speaks for the outage that holds most of them.
    for index in [index for index in range(len(inferred)) if index not in matched]:
        holder = _holder_of_all(session, inferred[index], traced)
        matched[index] = holder or predict_outage(
            session, inferred=inferred[index], traced=traced, author=author
        )
        changes += holder is None
        moved.add(index)
    _attach_evidence(session, inferred, matched, moved, frozenset(fresh))
    return changes


def _merge(
    session: Session,
    inferred: Sequence[InferredOutage],
    matched: dict[int, OutageRow],
    movable: list[_Held],
    contradicted: set[str],
    *,
    author: Author,
) -> int:
    """RULE 4: what is wholly inside a matched outage is merged into it, before that one takes its households.

    It takes only phases that it will have open: by a person's word, where one confirmed it and nobody
    contradicts. Those merged are movable no more; returns how many they are.
    """
    changes = 0
    for index, outage in list(matched.items()):
        inside = set(inferred[index].service_point_ids)
        within = [one for one in movable if one.service_points <= inside]
        matched[index], merged = _survivor(outage, [one.row for one in within])
        stays = matched[index]
        is_settled = stays.status in HELD_OUTAGE_STATUSES and stays.id not in contradicted
        open_phases = (stays.phases if is_settled else inferred[index].phases) or ANY_PHASE
        for one in merged:
            _let_go_of_phases(session, one, kept=open_phases, author=author)
            merge_outage(session, outage=one, into=matched[index], author=author)
        movable[:] = [one for one in movable if one not in within]
        changes += len(merged)
    return changes


def _let_go_of_phases(session: Session, outage: OutageRow, *, kept: str, author: Author) -> None:
    """Let an outage hold none but these phases; what a confirmed one held of others has come back by now."""
    held = select(AffectedRow).where(AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None))
    rows = [row for row in session.scalars(held) if set(row.phases) - set(kept)]
    if outage.status in HELD_OUTAGE_STATUSES:
        gone = {row.service_point: in_order(set(row.phases) - set(kept)) for row in rows}
        for told in give_back(session, phases=gone, at=author.now, author=author).values():
            record_switched(session, outage, told, order=None, author=author)
    elif rows:
        phases = {row.service_point: in_order(set(row.phases) & set(kept)) for row in rows}
        if withdrawn := let_go(session, outage_id=outage.id, phases=phases):
            record_outage_change(
                session,
                outage=outage,
                name=Event.OUTAGE_PREDICTION_CHANGED,
                author=author,
                values=count_out(session, outage),
                interruptions={"withdrawn": withdrawn},
            )


def _survivor(outage: OutageRow, within: Sequence[OutageRow]) -> tuple[OutageRow, list[OutageRow]]:
    """Return the outage that stays, and those merged into it: a person's word outlasts a prediction.

    What a confirmed outage has in the ledger would otherwise stand there for one that nobody confirmed.
    """
    confirmed = [one for one in within if one.status in HELD_OUTAGE_STATUSES]
    stays = outage if outage.status in HELD_OUTAGE_STATUSES or not confirmed else confirmed[0]
    return stays, [one for one in (outage, *within) if one is not stays]


def _refine(
    session: Session,
    inferred: Sequence[InferredOutage],
    matched: Mapping[int, OutageRow],
    contradicted: set[str],
    *,
    traced: TracedNetwork,
    author: Author,
) -> set[int]:
    """RULE 6: matched outages take what is inferred; a confirmed one only if a crew contradicted its device.

    Small ones first: what shrinks lets go of households before what grows takes them. In a storm every
    probability moves a little with every call: only what is news is written. Returns the inferred that were.
    """
    moved = set()
    for index, outage in sorted(matched.items(), key=lambda item: inferred[item[0]].service_points_out):
        may_refine = outage.status == OutageStatus.PREDICTED or outage.id in contradicted
        if (
            may_refine
            and is_news(outage, inferred[index], network_version=traced.network_version)
            and refine_outage(session, outage=outage, inferred=inferred[index], traced=traced, author=author)
        ):
            moved.add(index)
    return moved


def _enter_moved(
    session: Session,
    matched: dict[int, OutageRow],
    moved: Collection[int],
    *,
    traced: TracedNetwork,
    author: Author,
) -> None:
    """RULE 6 for the ledger: whom the other device of a confirmed outage puts out, that outage holds.

    What was only predicted of them is part of it then, and whatever explained that explains it.
    """
    for outage in [matched[index] for index in moved if matched[index].status in HELD_OUTAGE_STATUSES]:
        session.flush()
        before = current_supply(session, traced=traced, without={outage.id})
        after = current_supply(session, traced=traced)
        put_out_what_it_opens(
            session, outage=outage, before=before, after=after, at=outage.started_at, author=author
        )
    for index, outage in matched.items():
        if outage.merged_into is not None:
            matched[index] = session.get_one(OutageRow, outage.merged_into)


def _add_service_points(session: Session, held: Sequence[_Held]) -> None:
    """Read whom outages hold; only those that no device matched are asked for them."""
    by_id = {one.row.id: one for one in held}
    query = select(AffectedRow.outage_id, AffectedRow.service_point).where(
        is_among(AffectedRow.outage_id, by_id)
    )
    for outage_id, service_point in session.execute(query) if by_id else ():
        by_id[outage_id].service_points.add(service_point)


def _holder_of_all(session: Session, inferred: InferredOutage, traced: TracedNetwork) -> OutageRow | None:
    """Return the outage that holds most of these households, if all they lose is held by some outage."""
    held = session.execute(
        select(AffectedRow.outage_id, AffectedRow.service_point, AffectedRow.phases).where(
            AffectedRow.service_point == among(inferred.service_point_ids), AffectedRow.ended_at.is_(None)
        )
    ).all()
    phases: dict[str, int] = defaultdict(int)
    for row in held:
        phases[row.service_point] |= parse_phases(row.phases)
    network = traced.network
    taken = network.service_point_phases[network.find_service_points(inferred.service_point_ids)].tolist()
    lost = parse_phases(inferred.phases or "ABC")
    found = zip(inferred.service_point_ids, taken, strict=True)
    if not held or any((takes & lost or lost) & ~phases[id] for id, takes in found):
        return None
    return session.get(OutageRow, Counter(sorted(row.outage_id for row in held)).most_common(1)[0][0])


def _is_for_people(one: _Held, traced: TracedNetwork) -> bool:
    """Return whether the network lost what an outage is about, or whom it holds is switched off."""
    is_lost = not traced.knows(one.row.device) or traced.lacks_any(one.service_points)
    return is_lost or bool(traced.switched_off(one.service_points))


def _may_move(one: _Held, contradicted: set[str]) -> bool:
    return one.row.status not in HELD_OUTAGE_STATUSES or one.row.id in contradicted


def _match_by_device(inferred: Sequence[InferredOutage], held: Sequence[_Held]) -> dict[int, OutageRow]:
    """Return for inferred outages (by index) the one we hold that blames the same device."""
    matched: dict[int, OutageRow] = {}
    # A confirmed outage before one that was only predicted, of those the oldest.
    by_device: dict[str, list[OutageRow]] = {}
    for one in sorted(held, key=lambda one: one.row.status not in HELD_OUTAGE_STATUSES):
        by_device.setdefault(one.row.device, []).append(one.row)
    # RULE 1: the same device; one that a person confirmed before one that was only predicted.
    for index, one_inferred in enumerate(inferred):
        if rows := by_device.get(one_inferred.device):
            matched[index] = rows.pop(0)
    # RULE 2: otherwise a device that cannot be told apart from it, which keeps the same households.
    for index, one_inferred in enumerate(inferred):
        same = one_inferred.candidates[0].equivalent if index not in matched else ()
        rows = next((by_device[device] for device in same if by_device.get(device)), [])
        if rows:
            matched[index] = rows.pop(0)
    return matched


def _match_by_household(
    inferred: Sequence[InferredOutage],
    held: Sequence[_Held],
    contradicted: set[str],
    matched: dict[int, OutageRow],
) -> None:
    """RULE 3: otherwise the oldest that shares a household, if it may move: the same fault, seen better."""
    taken = {outage.id for outage in matched.values()}
    left = [one for one in held if one.row.id not in taken and _may_move(one, contradicted)]
    for index, one_inferred in enumerate(inferred):
        if index in matched or not left:
            continue
        inside = set(one_inferred.service_point_ids)
        for one in left:
            if one.service_points & inside:
                matched[index] = one.row
                left.remove(one)
                break


def _attach_evidence(
    session: Session,
    inferred: Sequence[InferredOutage],
    matched: Mapping[int, OutageRow],
    moved: Collection[int],
    fresh: Collection[str],
) -> None:
    """Attach evidence to the outage that explains it: all of it where that changed, else what is fresh."""
    for index, outage in matched.items():
        ids = inferred[index].evidence_ids
        if index not in moved:
            ids = tuple(id_ for id_ in ids if id_ in fresh)
        if ids:
            session.execute(
                update(EvidenceRow)
                .where(is_among(EvidenceRow.id, ids), EvidenceRow.outage_id.is_distinct_from(outage.id))
                .values(outage_id=outage.id)
            )

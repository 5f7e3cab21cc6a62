"""What the engine changes about outages: predict, refine, merge, withdraw. Each change with its log entry.

What a person has confirmed, the engine never undoes; only what a crew found on the spot moves it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.change_log import Author, first_values, record, set_values
from dispatch.etr import etr_without_crew
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import first_etr_values, keep_first_etr, say_etr, take_over_words
from dispatch.events import Event
from dispatch.interruptions import move_interruptions, set_interruptions, withdraw_interruptions
from dispatch.network_cache import TracedNetwork
from dispatch.states import ACTIVE_JOB_STATUSES, OutageStatus
from dispatch.tables import AffectedRow, EvidenceRow, JobRow, OutageRow, outage_number
from topology.inference_result import InferredOutage

ENGINE = "engine"
NEWS_IN_PROBABILITY = 0.02
NEWS_IN_REPORTS = 0.1
# A dispatcher looks at the first few candidates.
LOOKED_AT = 3

_FIRST_FIELDS = (
    "network_version",
    "status",
    "device",
    "device_kind",
    "phases",
    "probability",
    "candidates",
    "reasons",
    "service_points_out",
    "customers_out",
    "started_at",
    "predicted_at",
    "etr_at",
    "etr_source",
    "etr_earliest",
    "etr_latest",
    "etr_warn_at",
)


def predict_outage(
    session: Session, *, inferred: InferredOutage, traced: TracedNetwork, author: Author
) -> OutageRow:
    """Open a new outage as predicted, with its households and its first ETR."""
    believed = _believed(inferred, traced)
    etr = etr_without_crew(device_kind=believed["device_kind"], predicted_at=author.now)
    outage = OutageRow(
        id=f"O-{session.scalars(select(outage_number.next_value())).one()}",
        version=0,
        network_version=traced.network_version,
        status=OutageStatus.PREDICTED,
        predicted_at=author.now,
        **first_etr_values(session, etr=etr, device_kind=believed["device_kind"], now=author.now),
        **believed,
    )
    session.add(outage)
    session.flush()
    told = set_interruptions(
        session,
        outage=outage,
        customers=traced.customers_at(inferred.service_point_ids),
        author=author,
    )
    data = {"values": first_values(outage, _FIRST_FIELDS), "interruptions": told}
    position = record(
        session,
        name=Event.OUTAGE_PREDICTED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data=data,
    )
    keep_first_etr(session, outage=outage, author=author, position=position)
    return outage


def is_news(outage: OutageRow, inferred: InferredOutage, *, network_version: int) -> bool:
    """Return whether what is inferred now differs from what an outage says by as much as anyone would care.

    RULE: another device, extent or start always; a probability by two points, reports by a tenth, and another
    order of the first candidates.
    """
    values = ("device", "phases", "started_at", "service_points_out", "customers_out")
    if outage.network_version != network_version or any(
        getattr(outage, name) != getattr(inferred, name) for name in values
    ):
        return True
    before, now = (_reported(one) for one in (outage.reasons, [reason.values for reason in inferred.reasons]))
    return (
        abs(outage.probability - inferred.probability) >= NEWS_IN_PROBABILITY
        or abs(now - before) > NEWS_IN_REPORTS * before
        or [one["device"] for one in outage.candidates[:LOOKED_AT]]
        != [one.device for one in inferred.candidates[:LOOKED_AT]]
        or [one["code"] for one in outage.reasons] != [one.code for one in inferred.reasons]
    )


def _reported(reasons: Sequence[Mapping[str, Any]]) -> int:
    """Return how many reports the first reason counts; stored reasons hold their values one level deeper."""
    first: Mapping[str, Any] = reasons[0] if reasons else {}
    counted = first.get("values", first)
    return sum(int(counted.get(name, 0)) for name in ("last_gasps", "trouble_calls", "pings"))


def refine_outage(
    session: Session, *, outage: OutageRow, inferred: InferredOutage, traced: TracedNetwork, author: Author
) -> bool:
    """Bring a predicted outage up to what is inferred now; return whether anything changed."""
    moved = outage.device != inferred.device
    values = set_values(outage, {**_believed(inferred, traced), "network_version": traced.network_version})
    session.flush()
    lost = _lost_households(session, outage=outage, traced=traced)
    told = set_interruptions(
        session,
        outage=outage,
        customers={**lost, **traced.customers_at(inferred.service_point_ids)},
        author=author,
    )
    if not values and not told:
        return False
    record(
        session,
        name=Event.OUTAGE_DEVICE_CHANGED if moved else Event.OUTAGE_PREDICTION_CHANGED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": values, "interruptions": told},
    )
    if moved:
        reckon_etr_of_device(session, outage=outage, author=author)
    return True


def reckon_etr_of_device(session: Session, *, outage: OutageRow, author: Author) -> None:
    """Say the usual time of the device that is to blame now; better words speak before it."""
    etr = etr_without_crew(device_kind=outage.device_kind, predicted_at=outage.predicted_at)
    because = EtrBecause.DEVICE_CHANGED
    say_etr(session, outage=outage, etr=etr, because=because, author=author, tell=False)


def _lost_households(session: Session, *, outage: OutageRow, traced: TracedNetwork) -> dict[str, int]:
    """Return the households that stay out until a person acts, whatever is inferred.

    A new network version lost them, or they are switched off: without supply, nobody can tell by them what
    has opened.
    """
    own = session.execute(
        select(AffectedRow.service_point, AffectedRow.customers).where(AffectedRow.outage_id == outage.id)
    ).all()
    ids = [row.service_point for row in own]
    is_there = traced.network.find_service_points(ids) >= 0
    gone = {id for id, known in zip(ids, is_there, strict=True) if not known}
    kept = gone | traced.switched_off(ids)
    return {row.service_point: row.customers for row in own if row.service_point in kept}


def merge_outage(session: Session, *, outage: OutageRow, into: OutageRow, author: Author) -> None:
    """Merge an outage into the one that explains it: households, evidence and crews at work go over."""
    told = move_interruptions(session, outage_id=outage.id, to=into.id, author=author)
    session.execute(update(EvidenceRow).where(EvidenceRow.outage_id == outage.id).values(outage_id=into.id))
    values = set_values(outage, {"status": OutageStatus.MERGED, "merged_into": into.id})
    record(
        session,
        name=Event.OUTAGE_MERGED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": values, "interruptions": told},
    )
    active = select(JobRow).where(JobRow.outage_id == outage.id, JobRow.status.in_(ACTIVE_JOB_STATUSES))
    for job in session.scalars(active.order_by(JobRow.id)).all():
        _move_job(session, job=job, into=into, author=author)
    take_over_words(session, outage=outage, into=into, author=author)


def withdraw_outage(session: Session, *, outage: OutageRow, author: Author) -> None:
    """Take back a prediction that no evidence speaks for any more."""
    told = withdraw_interruptions(session, outage_id=outage.id, author=author)
    values = set_values(
        outage, {"status": OutageStatus.DISMISSED, "dismissed_because": "no evidence speaks for it any more"}
    )
    record(
        session,
        name=Event.OUTAGE_WITHDRAWN,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data={"values": values, "interruptions": told},
    )


def _move_job(session: Session, *, job: JobRow, into: OutageRow, author: Author) -> None:
    already = select(JobRow.id).where(
        JobRow.outage_id == into.id, JobRow.crew_id == job.crew_id, JobRow.status.in_(ACTIVE_JOB_STATUSES)
    )
    if session.scalar(already) is not None:
        return
    record(
        session,
        name=Event.JOB_MOVED,
        subject=f"job:{job.id}",
        outage=into,
        author=author,
        data={"values": set_values(job, {"outage_id": into.id})},
    )


def _believed(inferred: InferredOutage, traced: TracedNetwork) -> dict[str, Any]:
    return {
        "device": inferred.device,
        "device_kind": traced.kind_of(inferred.device),
        "phases": inferred.phases,
        "probability": inferred.probability,
        "candidates": [
            {
                "device": candidate.device,
                "phases": candidate.phases,
                "probability": candidate.probability,
                "equivalent": list(candidate.equivalent),
            }
            for candidate in inferred.candidates
        ],
        "reasons": [
            {"code": reason.code, "values": dict(reason.values), "text": reason.text}
            for reason in inferred.reasons
        ],
        "service_points_out": inferred.service_points_out,
        "customers_out": inferred.customers_out,
        "started_at": inferred.started_at,
    }

"""A person parts an outage in two: some of its households are out by another device, on their own.

RULE 1: nobody is counted twice, and nobody is lost: what one lets go the other holds, since the same time.
RULE 2: both devices are open from then on; restoring one brings nobody back who is dark behind the other.
RULE 3: evidence of the households goes with them; a crew goes only where the person says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, first_values, record, set_values
from dispatch.current_supply import current_supply
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.etr import etr_without_crew
from dispatch.etr_words import first_etr_values, keep_first_etr
from dispatch.events import Event
from dispatch.interruptions import among
from dispatch.ledger import part_from_outage
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.outage_changes import (
    NamedDevice,
    behind,
    count_out,
    happened_at,
    named_device,
    outage_for_action,
    put_out_what_it_opens,
    record_outage_change,
    refuse_device_closed_since,
    refuse_device_of_another,
)
from dispatch.outages import OutageView, get_outage
from dispatch.states import ACTIVE_JOB_STATUSES, OutageAction, OutageStatus
from dispatch.tables import AffectedRow, EvidenceRow, JobRow, OutageRow, outage_number
from topology.phases import parse_phases

_MOST_NAMED = 5
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
    "confirmed_at",
    "device_told_at",
    "split_from",
    "incident_id",
    "etr_at",
    "etr_source",
    "etr_earliest",
    "etr_latest",
    "etr_warn_at",
)


def split_outage(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    device: str,
    phases: str | None,
    service_points: Sequence[str] | None,
    job_ids: Sequence[str],
    occurred_at: datetime | None,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> OutageView:
    """Part from an outage those who are out by another device; return the new outage, which is confirmed.

    `service_points`: of those behind the device only these; `job_ids`: the crews that go with them. Raises
    UnknownThing, StaleVersion, IllegalTransition, InvalidInput (somebody whom the outage does not hold, or
    who is not behind the device; a job that is not its own), Conflict (another outage's device, everybody).
    """
    outage, _ = outage_for_action(session, outage_id=outage_id, version=version, action=OutageAction.SPLIT)
    at = happened_at(outage, occurred_at=occurred_at, now=now)
    traced = networks.in_force(session)
    named = named_device(traced, device=device, phases=phases)
    if named.id == outage.device:
        raise Conflict(
            f"{outage.id} is about {named.id} already.",
            because=Because.DEVICE_IS_THE_SAME,
            values={"device": named.id},
        )
    refuse_device_of_another(session, device=named.id, but=None)
    rows = _rows_that_go(session, outage, traced, named, service_points=service_points)
    jobs = _jobs_that_go(session, outage, job_ids)
    author = Author(actor=actor, now=now, occurred_at=at)
    before = current_supply(session, traced=traced)
    new = _new_outage(session, outage, traced, named, rows, author=author)
    refuse_device_closed_since(new, traced)
    _part(session, outage=outage, new=new, rows=rows, author=author)
    _move_jobs(session, jobs, new, author=author)
    session.flush()
    after = current_supply(session, traced=traced)
    put_out_what_it_opens(session, outage=new, before=before, after=after, at=at, author=author)
    return get_outage(session, outage_id=new.id)


def _rows_that_go(
    session: Session,
    outage: OutageRow,
    traced: TracedNetwork,
    named: NamedDevice,
    *,
    service_points: Sequence[str] | None,
) -> list[AffectedRow]:
    """Return what the outage holds now and the new one is to hold, in order of service point."""
    held = {
        row.service_point: row
        for row in session.scalars(
            select(AffectedRow)
            .where(AffectedRow.outage_id == outage.id, AffectedRow.ended_at.is_(None))
            .execution_options(populate_existing=True)
        )
    }
    below = set(behind(traced, named)) | _usually_behind(traced, named)
    wanted = set(held) & below if service_points is None else set(service_points)
    _refuse_others(wanted - set(held), outage, named, Because.NOT_ITS_SERVICE_POINT)
    _refuse_others(wanted - below, outage, named, Because.NOT_BEHIND_DEVICE)
    if not wanted:
        raise InvalidInput(
            field="device",
            text=f"nobody whom {outage.id} holds is behind {named.id}",
            because=Because.NOBODY_BEHIND_DEVICE,
            values={"device": named.id},
        )
    if wanted == set(held):
        raise Conflict(
            f"Everybody who is out by {outage.id} is behind {named.id}. Change its device instead.",
            because=Because.SPLIT_TAKES_ALL,
            values={"outage": outage.id, "device": named.id},
        )
    return [held[id] for id in sorted(wanted)]


def _refuse_others(others: Collection[str], outage: OutageRow, device: NamedDevice, because: Because) -> None:
    if others:
        named = ", ".join(sorted(others)[:_MOST_NAMED])
        behind_it = because is Because.NOT_BEHIND_DEVICE
        words = f"not behind {device.id}" if behind_it else f"not without supply by {outage.id}"
        raise InvalidInput(
            field="service_points",
            text=f"{named}: {words}",
            because=because,
            values={"service_point": named, "outage": outage.id, "device": device.id},
        )


def _usually_behind(traced: TracedNetwork, named: NamedDevice) -> set[str]:
    """Return who is behind a device in the normal state: what is switched off has nobody behind it now."""
    if not traced.network.has_device(named.id):
        return {named.id}
    index = traced.network.device_index(named.id)
    points = traced.normal.service_points_below(index, parse_phases(named.phases))
    return set(traced.network.service_point_ids(np.asarray(points)))


def _jobs_that_go(session: Session, outage: OutageRow, job_ids: Sequence[str]) -> list[JobRow]:
    found = []
    for id in dict.fromkeys(job_ids):
        job = session.get(JobRow, id)
        if job is None or job.outage_id != outage.id or job.status not in ACTIVE_JOB_STATUSES:
            raise InvalidInput(
                field="jobs",
                text=f"{id} is no crew's work on {outage.id} now",
                because=Because.JOB_NOT_OF_OUTAGE,
                values={"job": id, "outage": outage.id},
            )
        found.append(job)
    return found


def _move_jobs(session: Session, jobs: Sequence[JobRow], new: OutageRow, *, author: Author) -> None:
    for job in jobs:
        record(
            session,
            name=Event.JOB_MOVED,
            subject=f"job:{job.id}",
            outage=new,
            author=author,
            data={"values": set_values(job, {"outage_id": new.id})},
        )


def _new_outage(
    session: Session,
    outage: OutageRow,
    traced: TracedNetwork,
    named: NamedDevice,
    rows: Sequence[AffectedRow],
    *,
    author: Author,
) -> OutageRow:
    reason = {"code": "split_off", "values": {"device": named.id, "outage": outage.id}}
    etr = etr_without_crew(device_kind=named.kind, predicted_at=author.now)
    words = f"A dispatcher parted it from {outage.id}: {named.id} is open as well."
    new = OutageRow(
        id=f"O-{session.scalars(select(outage_number.next_value())).one()}",
        version=0,
        network_version=traced.network_version,
        status=OutageStatus.CONFIRMED,
        device=named.id,
        device_kind=named.kind,
        phases=named.phases,
        probability=1.0,
        candidates=[{"device": named.id, "phases": named.phases, "probability": 1.0, "equivalent": []}],
        reasons=[{**reason, "text": words}],
        service_points_out=len(rows),
        customers_out=sum(row.customers for row in rows),
        started_at=min(row.started_at for row in rows),
        predicted_at=author.now,
        confirmed_at=author.now,
        device_told_at=author.now,
        split_from=outage.id,
        incident_id=outage.incident_id,
        **first_etr_values(session, etr=etr, device_kind=named.kind, now=author.now),
    )
    session.add(new)
    session.flush()
    return new


def _part(
    session: Session, *, outage: OutageRow, new: OutageRow, rows: Sequence[AffectedRow], author: Author
) -> None:
    """Let the new outage hold the rows that go, in the ledger as well, and record both sides."""
    since = {row.service_point: row.started_at for row in rows}
    customers = {row.service_point: row.customers for row in rows}
    session.execute(
        update(AffectedRow)
        .where(AffectedRow.outage_id == outage.id, AffectedRow.service_point == among(since))
        .values(outage_id=new.id)
        .execution_options(synchronize_session=False)
    )
    session.expire_all()
    part_from_outage(session, outage_id=outage.id, to=new.id, since=since, author=author)
    session.execute(
        update(EvidenceRow)
        .where(EvidenceRow.outage_id == outage.id, EvidenceRow.service_point == among(since))
        .values(outage_id=new.id)
    )
    record_outage_change(
        session,
        outage=outage,
        name=Event.OUTAGE_SPLIT,
        author=author,
        values=count_out(session, outage),
        interruptions={"withdrawn": sorted(since)},
    )
    position = record(
        session,
        name=Event.OUTAGE_SPLIT_OFF,
        subject=f"outage:{new.id}",
        outage=new,
        author=author,
        data={
            "values": first_values(new, _FIRST_FIELDS),
            "interruptions": {"started": _by_time(since, customers)},
        },
    )
    keep_first_etr(session, outage=new, author=author, position=position)


def _by_time(since: Mapping[str, datetime], customers: Mapping[str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for id, at in sorted(since.items()):
        found.setdefault(as_json(at), {})[id] = customers[id]
    return found

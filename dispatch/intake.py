"""Evidence in: attached to a service point or a device, de-duplicated, durable once the caller commits.

The caller (api) commits before it answers. What names nothing, lies in the future or is long past is reported
by line and never stops the rest. Reasons name ids and fields, never a phone number or a name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.evidence_lines import Document, EvidenceDocument, Rejection, read_document
from dispatch.explained_evidence import remark_at, says_no_supply, spans_of
from dispatch.plausible_places import PLAUSIBLE_AMONG, plausible_place
from dispatch.remarks import NO_OUTAGE, Remark
from dispatch.tables import EVIDENCE_CHANNEL, EvidenceRow
from gis.coordinates import to_wgs84
from gis.errors import GisError
from gis.places import Resolved, nearest_service_points, resolve_service_points, retired_meters
from gis.tables import LineSectionRow, ServicePointRow, SwitchRow, TransformerRow

# Clocks of meters and phones differ a little; more than this is a wrong clock (design §2).
LATEST_AHEAD = timedelta(minutes=5)
# A report older than this says nothing about supply now; it belongs into an archive, not into the analysis.
OLDEST = timedelta(days=7)
# Meters speak at once. A message whose time is hours away from when it came has a wrong clock, or was held up
# on the way: nobody can tell, so it is kept, and remarked.
CLOCK_OFF_FROM = timedelta(hours=2)
_METER_KINDS = ("last_gasp", "power_up", "ping")
# A caller standing farther than this from every service point has to be asked for an address.
NEAREST_WITHIN_M = 250.0
_ROWS_A_STATEMENT = 2000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of each piece: counts, the rejected ones by line, and how many tell of a hazard."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]
    hazards: int = 0


@dataclass(frozen=True, slots=True)
class _Reception:
    """Into which network, from whom and when a batch comes."""

    network_version: int
    source: str
    now: datetime


@dataclass(slots=True)
class _Sorted:
    """The batch on its way: what is still wanted, and what fell out."""

    wanted: dict[str, EvidenceDocument] = field(default_factory=dict)
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)

    def reject(self, document: EvidenceDocument, reason: str, code: str) -> None:
        self.rejected.append(Rejection(line=document.line, id=document.id, reason=reason, code=code))
        self.wanted.pop(document.id, None)


def receive_evidence(
    session: Session,
    *,
    documents: Sequence[Document | Rejection],
    network_version: int,
    source: str,
    now: datetime,
) -> Receipt:
    """Store a batch of evidence; idempotent by id. The caller commits, and only then answers."""
    batch = _Sorted()
    reception = _Reception(network_version=network_version, source=source, now=now)
    for document in documents:
        _sort_in(batch, document, now)
    _attach(session, batch, network_version)
    stored = 0
    wanted = list(batch.wanted.values())
    for start in range(0, len(wanted), _ROWS_A_STATEMENT):
        stored += _store(session, batch, wanted[start : start + _ROWS_A_STATEMENT], reception)
    if stored:
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": EVIDENCE_CHANNEL})
    rejected = tuple(sorted(batch.rejected, key=lambda rejection: rejection.line))
    hazards = sum(document.hazard is not None for document in wanted)
    return Receipt(accepted=stored, duplicates=batch.duplicates, rejected=rejected, hazards=hazards)


def _sort_in(batch: _Sorted, document: Document | Rejection, now: datetime) -> None:
    read = read_document(document) if isinstance(document, Document) else document
    if isinstance(read, Rejection):
        batch.rejected.append(read)
    elif read.at > now + LATEST_AHEAD and read.kind in _METER_KINDS:
        # RULE: a meter's message from the future is true, only its clock is not: it is taken as of now.
        _sort_in_readable(batch, replace(read, at=now, told_at=read.at, remark=Remark.CLOCK_OFF))
    elif read.at > now + LATEST_AHEAD:
        ahead = f"{read.at.isoformat()} is more than five minutes ahead of the clock ({now.isoformat()})."
        batch.reject(read, f"`at` lies in the future: {ahead}", "from_the_future")
    elif read.at < now - OLDEST:
        batch.reject(read, f"`at` is too old: {read.at.isoformat()} is more than seven days ago.", "too_old")
    elif read.at < now - CLOCK_OFF_FROM and read.kind in _METER_KINDS:
        _sort_in_readable(batch, replace(read, remark=Remark.CLOCK_OFF))
    else:
        _sort_in_readable(batch, read)


def _sort_in_readable(batch: _Sorted, read: EvidenceDocument) -> None:
    if read.id in batch.wanted:
        _repeat(batch, read, batch.wanted[read.id].digest)
    else:
        batch.wanted[read.id] = read


def _repeat(batch: _Sorted, document: EvidenceDocument, digest: bytes) -> None:
    """RULE: the same id twice is one piece of evidence; with other content the first one stands."""
    if document.digest == digest:
        batch.duplicates += 1
    else:
        reason = "This id was received before with other content; the first stands. Send a new id."
        batch.rejected.append(Rejection(line=document.line, id=document.id, reason=reason, code="id_reused"))


def _attach(session: Session, batch: _Sorted, network_version: int) -> None:
    """Turn accounts, phones, meters and locations into service points, and check that devices exist."""
    documents = list(batch.wanted.values())
    resolved = resolve_service_points(
        session,
        network_version=network_version,
        service_points={d.service_point for d in documents if d.service_point is not None},
        accounts={d.account for d in documents if d.account is not None},
        meters={d.meter for d in documents if d.meter is not None},
        phones={d.phone for d in documents if d.phone is not None},
    )
    devices = known_devices(
        session, network_version=network_version, ids={d.device for d in documents if d.device is not None}
    )
    retired = retired_meters(
        session, meters={d.meter for d in documents if d.meter is not None} - resolved.by_meter.keys()
    )
    for document in documents:
        old_place = retired.get(document.meter or "")
        found = (
            replace(document, service_point=old_place, remark=Remark.RETIRED_METER)
            if old_place is not None
            else _place(session, document, resolved, devices, network_version)
        )
        if isinstance(found, str):
            batch.reject(document, found, "unknown")
        else:
            batch.wanted[document.id] = found
    _explain(session, batch)


def _explain(session: Session, batch: _Sorted) -> None:
    """Remark on what something else than a fault explains (dispatch/explained_evidence.py)."""
    silent = [
        document
        for document in batch.wanted.values()
        if document.service_point is not None
        and document.hazard is None
        and document.remark != Remark.RETIRED_METER
        and says_no_supply(kind=document.kind, result=document.result)
    ]
    if not silent:
        return
    spans = spans_of(
        session,
        service_points={document.service_point or "" for document in silent},
        after=min(document.at for document in silent),
    )
    for document in silent:
        remark = remark_at(spans.get(document.service_point or "", ()), document.at)
        if remark is not None:
            batch.wanted[document.id] = replace(document, remark=remark)


def _place(
    session: Session,
    document: EvidenceDocument,
    resolved: Resolved,
    devices: set[str],
    network_version: int,
) -> EvidenceDocument | str:
    """Return the document with its service point or device, or the reason why it has none."""
    if document.device is not None:
        return document if document.device in devices else f"There is no device {document.device!r}."
    if document.service_point is not None:
        known = document.service_point in resolved.by_id
        return document if known else f"There is no service point {document.service_point!r}."
    if document.meter is not None:
        found = resolved.by_meter.get(document.meter)
        return replace(document, service_point=found) if found else f"There is no meter {document.meter!r}."
    if document.account is not None:
        return _only(document, resolved.by_account.get(document.account, []), f"account {document.account!r}")
    if document.phone is not None:
        return _only(document, resolved.by_phone.get(document.phone, []), "phone number given")
    return _nearest(session, document, network_version)


def _only(document: EvidenceDocument, found: Sequence[str], what: str) -> EvidenceDocument | str:
    if len(found) == 1:
        return replace(document, service_point=found[0])
    if not found:
        return f"The {what} belongs to no service point."
    return f"The {what} belongs to {len(found)} service points. Name the one meant in `service_point`."


def _nearest(session: Session, document: EvidenceDocument, network_version: int) -> EvidenceDocument | str:
    location = document.location
    if location is None:
        return "No place was given."
    try:
        lon, lat = to_wgs84(lon=location.lon, lat=location.lat, crs=location.crs)
    except GisError as problem:
        return f"`location`: {problem}"
    near = nearest_service_points(
        session,
        network_version=network_version,
        lon=lon,
        lat=lat,
        within_m=NEAREST_WITHIN_M,
        most=PLAUSIBLE_AMONG,
    )
    if not near:
        return f"No service point lies within {NEAREST_WITHIN_M:.0f} m of the location. Ask for an address."
    return replace(document, service_point=plausible_place(session, near=near, at=document.at))


def known_devices(session: Session, *, network_version: int, ids: Iterable[str]) -> set[str]:
    """Return those ids that name a line section, switch, transformer or service point of the network."""
    wanted = list(ids)
    if not wanted:
        return set()
    layers = (LineSectionRow, SwitchRow, TransformerRow, ServicePointRow)
    queries = [
        select(layer.id).where(layer.network_version == network_version, layer.id.in_(wanted))
        for layer in layers
    ]
    return set(session.scalars(union_all(*queries)))


def _store(
    session: Session,
    batch: _Sorted,
    documents: Sequence[EvidenceDocument],
    reception: _Reception,
) -> int:
    """Insert what is new, and tell apart what was there before; return how many were new."""
    if not documents:
        return 0
    # One statement, compiled once: rows given as values would be compiled anew for every batch.
    statement = insert(EvidenceRow).on_conflict_do_nothing().returning(EvidenceRow.id)
    stored = set(session.scalars(statement, [_row(document, reception) for document in documents]))
    before = [document for document in documents if document.id not in stored]
    if before:
        query = select(EvidenceRow.id, EvidenceRow.digest).where(EvidenceRow.id.in_([d.id for d in before]))
        digests = {row.id: row.digest for row in session.execute(query)}
        for document in before:
            _repeat(batch, document, digests[document.id])
    return len(stored)


def _row(document: EvidenceDocument, reception: _Reception) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind,
        "at": document.at,
        "received_at": reception.now,
        "source": reception.source,
        "network_version": reception.network_version,
        "service_point": document.service_point,
        "device": document.device,
        "phases": document.phases,
        "result": document.result,
        "hazard": document.hazard,
        "text": document.text,
        "digest": document.digest,
        "meter": document.meter,
        "remark": document.remark,
        "told_at": document.told_at,
        "status": "not_an_outage" if document.remark in NO_OUTAGE else "new",
    }

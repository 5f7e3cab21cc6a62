"""Supply that goes and comes back exactly when something is switched: to the household, and to the phase.

A phase that is out already stays with who holds it; what is not out cannot come back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ARRAY, Integer, Text, bindparam, delete, select, text
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json
from dispatch.interruptions import Told, among, told_ended
from dispatch.ledger import Takes, give_supply_back, take_supply
from dispatch.ledger_rows import Household
from dispatch.ledger_tables import SuppliedBy
from dispatch.network_cache import TracedNetwork
from dispatch.tables import AffectedRow
from dispatch.timelines import Holder, in_order
from topology.phases import format_phases

__all__ = ["Holder", "give_back", "let_go", "put_out"]

_TAKE = text(
    """
    INSERT INTO affected_service_point AS own (outage_id, service_point, phases, started_at, customers)
    SELECT :outage_id, given.id, given.phases, :at, given.customers
    FROM unnest(:ids, :phases, :customers) AS given (id, phases, customers)
    ON CONFLICT (outage_id, service_point) DO UPDATE SET
        phases = excluded.phases, customers = excluded.customers, ended_at = NULL,
        started_at = CASE WHEN own.ended_at IS NULL THEN own.started_at ELSE excluded.started_at END
    RETURNING service_point, started_at, customers
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("phases", type_=ARRAY(Text)),
    bindparam("customers", type_=ARRAY(Integer)),
)
_GIVE_BACK = text(
    """
    UPDATE affected_service_point AS own SET
        ended_at = CASE
            WHEN translate(own.phases, back.phases, '') = '' THEN greatest(own.started_at, :at)
        END,
        phases = coalesce(nullif(translate(own.phases, back.phases, ''), ''), own.phases)
    FROM unnest(:ids, :phases) AS back (id, phases)
    WHERE own.service_point = back.id AND own.ended_at IS NULL
        AND translate(own.phases, back.phases, '') <> own.phases
    RETURNING own.outage_id, own.service_point, own.ended_at
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("phases", type_=ARRAY(Text)))

_HOLD_ONLY = text(
    """
    UPDATE affected_service_point AS own SET phases = given.phases
    FROM unnest(:ids, :phases) AS given (id, phases)
    WHERE own.outage_id = :outage_id AND own.service_point = given.id AND given.phases <> ''
    """
).bindparams(bindparam("ids", type_=ARRAY(Text)), bindparam("phases", type_=ARRAY(Text)))


def put_out(
    session: Session,
    *,
    phases: Mapping[str, str],
    at: datetime,
    holder: Holder,
    traced: TracedNetwork,
    author: Author,
    feeder: str | None = None,
) -> dict[str, Told]:
    """Write that phases of service points are without supply from `at` on, because of the holder.

    Returns outage → what its log entry says of interruptions. UnknownServicePointError for ids that the
    network does not have.
    """
    if not phases:
        return {}
    network = traced.network
    households = {}
    for id in phases:
        index = network.service_point_index(id)
        households[id] = Household(
            customers=int(network.service_point_customers[index]),
            phases_taken=format_phases(int(network.service_point_phases[index])),
            feeder=feeder,
        )
    told = {}
    if holder.outage_id is not None:
        told = _let_outage_take(
            session, outage_id=holder.outage_id, phases=phases, households=households, at=at
        )
    takes = [Takes(id, in_order(given), at) for id, given in phases.items()]
    take_supply(session, takes=takes, households=households, holder=holder, author=author)
    return told


def give_back(
    session: Session,
    *,
    phases: Mapping[str, str],
    at: datetime,
    author: Author,
    supplied_by: SuppliedBy | None = None,
) -> dict[str, Told]:
    """Write that phases of service points have supply again since `at`, in whichever outage held them.

    `supplied_by` something temporary they are supplied and not repaired: the ledger marks them until they are
    put out again, or come back for good. Returns outage → what its log entry says of interruptions.
    """
    if not phases:
        return {}
    given = {"at": at, "ids": list(phases), "phases": list(phases.values())}
    ended: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for outage_id, service_point, ended_at in session.execute(_GIVE_BACK, given):
        if ended_at is not None:
            ended[outage_id].append((service_point, ended_at))
    give_supply_back(session, phases=phases, at=at, author=author, supplied_by=supplied_by)
    return {outage_id: told_ended(rows) for outage_id, rows in ended.items()}


def let_go(session: Session, *, outage_id: str, phases: Mapping[str, str]) -> list[str]:
    """Let an outage that is not in the ledger yet hold these phases of service points; with none, not at all.

    Returns those that it holds no more.
    """
    ids = list(phases)
    session.execute(_HOLD_ONLY, {"outage_id": outage_id, "ids": ids, "phases": list(phases.values())})
    gone = sorted(id for id in ids if not phases[id])
    session.execute(
        delete(AffectedRow).where(
            AffectedRow.outage_id == outage_id, AffectedRow.service_point == among(gone)
        )
    )
    return gone


def _let_outage_take(
    session: Session,
    *,
    outage_id: str,
    phases: Mapping[str, str],
    households: Mapping[str, Household],
    at: datetime,
) -> dict[str, Told]:
    """Let an outage hold what no other outage does; one that it held before is out anew."""
    own: dict[str, str] = {}
    elsewhere: dict[str, str] = defaultdict(str)
    query = select(AffectedRow.outage_id, AffectedRow.service_point, AffectedRow.phases).where(
        AffectedRow.service_point == among(phases), AffectedRow.ended_at.is_(None)
    )
    for holder, service_point, held in session.execute(query):
        if holder == outage_id:
            own[service_point] = held
        else:
            elsewhere[service_point] += held
    free = {id: in_order(set(own.get(id, "") + given) - set(elsewhere[id])) for id, given in phases.items()}
    taken = {id: given for id, given in free.items() if given and given != own.get(id)}
    if not taken:
        return {}
    values = {
        "outage_id": outage_id,
        "at": at,
        "ids": list(taken),
        "phases": list(taken.values()),
        "customers": [households[id].customers for id in taken],
    }
    started: dict[str, dict[str, int]] = defaultdict(dict)
    for service_point, started_at, customers in session.execute(_TAKE, values):
        started[as_json(started_at)][service_point] = customers
    return {outage_id: {"started": dict(sorted(started.items()))}}

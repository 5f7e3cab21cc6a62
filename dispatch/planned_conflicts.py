"""What a planned outage conflicts with, found before it is approved, and by name.

RULE 1: hard ones stand in the way: nobody is fed while two isolations hold (`tie_dropped`), or one crew would
be at two places (`crew_twice`). Soft ones a person may pass over with a reason, which is kept.
RULE 2: only what is approved or further counts as other work: of two that are requested, the first to be
approved has the place.
A tag is soft here, since it may be gone by then; nobody operates through one (dispatch/switch_tags.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from sqlalchemy import ARRAY, Text, and_, any_, func, literal, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.change_log import as_json
from dispatch.ledger_tables import InterruptionKind, InterruptionRow
from dispatch.local_times import crosses_clock_change
from dispatch.network_cache import TracedNetwork
from dispatch.planned_extent import isolation_of, lost_by, planned_steps, studied_extent, supply_after
from dispatch.planned_rows import service_points_of
from dispatch.planned_rules import PlannedRules
from dispatch.planned_states import FIRM_STATUSES, PlannedStatus
from dispatch.switch_positions import under_positions
from dispatch.switch_tags import forbidding, tagged_devices
from dispatch.switching_tables import StepAction
from topology.supply import Supply
from topology.switching_step import CloseDevice, OpenDevice, Place, SwitchingStep
from topology.temporary_supply import Cut

_MOST_NAMED = 5
# Two isolations are tried in every mix of steps up to so many of both; beyond, one whole after the other.
_MOST_PAIRS = 400


class ConflictCode(StrEnum):
    """What a planned outage may conflict with."""

    TIE_DROPPED = "tie_dropped"
    CREW_TWICE = "crew_twice"
    CUSTOMER_AGAIN = "customer_again"
    PROTECTED_DATE = "protected_date"
    TAG_CLASH = "tag_clash"
    OTHER_STATE = "other_state"
    CLOCK_CHANGE = "clock_change"


_HARD = frozenset({ConflictCode.TIE_DROPPED, ConflictCode.CREW_TWICE})
# Said, but nothing to decide: it does not hinder approval.
_REMARKS = frozenset({ConflictCode.CLOCK_CHANGE})


@dataclass(frozen=True, slots=True)
class PlannedConflict:
    """One conflict: a code with the values that name what it is with, and an English sentence."""

    code: ConflictCode
    values: Mapping[str, object]
    text: str

    @property
    def is_hard(self) -> bool:
        """Whether nobody may pass it over."""
        return self.code in _HARD

    @property
    def is_remark(self) -> bool:
        """Whether it is only said."""
        return self.code in _REMARKS

    def told(self) -> dict[str, object]:
        """Return it as it stands in an answer and in the log."""
        return {
            "code": str(self.code),
            "is_hard": self.is_hard,
            "is_remark": self.is_remark,
            "values": dict(self.values),
            "text": self.text,
        }


def planned_conflicts(
    session: Session,
    *,
    row: PlannedOutageRow,
    traced: TracedNetwork,
    rules: PlannedRules,
    zone: tzinfo,
) -> list[PlannedConflict]:
    """Return every conflict of a planned outage as things are now, hard ones first."""
    found = [
        *_ties_dropped(session, row, traced),
        *_crew_twice(session, row),
        *_customers_again(session, row, rules),
        *_protected(row, rules, zone),
        *_tags(session, row),
        *_other_state(session, row, traced),
        *_clock_change(row, zone),
    ]
    return sorted(found, key=lambda one: (not one.is_hard, one.is_remark))


def _others_at_the_time(session: Session, row: PlannedOutageRow) -> Sequence[PlannedOutageRow]:
    query = select(PlannedOutageRow).where(
        PlannedOutageRow.id != row.id,
        PlannedOutageRow.status.in_(FIRM_STATUSES),
        PlannedOutageRow.starts_at < row.ends_at,
        PlannedOutageRow.ends_at > row.starts_at,
    )
    return session.scalars(query.order_by(PlannedOutageRow.id)).all()


def _ties_dropped(session: Session, row: PlannedOutageRow, traced: TracedNetwork) -> list[PlannedConflict]:
    """Find who would be without supply while two isolations hold, though neither alone takes it away."""
    own = isolation_of(session, row=row, traced=traced)
    found = []
    for other in _others_at_the_time(session, row):
        theirs = isolation_of(session, row=other, traced=traced)
        if not own or not theirs:
            continue
        dropped = sorted(_lost_by_both(traced, own, theirs) - lost_by(traced, own) - lost_by(traced, theirs))
        if dropped:
            devices = sorted(_closed_by(own) & _opened_by(theirs) | _closed_by(theirs) & _opened_by(own))
            named = f" ({', '.join(devices)})" if devices else ""
            found.append(
                PlannedConflict(
                    ConflictCode.TIE_DROPPED,
                    {
                        "planned_outage": other.id,
                        "count": len(dropped),
                        "service_points": dropped[:_MOST_NAMED],
                        "devices": devices,
                    },
                    f"With {other.id} at the same time {len(dropped)} more service points have no supply: "
                    f"a way that feeds them is dropped{named}.",
                )
            )
    return found


def _lost_by_both(
    traced: TracedNetwork, own: Sequence[SwitchingStep], theirs: Sequence[SwitchingStep]
) -> set[str]:
    """Return who lacks supply in any state that some of the steps of both, each in their order, lead to."""
    normal = under_positions(traced.normal, {})
    states: list[Supply] = [normal]
    for step in own:
        states.append(supply_after(states[-1], step))
    if len(own) * len(theirs) > _MOST_PAIRS:
        states = [states[-1]]
    lost: set[str] = set()
    for state in states:
        supply = state
        lost |= _lost_since(traced, normal, supply)
        for step in theirs:
            supply = supply_after(supply, step)
            lost |= _lost_since(traced, normal, supply)
    return lost


def _lost_since(traced: TracedNetwork, normal: Supply, supply: Supply) -> set[str]:
    change = supply.change_since(normal)
    network, points = traced.network, change.service_points
    has = supply.phases_of_nodes(network.service_point_nodes[points])
    lacking = traced.normal.service_point_phases[points] & ~has
    return set(network.service_point_ids(points[lacking > 0]))


def _opened_by(steps: Sequence[SwitchingStep]) -> set[str]:
    placed = [step.temporary for step in steps if isinstance(step, Place)]
    cut = {one.device for one in placed if isinstance(one, Cut)}
    return cut | {step.device for step in steps if isinstance(step, OpenDevice)}


def _closed_by(steps: Sequence[SwitchingStep]) -> set[str]:
    return {step.device for step in steps if isinstance(step, CloseDevice)}


def _crew_twice(session: Session, row: PlannedOutageRow) -> list[PlannedConflict]:
    if row.crew_id is None:
        return []
    return [
        PlannedConflict(
            ConflictCode.CREW_TWICE,
            {"crew": row.crew_id, "planned_outage": other.id, "starts_at": as_json(other.starts_at)},
            f"Crew {row.crew_id} is at {other.id} at the same time.",
        )
        for other in _others_at_the_time(session, row)
        if other.crew_id == row.crew_id
    ]


def _customers_again(session: Session, row: PlannedOutageRow, rules: PlannedRules) -> list[PlannedConflict]:
    """Find customers who are, or were, switched off by something else shortly before or after."""
    points = any_(literal(service_points_of(session, row), ARRAY(Text)))
    first, last = rules.again_between(row.starts_at)
    counts = (*FIRM_STATUSES, PlannedStatus.ENDED, PlannedStatus.CLOSED)
    planned = (
        select(
            PlannedOutageRow.id,
            PlannedOutageRow.starts_at,
            func.array_agg(PlannedServicePointRow.service_point),
        )
        .join(PlannedServicePointRow, PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .where(
            PlannedOutageRow.id != row.id,
            PlannedOutageRow.status.in_(counts),
            PlannedOutageRow.starts_at.between(first, last),
            PlannedServicePointRow.service_point == points,
        )
        .group_by(PlannedOutageRow.id, PlannedOutageRow.starts_at)
        .order_by(PlannedOutageRow.starts_at)
    )
    begin = func.lower(InterruptionRow.period)
    switched = (
        select(
            InterruptionRow.switching_order_id,
            func.min(begin),
            func.array_agg(InterruptionRow.service_point.distinct()),
        )
        .where(
            InterruptionRow.replaced_by.is_(None),
            InterruptionRow.switching_order_id.is_not(None),
            InterruptionRow.kind.in_((InterruptionKind.PLANNED, InterruptionKind.TEMPORARY)),
            InterruptionRow.service_point == points,
            and_(begin >= first, begin <= last),
        )
        .group_by(InterruptionRow.switching_order_id)
        .order_by(func.min(begin))
    )
    return [
        _again(other, at, sorted(found), rules)
        for query in (planned, switched)
        for other, at, found in session.execute(query).all()
    ]


def _again(other: str, at: datetime, found: Sequence[str], rules: PlannedRules) -> PlannedConflict:
    named = ", ".join(found[:_MOST_NAMED])
    return PlannedConflict(
        ConflictCode.CUSTOMER_AGAIN,
        {
            "planned_outage": other,
            "starts_at": as_json(at),
            "count": len(found),
            "service_points": list(found[:_MOST_NAMED]),
            "months": rules.again_within_months,
        },
        f"{len(found)} service points ({named}) are switched off by {other} on {at:%Y-%m-%d} too, "
        f"within {rules.again_within_months} months.",
    )


def _protected(row: PlannedOutageRow, rules: PlannedRules, zone: tzinfo) -> list[PlannedConflict]:
    found = rules.protected_on(starts_at=row.starts_at, ends_at=row.ends_at, zone=zone)
    return [
        PlannedConflict(ConflictCode.PROTECTED_DATE, {"name": name}, f"It falls on protected days: {name}.")
        for name in found
    ]


def _tags(session: Session, row: PlannedOutageRow) -> list[PlannedConflict]:
    hanging = tagged_devices(session)
    found: dict[str, PlannedConflict] = {}
    for (order, number, action, device, _), _step in planned_steps(session, row):
        for tag in forbidding(hanging.get(device, []), StepAction(action)):
            found[tag.id] = PlannedConflict(
                ConflictCode.TAG_CLASH,
                {
                    "tag": tag.id,
                    "kind": tag.kind,
                    "device": device,
                    "actor": tag.placed_by,
                    "order": order,
                    "number": number,
                },
                f"{device} bears {tag.id} ({tag.kind}, by {tag.placed_by}): step {number} of {order} "
                "cannot be executed while it hangs.",
            )
    return list(found.values())


def _other_state(session: Session, row: PlannedOutageRow, traced: TracedNetwork) -> list[PlannedConflict]:
    """Tell where the order would put out others as the network is switched now than it normally is."""
    if not planned_steps(session, row) or not traced.supply.is_switched or row.begun_at is not None:
        return []
    normal = set(studied_extent(session, row=row, traced=traced).service_points)
    current = set(studied_extent(session, row=row, traced=traced, basis="current").service_points)
    differ = sorted(normal ^ current)
    if not differ:
        return []
    values = {"count": len(differ), "service_points": differ[:_MOST_NAMED]}
    text = (
        f"As the network is switched now, it concerns others than in its normal state: {len(differ)} "
        f"service points differ ({', '.join(differ[:_MOST_NAMED])})."
    )
    return [PlannedConflict(ConflictCode.OTHER_STATE, values, text)]


def _clock_change(row: PlannedOutageRow, zone: tzinfo) -> list[PlannedConflict]:
    if not crosses_clock_change(row.starts_at, row.ends_at, zone=zone):
        return []
    minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
    return [
        PlannedConflict(
            ConflictCode.CLOCK_CHANGE,
            {"minutes": minutes, "zone": str(zone)},
            f"Clocks in {zone} change meanwhile: it really takes {minutes} minutes.",
        )
    ]

"""Tags and holds (操作牌): what nobody may operate through, neither a person nor a program.

RULE 1: a hold forbids to open and to close, `do_not_close` only to close. Any one tag is enough.
RULE 2: a tag is removed by who placed it, or by a supervisor; nobody overrides one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.errors import Because, Conflict, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.network_cache import TracedNetwork
from dispatch.switching_tables import StepAction, SwitchTagRow, TagKind, tag_number
from topology.isolation import is_switchable

_FIELDS = ("device", "kind", "placed_by", "placed_at")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag on a device; removed where it says by whom and when."""

    id: str
    device: str
    kind: str
    note: str | None
    placed_by: str
    placed_at: datetime
    removed_by: str | None
    removed_at: datetime | None


def place_tag(
    session: Session,
    *,
    device: str,
    kind: str,
    note: str | None,
    traced: TracedNetwork,
    actor: str,
    now: datetime,
) -> Tag:
    """Hang a tag on a switch, in a write transaction; UnknownThing, InvalidInput."""
    check_switchable(traced, device)
    if kind not in set(TagKind):
        raise InvalidInput(field="kind", text=f"{kind!r} is none of {', '.join(TagKind)}")
    row = SwitchTagRow(
        id=f"T-{session.scalars(select(tag_number.next_value())).one()}",
        device=device,
        kind=kind,
        note=(note or "").strip() or None,
        placed_by=actor,
        placed_at=now,
    )
    session.add(row)
    session.flush()
    values = {field: {"old": None, "new": as_json(getattr(row, field))} for field in _FIELDS}
    _record(session, Event.TAG_PLACED, row, values, Author(actor=actor, now=now))
    return _view(row)


def remove_tag(session: Session, *, tag_id: str, is_supervisor: bool, actor: str, now: datetime) -> Tag:
    """Take a tag down; Conflict if it is gone already, or another's and the actor is no supervisor."""
    row = session.get(SwitchTagRow, tag_id)
    if row is None:
        raise UnknownThing(kind="tag", id=tag_id)
    if row.removed_at is not None:
        raise Conflict(
            f"{tag_id} was removed by {row.removed_by} already.",
            because=Because.TAG_WAS_REMOVED,
            values={"actor": row.removed_by},
        )
    if row.placed_by != actor and not is_supervisor:
        raise Conflict(
            f"{tag_id} was placed by {row.placed_by}: only they, or a supervisor, remove it.",
            because=Because.TAG_OF_ANOTHER,
            values={"tag": tag_id, "actor": row.placed_by},
        )
    row.removed_by, row.removed_at = actor, now
    values = {
        "removed_by": {"old": None, "new": actor},
        "removed_at": {"old": None, "new": as_json(now)},
    }
    _record(session, Event.TAG_REMOVED, row, values, Author(actor=actor, now=now))
    return _view(row)


def hanging_tags(session: Session) -> list[Tag]:
    """Return the tags that hang now, oldest first."""
    query = select(SwitchTagRow).where(SwitchTagRow.removed_at.is_(None))
    return [_view(row) for row in session.scalars(query.order_by(SwitchTagRow.placed_at, SwitchTagRow.id))]


def tagged_devices(session: Session) -> dict[str, list[Tag]]:
    """Return device → the tags that hang on it."""
    found: dict[str, list[Tag]] = defaultdict(list)
    for tag in hanging_tags(session):
        found[tag.device].append(tag)
    return dict(found)


def forbidding(tags: list[Tag], action: StepAction) -> list[Tag]:
    """Return the tags that forbid to open or close the device they hang on, or to go around it (rule 1)."""
    joins = action in {StepAction.CLOSE, StepAction.LAY_JUMPER}
    return [tag for tag in tags if tag.kind == TagKind.HOLD or joins]


def refuse_if_tagged(session: Session, *, device: str, action: StepAction) -> None:
    """Raise Conflict naming the tags that forbid to switch a device."""
    refuse_tags(forbidding(tagged_devices(session).get(device, []), action), action=action)


def refuse_tags(tags: Sequence[Tag], *, action: StepAction) -> None:
    """Raise Conflict naming the tags that forbid a step."""
    if tags:
        named = ", ".join(f"{tag.id} ({tag.kind}, by {tag.placed_by})" for tag in tags)
        device = tags[0].device
        done = "go around" if action is StepAction.LAY_JUMPER else action.value
        raise Conflict(
            f"{device} bears {named}: nobody may {done} it until that is removed.",
            because=Because.DEVICE_TAGGED,
            values={"device": device, "tags": [tag.id for tag in tags], "actor": tags[0].placed_by},
        )


def check_switchable(traced: TracedNetwork, device: str) -> int:
    """Return the index of a device that can be switched where it stands; UnknownThing, InvalidInput."""
    network = traced.network
    if not network.has_device(device):
        raise UnknownThing(kind="device", id=device)
    index = network.device_index(device)
    if not is_switchable(network, index):
        raise InvalidInput(
            field="device", text=f"{device} ({network.device_kind(index)}) cannot be opened or closed"
        )
    return index


def _record(
    session: Session, name: Event, row: SwitchTagRow, values: dict[str, dict[str, object]], author: Author
) -> None:
    data = {"values": values, "device": row.device}
    record(session, name=name, subject=f"tag:{row.id}", outage=None, author=author, data=data)


def _view(row: SwitchTagRow) -> Tag:
    return Tag(
        id=row.id,
        device=row.device,
        kind=row.kind,
        note=row.note,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        removed_by=row.removed_by,
        removed_at=row.removed_at,
    )

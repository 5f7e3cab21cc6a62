"""What a replay answers, from what dispatch found in the log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from api.schemas import replay as shapes
from api.schemas.changes import Change, PlaceOnMap
from api.schemas.switching import SwitchedDevice, TemporaryPlace
from api.switching_answers import temporary_places
from dispatch.change_log import Change as LoggedChange
from dispatch.known_state import KnownState, placed, unusual_devices
from dispatch.network_cache import NetworkCache
from dispatch.outage_place import places_as_told
from dispatch.past_state import (
    PastState,
    changes_until,
    refuse_instant,
    step_after,
    step_before,
)
from gis.place import Place

# More than these take longer to apply one by one than the whole state takes to load.
MOST_CHANGES = 2_000


def state_answer(session: Session, past: PastState, *, networks: NetworkCache) -> shapes.PastState:
    """Say what was known at an instant, with the places that the log does not hold."""
    switched, temporary = _switching(session, past.state, networks=networks)
    return shapes.PastState(
        at=past.at,
        previous_at=past.previous_at,
        next_at=past.next_at,
        places=_places(places_as_told(session, past.state.snapshot["outages"])),
        switched=switched,
        temporary=temporary,
        **past.state.snapshot,
    )


def changes_answer(session: Session, *, after: int, until: datetime, now: datetime) -> shapes.PastChanges:
    """Say which changes lead from a position to an instant; InvalidInput as for the state."""
    refuse_instant(session, at=until, now=now)
    position, changes = changes_until(session, after=after, until=until, limit=MOST_CHANGES)
    return shapes.PastChanges(
        at=until,
        position=position,
        previous_at=step_before(session, at=until),
        next_at=step_after(session, at=until),
        changes=None if changes is None else [Change.model_validate(one) for one in changes],
        places=_places(places_as_told(session, _moved(changes or ()))),
    )


def _moved(changes: Iterable[LoggedChange]) -> dict[str, dict[str, Any]]:
    """Return the outages that changes say anew where they are."""
    moved: dict[str, dict[str, Any]] = {}
    for change in changes:
        values = change.data.get("values", {})
        if change.outage_id is not None and {"network_version", "device"} <= values.keys():
            moved[change.outage_id] = {name: values[name]["new"] for name in ("network_version", "device")}
    return moved


def _places(found: dict[str, Place]) -> dict[str, PlaceOnMap]:
    return {id: PlaceOnMap(lon=place.lon, lat=place.lat) for id, place in found.items()}


def _switching(
    session: Session, state: KnownState, *, networks: NetworkCache
) -> tuple[list[SwitchedDevice], list[TemporaryPlace]]:
    """Say which devices stood otherwise than normally, and what was temporary."""
    if not state.switched and not state.temporary:
        return [], []
    traced = networks.in_force(session)
    switched = [
        SwitchedDevice(device=device, is_normal=False, **state.switched[device])
        for device in unusual_devices(state, normal=traced.normal)
    ]
    return switched, temporary_places(session, placed(state), network_version=traced.network_version)

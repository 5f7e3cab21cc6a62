"""The switch of the demo's Autopilot: a person turns it off to take over, and on to hand back.

The Autopilot itself is in `api.demo` and asks for this over HTTP, as everybody does.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.tables import AutopilotRow
from dispatch.errors import UnknownThing

_ONLY = 1


def install_autopilot(session: Session) -> None:
    """Say that this system has an Autopilot, and that it is on."""
    session.add(AutopilotRow(id=_ONLY, is_on=True))


def autopilot_is_on(session: Session) -> bool:
    """Return whether the Autopilot may act; UnknownThing where there is none."""
    return _row(session).is_on


def turn_autopilot(session: Session, *, is_on: bool) -> bool:
    """Turn the Autopilot on or off and return how it is now; UnknownThing where there is none."""
    row = _row(session)
    row.is_on = is_on
    return row.is_on


def _row(session: Session) -> AutopilotRow:
    row = session.get(AutopilotRow, _ONLY)
    if row is None:
        raise UnknownThing(kind="switch in this system", id="autopilot")
    return row

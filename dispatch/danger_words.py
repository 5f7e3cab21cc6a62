"""A person's word of warning to everybody of an outage: a wire is down, keep away.

RULE 1: it goes to all whom the outage holds or held, at once, also in quiet hours and whatever they chose to
hear, on the channels they have not left (dispatch/message_queue.py, rule 5).
RULE 2: nobody hears the same twice. Said again, it reaches those who came under the outage since.
RULE 3: who said it, and to how many, stands in the change log.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from dispatch.change_log import Author, record
from dispatch.errors import Because, Conflict
from dispatch.events import Event
from dispatch.message_kinds import MessageKind
from dispatch.message_queue import About, Reach, queue_messages, reach_of
from dispatch.message_threads import is_open
from dispatch.outages import outage_row
from dispatch.tables import OutageRow


class Danger(StrEnum):
    """What people are warned of."""

    WIRE_DOWN = "wire_down"
    KEEP_AWAY = "keep_away"  # whatever else it is: from poles, wires, cabinets

    @property
    def message(self) -> MessageKind:
        """The kind of message that says it."""
        return MessageKind(f"danger_{self.value}")


def danger_reach(session: Session, *, outage_id: str, danger: Danger) -> Reach:
    """Return whom a warning would reach now; UnknownThing without such an outage."""
    return reach_of(session, about=_about(outage_row(session, outage_id=outage_id)), kind=danger.message)


def tell_danger(session: Session, *, outage_id: str, danger: Danger, actor: str, now: datetime) -> Reach:
    """Warn everybody of an outage who was not warned of this yet; return whom that reaches.

    UnknownThing; Conflict where the outage is over, or nobody is left to be told.
    """
    outage = outage_row(session, outage_id=outage_id)
    if not is_open(outage):
        raise Conflict(
            f"{outage_id} is over: nobody of it is warned any more.",
            because=Because.DANGER_OUTAGE_IS_OVER,
            values={"outage": outage_id},
        )
    reach = reach_of(session, about=_about(outage), kind=danger.message)
    if not reach.reached:
        raise Conflict(
            f"Nobody of {outage_id} is left to be told: they were told already, or no channel reaches them.",
            because=Because.DANGER_TOLD_ALREADY,
            values={"outage": outage_id},
        )
    position = record(
        session,
        name=Event.OUTAGE_DANGER_TOLD,
        subject=f"outage:{outage_id}",
        outage=outage,
        author=Author(actor=actor, now=now),
        data={"danger": str(danger), "customers": reach.reached, "messages": sum(reach.messages.values())},
    )
    queue_messages(session, about=_about(outage), kind=danger.message, change_position=position, now=now)
    return reach


def _about(outage: OutageRow) -> About:
    return About(network_version=outage.network_version, outage_id=outage.id)

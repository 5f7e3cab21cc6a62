"""What all messages go by, in force for all processes on a database: local time, quiet hours, links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.message_tables import MessageRulesRow

_ONLY = 1


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes of the local day between which nothing but danger is sent; they may go over midnight."""

    begins: int
    ends: int

    def until(self, now: datetime, *, time_zone: ZoneInfo) -> datetime | None:
        """Return when the quiet hours end that hold at `now`, or None where none do."""
        local = now.astimezone(time_zone)
        minute = local.hour * 60 + local.minute
        across = self.begins > self.ends
        is_within = self.begins <= minute < self.ends
        if not (is_within or (across and (minute >= self.begins or minute < self.ends))):
            return None
        midnight = datetime(local.year, local.month, local.day, tzinfo=time_zone)
        days = 1 if self.ends <= minute else 0
        return midnight + timedelta(days=days, minutes=self.ends)


@dataclass(frozen=True, slots=True)
class MessageRules:
    """`public_url` is where customers find Relight; without it and `link_key` messages hold no links."""

    time_zone: str = "UTC"
    quiet: QuietHours | None = None
    public_url: str | None = None
    link_key: bytes | None = None


def put_message_rules_in_force(session: Session, *, rules: MessageRules, new_key: bytes) -> None:
    """Put rules in force; the key that signs links stays once there is one, else it is `new_key`."""
    values = {
        "time_zone": rules.time_zone,
        "quiet_from": rules.quiet.begins if rules.quiet else None,
        "quiet_until": rules.quiet.ends if rules.quiet else None,
        "public_url": rules.public_url,
    }
    statement = insert(MessageRulesRow).values(id=_ONLY, link_key=new_key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def message_rules_in_force(session: Session) -> MessageRules:
    """Return the rules in force; those of a system that was told none where there are none."""
    row = session.get(MessageRulesRow, _ONLY)
    if row is None:
        return MessageRules()
    return MessageRules(
        time_zone=row.time_zone,
        quiet=quiet_hours(row.quiet_from, row.quiet_until),
        public_url=row.public_url,
        link_key=row.link_key,
    )


def quiet_hours(begins: int | None, ends: int | None) -> QuietHours | None:
    """Return two minutes of the day as quiet hours; None where there are none."""
    return QuietHours(begins, ends) if begins is not None and ends is not None else None

"""Times as a clock on a wall shows them, which change twice a year: which moment is meant, if any. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from dispatch.errors import Because, InvalidInput


def moment_of(local: datetime, *, zone: tzinfo, field: str, is_later: bool | None = None) -> datetime:
    """Return the moment (UTC) that a local time without a zone means.

    InvalidInput where clocks skip that time, or show it twice and `is_later` does not say which one is meant.
    """
    told = local.replace(tzinfo=None)
    early, late = told.replace(tzinfo=zone, fold=0), told.replace(tzinfo=zone, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    values = {"local": told.isoformat(timespec="minutes"), "zone": str(zone)}
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != told:
        raise InvalidInput(
            field=field,
            text=f"{values['local']} does not exist in {zone}: clocks are put forward over it",
            because=Because.LOCAL_TIME_SKIPPED,
            values=values,
        )
    if is_later is None:
        raise InvalidInput(
            field=field,
            text=f"{values['local']} comes twice in {zone}: say which one is meant",
            because=Because.LOCAL_TIME_TWICE,
            values=values,
        )
    return (late if is_later else early).astimezone(UTC)


def crosses_clock_change(starts_at: datetime, ends_at: datetime, *, zone: tzinfo) -> bool:
    """Return whether clocks of a zone are changed between two moments: they show another duration then."""
    return starts_at.astimezone(zone).utcoffset() != ends_at.astimezone(zone).utcoffset()

"""A finding: one thing that is wrong with a network, with the ids it concerns and a plain text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

IDS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong: the rule it breaks, the layer and ids it concerns, and what to tell a person."""

    rule: str
    layer: str
    ids: tuple[str, ...]
    text: str


def name_ids(ids: Sequence[str]) -> str:
    """Return the first few ids as a text that says how many more there are."""
    shown = ", ".join(ids[:IDS_SHOWN])
    return f"{shown} and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else shown


def count_things(count: int, thing: str) -> str:
    """Return a count with its noun, in the plural unless it is one."""
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} {thing}{'es' if thing.endswith('ch') else 's'}"

"""`--set NAME=VALUE`: any entry of a storm's shape, read by the type of its default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import typer

from storm.trials import TrialShape

_DEFAULTS = {one.name: getattr(TrialShape(), one.name) for one in fields(TrialShape)}


def read_settings(given: Sequence[str]) -> dict[str, Any]:
    """Return the entries by name; typer.BadParameter says what is wrong with one."""
    settings = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals or name not in _DEFAULTS:
            known = ", ".join(_DEFAULTS)
            raise typer.BadParameter(f"{one!r} is no NAME=VALUE. Names are {known}.", param_hint="--set")
        try:
            settings[name] = _value(_DEFAULTS[name], text)
        except ValueError as error:
            raise typer.BadParameter(f"{one!r} cannot be read: {error}", param_hint="--set") from error
    return settings


def read_range(text: str) -> tuple[int, int]:
    """Return both ends of `A-B`, or of a number alone; typer.BadParameter."""
    fewest, _, most = text.partition("-")
    try:
        return int(fewest), int(most or fewest)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no range such as 1-3.", param_hint="--faults") from error


def _value(default: object, text: str) -> Any:
    if isinstance(default, bool):
        if text not in {"true", "false"}:
            raise ValueError("write true or false")
        return text == "true"
    if isinstance(default, Mapping):
        pairs = (one.partition(":") for one in text.split(",") if one)
        return {kind: float(share) for kind, _, share in pairs}
    if isinstance(default, datetime):
        return datetime.fromisoformat(text)
    if isinstance(default, int):
        return int(text)
    return float(text) if isinstance(default, float) else text

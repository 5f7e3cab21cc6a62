"""The texts of reasons, in English: worded from the code and the values alone, whenever somebody reads one.

Owns the wording only. A storm makes thousands of reasons that are counted and compared; few are ever read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from topology.findings import count_things
from topology.kinds import DeviceKind

Values = Mapping[str, Any]

# What was heard, by the value that counts it: the noun, and what follows it.
COUNTED = (
    ("last_gasps", "last gasp", ""),
    ("trouble_calls", "trouble call", ""),
    ("pings", "ping", " answered off"),
)


def text_of(code: str, values: Values) -> str:
    """Return the text of a reason; raises KeyError for a code that nobody has worded."""
    return _WORDS[code](values)


def name_in_words(id_: str, kind: DeviceKind | str) -> str:
    """Return a device as one speaks of it; a service point by its id alone."""
    if kind == "service_point":
        return id_
    return f"{'transformer' if kind == DeviceKind.DISTRIBUTION else str(kind)} {id_}"


def _device(values: Values) -> str:
    return name_in_words(values["device"], values["device_kind"])


def _heard(values: Values) -> str:
    said = [count_things(values[name], noun) + ending for name, noun, ending in COUNTED if values[name]]
    return ", ".join(said)


def _listed(ids: Sequence[str], more: int) -> str:
    return f"{', '.join(ids)} and {more} more" if more else ", ".join(ids)


def _time(values: Values) -> datetime:
    return datetime.fromisoformat(values["at"])


def _reports_below(values: Values) -> str:
    out = values["out"]
    counted = count_things(values["service_points"], "service point")
    verb = "reports" if out == 1 else "report"
    return f"{out:,} of {counted} under {_device(values)} {verb} no supply: {_heard(values)}."


def _service_alone(values: Values) -> str:
    return f"{values['service_point']} reports no supply ({_heard(values)}), and can be explained alone."


def _not_woken(values: Values) -> str:
    counted = count_things(values["count"], "meter")
    return f"{counted} under {_device(values)} did not wake when supply came back above."


def _on_below(values: Values) -> str:
    counted, verb = count_things(values["on"], "service point"), "says" if values["on"] == 1 else "say"
    return f"{counted} under it {verb} otherwise, such as {_listed(values['examples'], values['more'])}."


def _lowest_common(values: Values) -> str:
    named = _listed(values["devices"], values["more"])
    return f"It is the lowest device that feeds all {values['parts']} parts that report: {named}."


def _above_has_supply(values: Values) -> str:
    counted, verb = count_things(values["on"], "service point"), "is" if values["on"] == 1 else "are"
    examples = _listed(values["examples"], values["more"])
    return f"It is not {_device(values)} above: {counted} under it {verb} known to be on, such as {examples}."


def _above_is_silent(values: Values) -> str:
    others = count_things(values["service_points"], "other service point")
    return f"It need not be {_device(values)} above: {values['silent']:,} of its {others} say nothing."


def _equivalent(values: Values) -> str:
    verb = "feeds" if len(values["devices"]) + values["more"] == 1 else "feed"
    named = _listed(values["devices"], values["more"])
    return f"Reports cannot tell it from {named}, which {verb} the same service points."


def _rollup_counted(values: Values) -> str:
    counted = f"{values['out']} of {values['service_points']} service points of {values['device']}"
    return f"{counted} report no supply (rule: {values['rule']})."


_WORDS: Mapping[str, Callable[[Values], str]] = {
    "confirmed": lambda of: f"A person confirmed that {_device(of)} is open.",
    "switch_open": lambda of: f"Telemetry reported {_device(of)} open at {_time(of):%H:%M:%S} UTC.",
    "crew_found": lambda of: f"A crew found {_device(of)} {of['result']} at {_time(of):%H:%M} UTC.",
    "reports_below": _reports_below,
    "service_alone": _service_alone,
    "not_woken": _not_woken,
    "on_below": _on_below,
    "lowest_common": _lowest_common,
    "fault_indicator": lambda of: f"The fault indicator at {_device(of)} saw a fault current.",
    "shown_closed": (
        lambda of: f"Telemetry shows {_device(of)} closed, but the reports below it say otherwise."
    ),
    "above_is_closed": lambda of: f"It is not {_device(of)} above: telemetry shows it closed.",
    "above_found_in_order": lambda of: f"It is not {_device(of)} above: a crew found it in order.",
    "above_has_supply": _above_has_supply,
    "above_is_silent": _above_is_silent,
    "equivalent": _equivalent,
    "rollup_known": lambda of: f"{of['device']} is known to be open.",
    "rollup_counted": _rollup_counted,
}

"""The loads of an OpenDSS circuit as service points.

RULE 1: a load is one service point, on the letters that its conductors have; NUMCUST is its customers.
RULE 2: below a centre-tapped transformer, two loads on the two legs of one bus are one customer: a home
    has both legs. Of more than two, those are joined whose names differ only in the last character.
RULE 3: the two loads' customers are one and the same, so the larger NUMCUST counts; their kW are added.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from gis.opendss.circuit import Circuit, Load
from gis.opendss.phases import PhaseLetters
from topology.phases import format_phases

_LEGS = ((1,), (2,))


def service_point_rows(circuit: Circuit, letters: PhaseLetters) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each service point, and the ids of loads that are disabled and left out."""
    disabled = [load.id for load in circuit.loads if not load.is_enabled]
    at_bus: dict[str, list[Load]] = {}
    for load in circuit.loads:
        if load.is_enabled:
            at_bus.setdefault(load.terminal.bus, []).append(load)
    taken = {load.id for load in circuit.loads}
    rows = []
    for bus, loads in at_bus.items():
        groups = _homes(loads) if bus in letters.split_phase else [[load] for load in loads]
        for group in groups:
            id_ = _name_of(group, taken)
            mask = 0
            for load in group:
                mask |= letters.of(load.terminal)
            rows.append(
                {
                    "id": id_,
                    "node": bus,
                    "phases": format_phases(mask),
                    "customers": max(load.customers for load in group),
                    "peak_kw": sum(load.kw for load in group),
                }
            )
    return rows, disabled


def _homes(loads: Sequence[Load]) -> list[list[Load]]:
    """Join the two halves of each home."""
    on_leg = {leg: [load for load in loads if load.terminal.nodes == leg] for leg in _LEGS}
    if len(loads) == len(_LEGS) and all(len(found) == 1 for found in on_leg.values()):
        return [list(loads)]
    others = {load.id[:-1]: load for load in on_leg[2,]}
    halves = {load.id: others.pop(load.id[:-1]) for load in on_leg[1,] if load.id[:-1] in others}
    joined = {load.id for load in halves.values()}
    return [
        [load, halves[load.id]] if load.id in halves else [load] for load in loads if load.id not in joined
    ]


def _name_of(group: Sequence[Load], taken: set[str]) -> str:
    """A home is called what its halves have in common, unless that is nothing or somebody else."""
    if len(group) == 1:
        return group[0].id
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*(load.id for load in group), strict=False))
    common = "".join(letters[0] for letters in alike).rstrip("_-.")
    if common == "Load" or common in taken:
        return group[0].id
    taken.add(common)
    return common

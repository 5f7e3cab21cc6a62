"""WindMil's equipment table (`.seq`): finding the one that goes with a network, and what it says for certain.

Owns the ratings and kinds that can be read from it; what cannot be read for certain is None, never a guess.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gis.errors import NetworkPackageError
from gis.windmil.rows import Element, ElementType, as_number, is_equipment, read_text

_TYPE, _SUBTYPE = 1, 2
_AMPACITY = 3
_UNIT, _KVA = 3, (10, 11, 12)
_SINGLE_PHASE_UNIT, _THREE_PHASE_UNIT = "0", "2"
# Subtypes 0 and 2 are bays, reclosers, fuses and switches alike in real tables: they say nothing.
_KIND_BY_SUBTYPE = {"3": "recloser", "4": "recloser", "5": "fuse", "6": "sectionalizer", "7": "breaker"}
_CONDUCTOR, _CABLE, _TRANSFORMER, _OVERCURRENT = "1", "2", "5", "10"

# Where an element names its equipment and its kVA, a column for each phase.
_EQUIPMENT_COLUMNS = {
    ElementType.OVERHEAD_LINE: 8,
    ElementType.UNDERGROUND_LINE: 8,
    ElementType.OVERCURRENT_DEVICE: 8,
    ElementType.TRANSFORMER: 24,
}
_ELEMENT_KVA = 19


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a table says, by type and name; rows that contradict each other say nothing."""

    file_name: str = ""
    rows: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def rated_a(self, line: Element) -> float | None:
        """Return the current in amperes that a line may carry: its weakest phase's, if all are known."""
        type_ = _CONDUCTOR if line.type is ElementType.OVERHEAD_LINE else _CABLE
        amperes = [self._number((type_, name), _AMPACITY) for name in equipment_names(line)]
        known = [one for one in amperes if one]
        return min(known) if known and len(known) == len(amperes) else None

    def rated_kva(self, transformer: Element) -> float | None:
        """Return the rating in kVA of a transformer or bank, where the table and the network agree on it.

        One phase: the network's own figure. Three phases: one three-phase unit, or the sum of single units.
        """
        letters = _letters(transformer)
        own = [transformer.number(_ELEMENT_KVA + "ABC".index(letter)) or 0.0 for letter in letters]
        said = self._unit_kva(equipment_names(transformer))
        if not all(own) or (said is None and len(letters) > 1):
            return None
        total = sum(own)
        return total if total and (said is None or abs(said - total) <= 0.01 * total) else None

    def _unit_kva(self, names: Sequence[str]) -> float | None:
        units = [self.rows.get((_TRANSFORMER, name)) for name in names]
        if not units or None in units:
            return None
        known = [unit for unit in units if unit is not None]
        kinds = {_field(unit, _UNIT) for unit in known}
        if kinds == {_THREE_PHASE_UNIT} and len(set(names)) == 1:
            return as_number(_field(known[0], _KVA[0]))
        if kinds == {_SINGLE_PHASE_UNIT}:
            return sum(as_number(_field(unit, _KVA[0])) or 0.0 for unit in known)
        return None

    def overcurrent_kind(self, device: Element) -> str | None:
        """Return the kind of an overcurrent device, if the table says the same on each of its phases."""
        rows = [self.rows.get((_OVERCURRENT, name)) for name in equipment_names(device)]
        kinds = {None if row is None else _KIND_BY_SUBTYPE.get(_field(row, _SUBTYPE)) for row in rows}
        return kinds.pop() if len(kinds) == 1 else None

    def _number(self, key: tuple[str, str], column: int) -> float | None:
        row = self.rows.get(key)
        return None if row is None else as_number(_field(row, column))


def equipment_names(element: Element) -> list[str]:
    """Return the name of an element's equipment on each phase that it has."""
    first = _EQUIPMENT_COLUMNS[element.type]
    return [element.text(first + "ABC".index(letter)) for letter in _letters(element)]


def _letters(element: Element) -> list[str]:
    return [letter for letter in "ABC" if letter in element.phases.upper()]


def _field(row: tuple[str, ...], column: int) -> str:
    return row[column] if column < len(row) else ""


def equipment_beside(path: Path) -> Equipment | None:
    """Return the equipment table next to a network, None where there is none or it cannot be read.

    It has the name of the network, or its first part: the networks Elm-North.std and Elm-South.std may share
    Elm.seq. Of several the longest name fits best.
    """
    try:
        beside = [one for one in path.parent.iterdir() if one.suffix.lower() == ".seq" and one.is_file()]
    except OSError:
        return None
    fitting = [one for one in beside if _goes_with(one.stem, path.stem)]
    for candidate in sorted(fitting, key=lambda one: (-len(one.stem), one.name)):
        try:
            text, _ = read_text(candidate)
        except NetworkPackageError:
            continue
        if is_equipment(text):
            return Equipment(candidate.name, _unanimous(text))
    return None


def _goes_with(equipment: str, network: str) -> bool:
    equipment, network = equipment.lower(), network.lower()
    return network == equipment or (network.startswith(equipment) and not network[len(equipment)].isalnum())


def _unanimous(text: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the rows by type and name, as far as they are read; rows that differ there are left out."""
    found: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
    for line in text.replace("\r", "\n").split("\n")[1:]:
        row = tuple(part.strip() for part in line.split(","))
        if len(row) > _UNIT:
            found[row[_TYPE], row[0]].add(row[: max(_KVA) + 1])
    return {key: next(iter(rows)) for key, rows in found.items() if len(rows) == 1}

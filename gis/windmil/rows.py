"""The rows of a Milsoft WindMil file (`.std`) as elements: name, type, phases, parent, and the rest as text.

Owns what can be wrong with a single row, and decides nothing of connections: `gis.windmil.connections` does.
Columns count from 0; docs/formats/windmil.md lists them.
"""

from __future__ import annotations

import codecs
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from pathlib import Path

from gis.errors import NetworkPackageError
from gis.findings import finding
from topology.findings import Finding

BANNER = "MILSOFT STD WM ASCII"

_ODD_ROWS = {
    "cut_row": "too short to name a parent: left out",
    "uneven_row": "without the number of columns of most others (cut, or a comma in a text): only what can "
    "be trusted is read",
    "unknown_type": "of a type that Relight does not know, or that cannot be told: left out",
    "duplicate_id": "with a name that an earlier row has: left out",
}
# Name, type, phases and parent; with one column more the parent is whole even when the row was cut.
_PLACED_COLUMNS = 4
_X, _Y, _NEAR_X, _NEAR_Y = 5, 6, 31, 32
_PHASES_BY_CODE = {"1": "A", "2": "B", "3": "C", "4": "AB", "5": "AC", "6": "BC", "7": "ABC"}


class ElementType(IntEnum):
    """The types of element that are understood, by their code in column 1."""

    OVERHEAD_LINE = 1
    CAPACITOR = 2
    UNDERGROUND_LINE = 3
    REGULATOR = 4
    TRANSFORMER = 5
    SWITCH = 6
    NODE = 8
    SOURCE = 9
    OVERCURRENT_DEVICE = 10
    MOTOR = 11
    GENERATOR = 12
    CONSUMER = 13


_TYPE_BY_CODE = {str(int(one)): one for one in ElementType}


@dataclass(frozen=True, slots=True)
class Element:
    """One row; `fields` are its columns as text, from which the later ones may be missing."""

    name: str
    type: ElementType
    phases: str
    parent: str
    fields: tuple[str, ...]

    def text(self, column: int) -> str:
        """Return a column as text, empty where the row does not reach that far."""
        return self.fields[column] if column < len(self.fields) else ""

    def number(self, column: int) -> float | None:
        """Return a column as a number; None where it is empty or is none."""
        return as_number(self.text(column))

    @property
    def place(self) -> tuple[float, float] | None:
        """Where the element is, a line where it ends, in the file's own coordinates."""
        return self._place(_X, _Y)

    @property
    def start(self) -> tuple[float, float] | None:
        """Where a line begins, in the file's own coordinates."""
        return self._place(_NEAR_X, _NEAR_Y)

    def _place(self, x_column: int, y_column: int) -> tuple[float, float] | None:
        x, y = self.number(x_column), self.number(y_column)
        # Both zero is how an element without a place is written.
        return None if x is None or y is None or (x == 0 and y == 0) else (x, y)


def as_number(text: str) -> float | None:
    """Return a text as a finite number, None when it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if isfinite(value) else None


def read_text(path: Path) -> tuple[str, bool]:
    """Return the text of a file, and whether it had to be read as Windows' western code page.

    NetworkPackageError when the file is missing, a folder, unreadable, empty, or no text.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise NetworkPackageError(f"There is no file {path}. Check the path.") from error
    except OSError as error:
        raise NetworkPackageError(
            f"{path} cannot be read: {error.strerror}. Check path and rights."
        ) from error
    if not content.strip():
        raise NetworkPackageError(f"{path} is empty. Export or copy it again.")
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text, is_guessed = content.decode(encoding), False
    except UnicodeDecodeError:
        text, is_guessed = content.decode("cp1252", "replace"), True
    if "\0" in text:
        raise NetworkPackageError(
            f"{path} is no text file, so no WindMil export (*.std). Name the right file."
        )
    return text, is_guessed


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of a file, each name once, and the names that rows differ about."""

    rows: tuple[Element, ...]
    contested: frozenset[str]


def read_elements(path: Path) -> tuple[Elements, tuple[Finding, ...]]:
    """Return the elements of a file, and what is wrong with its rows.

    RULE 1: a row that ends before the columns that place it is left out: its parent may be cut.
    RULE 2: where most rows have the same number of columns, a shorter row was cut, and the column at the cut
        is not believed; in a longer one a comma stands in a text, and only what comes before is believed:
        nothing at all if it may stand in the name.
    RULE 3: a row of an unknown type is left out.
    RULE 4: of rows with one name the first stays; where they differ, nobody can say which of them is meant
        by an element below, so the name is contested.

    NetworkPackageError when the file cannot be read or is no WindMil network.
    """
    text, is_guessed = read_text(path)
    rows = _rows(text)
    _require_windmil(path, text, rows)
    usual = _usual_width(rows)
    elements: dict[str, Element] = {}
    contested = set()
    odd: dict[str, list[str]] = defaultdict(list)
    for number, row in rows:
        if len(row) <= _PLACED_COLUMNS or not row[0]:
            odd["cut_row"].append(f"line {number}")
            continue
        if usual and len(row) != usual:
            odd["uneven_row"].append(f"{row[0]} (line {number})")
        element = _element(row, usual)
        if element is None:
            odd["unknown_type"].append(f"{row[0]} (line {number}, type {row[1]!r})")
            continue
        first = elements.setdefault(element.name, element)
        if first is not element:
            odd["duplicate_id"].append(element.name)
            if (first.type, first.phases, first.parent) != (element.type, element.phases, element.parent):
                contested.add(element.name)
    if not elements:
        raise NetworkPackageError(f"{path} holds no element that can be read. Export the network again.")
    findings = [
        one
        for rule, text in _ODD_ROWS.items()
        for one in finding(rule=rule, layer="row", ids=odd[rule], text=text)
    ]
    encoding = _encoding_finding(path, is_guessed=is_guessed)
    return Elements(tuple(elements.values()), frozenset(contested)), (*encoding, *findings)


def _element(row: list[str], usual: int) -> Element | None:
    type_ = _TYPE_BY_CODE.get(row[1].lstrip("0"))
    if type_ is None or (usual and len(row) > usual and row[2] in _TYPE_BY_CODE and _is_phases(row[3])):
        return None
    believed = row
    if usual and len(row) != usual:
        believed = row[:-1] if len(row) < usual else row[:_PLACED_COLUMNS]
    return Element(row[0], type_, _PHASES_BY_CODE.get(row[2], row[2]), row[3], tuple(believed))


def _is_phases(text: str) -> bool:
    return text in _PHASES_BY_CODE or (bool(text) and set(text.upper()) <= set("ABCN"))


def _usual_width(rows: list[tuple[int, list[str]]]) -> int:
    """Return the number of columns of more than half of the rows, 0 where there is none."""
    width, share = Counter(len(row) for _, row in rows).most_common(1)[0] if rows else (0, 0)
    return width if share * 2 > len(rows) else 0


def _encoding_finding(path: Path, *, is_guessed: bool) -> tuple[Finding, ...]:
    if not is_guessed:
        return ()
    text = f"{path.name} is not UTF-8: read as Windows-1252, so letters beyond ASCII may be wrong in names."
    return (Finding("not_utf8", "network", (), text),)


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows below the banner with the numbers of their lines; no text holds commas or quotes."""
    lines = enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)
    return [
        (number, [field.strip() for field in line.split(",")])
        for number, line in lines
        if line.strip() and not line.lstrip().upper().startswith(BANNER)
    ]


def is_equipment(text: str) -> bool:
    """Tell whether a text is WindMil's equipment table rather than a network."""
    banner = text.lstrip().split("\n", 1)[0].upper()
    return banner.startswith(BANNER) and "EQUIPMENT" in banner.replace(" ", "").split(",")


def _require_windmil(path: Path, text: str, rows: list[tuple[int, list[str]]]) -> None:
    if text.lstrip().upper().startswith(BANNER):
        if is_equipment(text):
            raise NetworkPackageError(
                f"{path} is WindMil's equipment table (*.seq), which has no network. Name the *.std file; "
                "an equipment table next to it is read by itself."
            )
        return
    # The banner may be missing; then the rows must speak for themselves.
    alike = sum(len(row) > _Y and row[1] in _TYPE_BY_CODE for _, row in rows)
    if alike * 2 <= len(rows):
        raise NetworkPackageError(
            f"{path} is no WindMil network: it does not begin with '{BANNER}', and its rows are not "
            "WindMil's (name, type, phases, parent …). Export the circuit from WindMil as *.std, or name "
            "another --format."
        )

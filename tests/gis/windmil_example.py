"""A small WindMil circuit of invented things, with the traps of real ones, and ways to write one to a file.

    ELM SUB ─ REG ─ BAY1 ─ 101 ─ N1 ─┬─ 102 ─ F1(B) ─ 103(B) ─ T1(B) ─┬─ C1(B)   two customers
                                     │                                └─ C2(B)   none
                                     ├─ S1-B ─ S1-A ─ 104 ─ R1(C) ─ 105(C) ─ T2(C) ─ C3(C)
                                     │                │    CAP at 104
                                     │                └─ T3 ─ C4 (a third of a customer on each phase: one)
                                     ├─ 106(BC) ─ S2-A(BC) ╌ open tie ╌ S2-B(BC) ─ 107(BC), from 104
                                     ├─ 108 ─ S3-B ╌ open, the other half in another file
                                     └─ 109 ─ S4 ╌ open ╌ S4-B at ROOT

A child stands above its parent once, names hold spaces, dots and digits, and S1 is a closed switch in two
halves, one below the other. Coordinates are feet in a made-up place of EPSG:2264 (North Carolina).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

BANNER = "MILSOFT STD WM ASCII,001        : <Elm> Exported by WindMil on 1/2/2013"
EQUIPMENT_BANNER = "MILSOFT STD WM ASCII, EQUIPMENT, 001"
COLUMNS = 52
CRS = "EPSG:2264"
EAST, NORTH = 1_400_000.0, 600_000.0
_PHASES = "ABC"


def row(name: str, type_: int, phases: str, parent: str, at: tuple[float, float], **columns: object) -> str:
    """One row; columns beyond the seventh are given as c8="O"."""
    fields = [""] * COLUMNS
    fields[:5] = [name, str(type_), phases, parent, "MAP 7"]
    fields[5], fields[6] = f"{EAST + at[0]}", f"{NORTH + at[1]}"
    for column, value in columns.items():
        fields[int(column[1:])] = str(value)
    return ",".join(fields)


def line(
    name: str, phases: str, parent: str, start: tuple[float, float], end: tuple[float, float], **more
) -> str:
    """An overhead line, or an underground one with type_=3, as long as it is drawn."""
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    conductors = {f"c{8 + _PHASES.index(letter)}": "4ACSR" for letter in phases}
    columns = {"c11": "4ACSR", "c12": length, "c31": EAST + start[0], "c32": NORTH + start[1]}
    type_ = more.pop("type_", 1)
    return row(name, type_, phases, parent, end, **{**conductors, **columns, **more})


def switch(  # noqa: PLR0917
    name: str, phases: str, parent: str, at: tuple[float, float], state: str, partner: str
) -> str:
    return row(name, 6, phases, parent, at, c8=state, c10=partner)


def device(
    name: str, phases: str, parent: str, at: tuple[float, float], equipment: str, **more: object
) -> str:
    names = {f"c{8 + _PHASES.index(letter)}": equipment for letter in phases}
    closed = {f"c{11 + place}": int(letter in phases) for place, letter in enumerate(_PHASES)}
    return row(name, 10, phases, parent, at, **{**names, **closed, **more})


def transformer(  # noqa: PLR0917
    name: str, phases: str, parent: str, at: tuple[float, float], kva: float, equipment: str
) -> str:
    columns: dict[str, object] = {"c10": 7.2, "c13": 0.12}
    for place, letter in enumerate(_PHASES):
        columns[f"c{19 + place}"] = kva if letter in phases else 0
        columns[f"c{24 + place}"] = equipment if letter in phases else "NONE"
    return row(name, 5, phases, parent, at, **columns)


def consumer(  # noqa: PLR0917
    name: str, phases: str, parent: str, at: tuple[float, float], kw: float, customers: float
) -> str:
    columns: dict[str, object] = {}
    for place, letter in enumerate(_PHASES):
        columns[f"c{12 + place}"] = kw if letter in phases else 0
        columns[f"c{18 + place}"] = customers if letter in phases else 0
    return row(name, 13, phases, parent, at, **columns)


def example_rows() -> list[str]:
    """The circuit of the drawing; C1 stands above its parent T1."""
    return [
        row("ELM SUB", 9, "ABC", "ROOT", (0, 0), c8="ELM SUB", c14=7.2),
        row("REG", 4, "ABC", "ELM SUB", (10, 0), c11="75VR"),
        device("BAY1", "ABC", "REG", (20, 0), "Bay", c16=1, c19="ELM 1"),
        line("101", "ABC", "BAY1", (20, 0), (500, 0)),
        row("N1", 8, "ABC", "101", (500, 0)),
        line("102", "ABC", "N1", (500, 0), (500, 400)),
        device("F1.1", "B", "102", (500, 400), "FUSE-10"),
        line("103", "B", "F1.1", (500, 400), (500, 900), type_=3, c9="1/0URD"),
        consumer("C 1", "B", "T1", (520, 910), 2.5, 2),
        transformer("T1", "B", "103", (500, 900), 25, "UG-25kVA"),
        consumer("C 2", "B", "T1", (480, 910), 0, 0),
        switch("S1-B", "ABC", "N1", (510, 0), "C", "S1-A"),
        switch("S1-A", "ABC", "S1-B", (510, 0), "C", "S1-B"),
        line("104", "ABC", "S1-A", (510, 0), (1500, 0)),
        row("CAP", 2, "ABC", "104", (1500, 10), c8=100, c9=100, c10=100),
        device("R1", "C", "104", (1500, 0), "L-50"),
        line("105", "C", "R1", (1500, 0), (2500, 0)),
        transformer("T2", "C", "105", (2500, 0), 15, "OH-15kVA"),
        consumer("C3", "C", "T2", (2500, 20), 1.25, 1),
        transformer("T3", "ABC", "104", (1500, -20), 50, "OH-150kVA-3Ph"),
        consumer("C4", "ABC", "T3", (1500, -40), 10, 0.333333),
        line("106", "BC", "N1", (500, 0), (500, -700)),
        switch("S2-A", "BC", "106", (500, -700), "O", "S2-B"),
        line("107", "BC", "104", (1500, 0), (510, -700)),
        switch("S2-B", "BC", "107", (500, -700), "O", "S2-A"),
        line("108", "ABC", "N1", (500, 0), (900, 300)),
        switch("S3-B", "ABC", "108", (900, 300), "O", "S3-A"),
        line("109", "ABC", "N1", (500, 0), (100, 300)),
        switch("S4", "ABC", "109", (100, 300), "O", "S4-B"),
        switch("S4-B", "ABC", "ROOT", (100, 300), "O", "S4"),
    ]


def example_equipment() -> list[str]:
    return [
        "4ACSR,1,2,140,1.7,1.9,0.004,4ACSR,0,,{1}",
        "1/0URD,2,0,228,1.1,0.01,2.9,19,0,0,0,2.4,0",
        "Bay,10,2,0,0,0,0,0,0,0,0,0,,,1,Bay",
        "FUSE-10,10,5,9.6,5000,12500,19,0,1,0,255,1,10T,Cutout,1,Fuse",
        "L-50,10,4,50,0,0,0,0,0,0,1,0,,1,OCR",
        "UG-25kVA,5,0,0,2,0,0,4.9,0,0,25,0,0,0",
        "OH-15kVA,5,0,0,2,0,0,4.9,0,0,15,0,0,0",
        "OH-150kVA-3Ph,5,0,2,2,0,0,4.9,0,0,150,0,0,0",
    ]


def write_circuit(
    folder: Path, rows: Iterable[str], *, equipment: Iterable[str] | None = None, name: str = "Elm-One"
) -> Path:
    """Write a circuit, and its equipment table next to it under the first part of the name."""
    path = folder / f"{name}.std"
    path.write_text("\n".join([BANNER, *rows, ""]), encoding="utf-8")
    if equipment is not None:
        table = folder / f"{name.partition('-')[0]}.seq"
        table.write_text("\n".join([EQUIPMENT_BANNER, *equipment, ""]), encoding="utf-8")
    return path

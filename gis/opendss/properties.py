"""What the engine says of an OpenDSS circuit, put into the words of `gis.opendss.circuit`.

Owns the meaning of the engine's properties: buses with nodes, units, line types, normal states.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from gis.opendss.circuit import Branch, Circuit, Control, Load, Terminal, Transformer
from gis.opendss.commands import GENERATION, UNREAD

_M_PER_UNIT = {
    "mi": 1609.344, "kft": 304.8, "km": 1000.0, "m": 1.0, "ft": 0.3048, "in": 0.0254, "cm": 0.01, "mm": 0.001,
}  # fmt: skip
_SWITCH_KIND_OF_LINE_TYPE = {
    "swt_ldbrk": "switch",
    "swt_fuse": "fuse",
    "swt_sect": "sectionalizer",
    "swt_rec": "recloser",
    "swt_disc": "disconnector",
    "swt_brk": "breaker",
    "swt_elbow": "disconnector",
}
_CABLES = ("CNData.", "TSData.")
# Where two protect one terminal, the one named first here names the kind.
CONTROL_KINDS = {"Recloser": "recloser", "Relay": "breaker", "Fuse": "fuse", "SwtControl": "switch"}


def circuit_of(said: Mapping[str, Any]) -> Circuit:
    """Return the circuit that the child process describes."""
    elements, opened = said["elements"], said["open"]
    controls = tuple(
        _control(class_name, row)
        for class_name in CONTROL_KINDS
        for row in elements[class_name]
        if row["Enabled"] and row["SwitchedObj"]
    )
    branches = (
        _branch(class_name, row | {"LineType": _line_type(row, said["line_types"])}, opened)
        for class_name in ("Line", "Reactor", "Capacitor")
        for row in elements[class_name]
    )
    return Circuit(
        name=said["name"],
        sources=tuple(_terminal(row["Bus1"], row["Phases"]) for row in elements["Vsource"] if row["Enabled"]),
        # A reactor or capacitor with both ends at one bus stands beside the network, not in it.
        branches=tuple(
            one for one in branches if one.ends[0].bus != one.ends[1].bus or one.id[:5] == "Line."
        ),
        transformers=tuple(
            _transformer(class_name, row, opened)
            for class_name in ("Transformer", "AutoTrans")
            for row in elements[class_name]
        ),
        loads=tuple(_load(row) for row in elements["Load"]),
        controls=controls,
        feeder_heads={row["Element"]: row["Name"] for row in elements["EnergyMeter"] if row["Enabled"]},
        nominal_kv=said["nominal_kv"],
        coordinates=[(bus.lower(), x, y, is_lat_lon) for bus, x, y, is_lat_lon in said["coordinates"]],
        unread_coordinates=said["unread_coordinates"],
        not_run=said["not_run"],
        warnings=said["warnings"],
        generators=_names(said["left_out"], GENERATION),
        unread=_names(said["left_out"], UNREAD),
    )


def _names(left_out: Mapping[str, Sequence[str]], classes: frozenset[str]) -> list[str]:
    return [f"{one}.{name}" for one, names in left_out.items() if one in classes for name in names]


def _terminal(bus: str, conductors: int) -> Terminal:
    """Take bus.1.2.0 apart: as many conductors as are asked for, or given beyond them."""
    name, *numbers = bus.lower().split(".")
    given = [int(one) for one in numbers if one.isdigit()]
    return Terminal(name, (*given, *range(len(given) + 1, conductors + 1)))


def _branch(class_name: str, row: Mapping[str, Any], opened: Mapping[str, list[list[int]]]) -> Branch:
    full_name = f"{class_name}.{row['Name']}"
    first, second = (_terminal(row[bus], 0) for bus in ("Bus1", "Bus2"))
    phases = int(row["Phases"])
    # The engine fills in nodes that a terminal lacks; whoever wrote bus.1 for three phases meant less.
    named = min(phases, *(len(one.nodes) or phases for one in (first, second)))
    ends = tuple(
        Terminal(one.bus, (one.nodes or tuple(range(1, phases + 1)))[:named]) for one in (first, second)
    )
    opened_here = opened.get(full_name, [])
    line_type = row["LineType"]
    is_switch = bool(row.get("Switch")) or line_type in _SWITCH_KIND_OF_LINE_TYPE
    conductors = row.get("Conductors") or ()
    per_unit = _M_PER_UNIT.get(str(row.get("Units")))
    return Branch(
        id=full_name,
        ends=(ends[0], ends[1]),
        open=(_open(opened_here, 0, named), _open(opened_here, 1, named)),
        is_enabled=bool(row["Enabled"]),
        lacks_nodes=named < phases,
        switch_kind=_SWITCH_KIND_OF_LINE_TYPE.get(line_type, "switch") if is_switch else None,
        is_underground=line_type.startswith("ug") or any(str(one).startswith(_CABLES) for one in conductors),
        length_m=row["Length"] * per_unit if per_unit is not None else None,
        rated_a=row["NormAmps"],
    )


def _line_type(row: Mapping[str, Any], told: Mapping[str, str]) -> str:
    """What the script itself says counts first: the engine does not know all of its own types."""
    own = told.get(f"line.{row['Name']}".lower())
    return own or told.get(f"linecode.{row.get('LineCode')}".lower()) or str(row.get("LineType") or "")


def _open(opened: Sequence[Sequence[int]], terminal: int, conductors: int) -> frozenset[int]:
    """The positions, from 0, of conductors that are open at a terminal."""
    numbers = opened[terminal] if terminal < len(opened) else ()
    return frozenset(one - 1 for one in numbers if one <= conductors)


def _transformer(
    class_name: str, row: Mapping[str, Any], opened: Mapping[str, list[list[int]]]
) -> Transformer:
    full_name, phases = f"{class_name}.{row['Name']}", int(row["Phases"])
    windings = tuple(_winding(bus, phases) for bus in row["Buses"])
    open_ = tuple(
        _open(opened.get(full_name, []), one, len(winding.nodes)) for one, winding in enumerate(windings)
    )
    return Transformer(
        id=full_name,
        windings=windings,
        open=open_,
        is_enabled=bool(row["Enabled"]),
        phases=phases,
        kvs=tuple(float(one) for one in row["kVs"]),
        rated_kva=row["kVAs"][0] if row["kVAs"] else None,
        is_substation=bool(row["Sub"]),
        substation=str(row["SubName"] or ""),
        bank=str(row["Bank"] or ""),
    )


def _winding(bus: str, phases: int) -> Terminal:
    """A winding of one phase may lie between two nodes; of more, only the phases are conductors."""
    terminal = _terminal(bus, phases)
    return Terminal(terminal.bus, terminal.nodes[: 2 if phases == 1 else phases])


def _load(row: Mapping[str, Any]) -> Load:
    phases = int(row["Phases"])
    terminal = _terminal(row["Bus1"], phases)
    # The return conductor of a load of one or two phases counts where it is not grounded.
    kept = terminal.nodes[: phases + 1 if phases < 3 else phases]  # noqa: PLR2004 - three phases
    return Load(
        id=f"Load.{row['Name']}",
        terminal=Terminal(terminal.bus, tuple(dict.fromkeys(one for one in kept if one))),
        is_enabled=bool(row["Enabled"]),
        kw=float(row["kW"]),
        customers=int(row["NumCust"]),
    )


def _control(class_name: str, row: Mapping[str, Any]) -> Control:
    normal = row["Normal"]
    states = normal if isinstance(normal, list) else [normal]
    return Control(
        id=f"{class_name}.{row['Name']}",
        kind=CONTROL_KINDS[class_name],
        element=row["SwitchedObj"],
        terminal=int(row["SwitchedTerm"] or 1) - 1,
        normally_open=bool(states) and all(str(one).lower() == "open" for one in states),
        is_remote=class_name == "SwtControl",
    )

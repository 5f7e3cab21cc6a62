"""The phases of a CIM model: what its equipment says of itself, and where s1 and s2 come from.

Owns the conductors of lines, switches and windings; the walk from the sources is `gis.conductor_letters`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gis.cim.classes import CONSUMERS, LINES, SWITCH_KINDS, TRANSFORMER
from gis.cim.model import CimModel, CimObject
from gis.cim.terminals import ALL, Terminal, Terminals, phases_told, symbols
from gis.conductor_letters import Joints, Letters, follow_letters
from topology.phases import A, B, C

_NEXT = {"A": "B", "B": "C", "C": "A", "s1": "s2", "s2": "s1"}
OWN_LETTER: dict[object, int] = {"A": A, "B": B, "C": C}


@dataclass(frozen=True, slots=True)
class TankEnd:
    """One winding: where it is connected, on which conductors, and how it is rated."""

    number: int
    terminal: Terminal
    conductors: tuple[str, ...]
    described_by: tuple[CimObject, ...]


@dataclass(frozen=True, slots=True)
class Tank:
    """Windings on one core: a whole three-phase transformer, or one unit of a bank; the upper one first."""

    ends: tuple[TankEnd, ...]


def line_conductors(model: CimModel, line: CimObject, ends: list[Terminal]) -> tuple[str, ...]:
    """Return the conductors of a line section: its own phases, else those of its ends, else all three."""
    told = phases_told(model.from_(line, "ACLineSegment"), "phase")
    return told or (ends[0].conductors if ends else ()) or ALL


def switch_conductors(model: CimModel, switch: CimObject, ends: list[Terminal]) -> dict[str, bool | None]:
    """Return the conductors of a switch, each with whether it is normally open (None: not said by phase)."""
    found: dict[str, bool | None] = {}
    for part in model.from_(switch, "Switch"):
        is_closed = part.flag("closed")
        is_open = part.flag("normalOpen")
        if is_open is None and is_closed is not None:
            is_open = not is_closed
        for symbol in symbols(part.text("phaseSide1", "phaseSide2")):
            found[symbol] = is_open
    return found or dict.fromkeys((ends[0].conductors if ends else ()) or ALL)


def consumer_conductors(model: CimModel, consumer: CimObject, ends: list[Terminal]) -> tuple[str, ...]:
    """Return the conductors a consumer takes: its phases, else those of its terminal, else all three.

    In a delta, a phase stands for the winding from it to the next: that is how CIM defines it.
    """
    told = phases_told(model.from_(consumer, "EnergyConsumer"), "phase")
    if consumer.text("phaseConnection") == "D":
        told = tuple(dict.fromkeys(one for symbol in told for one in (symbol, _NEXT.get(symbol, symbol))))
    return told or (ends[0].conductors if ends else ()) or ALL


def tanks_of(model: CimModel, transformer: CimObject, terminals: Terminals) -> list[Tank]:
    """Return the tanks of a transformer; one without tanks is a single one of three phases."""
    tanks = [
        _tank(model, model.from_(tank, "TransformerTank"), terminals, model.to(tank, "TransformerTankInfo"))
        for tank in model.from_(transformer, "PowerTransformer")
        if tank.kind == "TransformerTank"
    ]
    ends = [one for one in model.from_(transformer, "PowerTransformer") if one.kind == "PowerTransformerEnd"]
    if ends:
        tanks.append(_tank(model, ends, terminals, None))
    return [tank for tank in tanks if tank.ends]


def _tank(model: CimModel, ends: Iterable[CimObject], terminals: Terminals, info: CimObject | None) -> Tank:
    ratings = {
        one.number("endNumber"): one
        for one in (model.from_(info, "TransformerTankInfo") if info is not None else ())
        if one.kind == "TransformerEndInfo"
    }
    found = []
    for end in ends:
        terminal = terminals.by_id.get(end.text("Terminal") or "")
        if terminal is None:
            continue
        number = end.number("endNumber")
        conductors = symbols(end.text("orderedPhases", "phases")) or terminal.conductors or ALL
        described = (end, *([ratings[number]] if number in ratings else ()))
        found.append(TankEnd(int(number or 0), terminal, conductors, described))
    return Tank(tuple(sorted(found, key=lambda one: (one.number, one.terminal.id))))


def letters_of_model(model: CimModel, terminals: Terminals, sources: Iterable[str]) -> Letters:
    """Return the letters behind all conductors, with every switch closed that is closed normally."""
    joints = Joints()
    for line in model.of(*LINES):
        ends = terminals.ends(line)
        for symbol in line_conductors(model, line, ends):
            _join(joints, ends, symbol, is_closed=line.is_in_service)
    for switch in model.of(*SWITCH_KINDS):
        ends = terminals.ends(switch)
        whole = switch.flag("normalOpen", "open")
        for symbol, is_open in switch_conductors(model, switch, ends).items():
            is_closed = switch.is_in_service and not (whole if is_open is None else is_open)
            _join(joints, ends, symbol, is_closed=is_closed)
    for transformer in model.of(TRANSFORMER):
        for tank in tanks_of(model, transformer, terminals):
            if transformer.is_in_service:
                _add_tank(joints, tank)
    for consumer in model.of(*CONSUMERS):
        ends = terminals.ends(consumer)
        for end in ends[:1]:
            joints.conductors.update((end.node, one) for one in consumer_conductors(model, consumer, ends))
    fed_from = [(node, symbol) for node in sources for symbol in ALL]
    return follow_letters(joints, sources=fed_from, own_letter=OWN_LETTER)


def _join(joints: Joints, ends: list[Terminal], symbol: str, *, is_closed: bool) -> None:
    joints.conductors.update((end.node, symbol) for end in ends[:2])
    if is_closed and len(ends) > 1:
        joints.add_line((ends[0].node, symbol), (ends[1].node, symbol))


def _add_tank(joints: Joints, tank: Tank) -> None:
    """A letter that the upper winding has too is the same phase below; all else hangs on the whole of it."""
    upper, *lowers = tank.ends
    hot = [(upper.terminal.node, one) for one in upper.conductors]
    joints.conductors.update(hot)
    for lower in lowers:
        node = lower.terminal.node
        joints.conductors.update((node, one) for one in lower.conductors)
        others = [(node, one) for one in lower.conductors if one not in upper.conductors]
        for one in lower.conductors:
            if one in upper.conductors:
                joints.add_winding((upper.terminal.node, one), (node, one))
        if others:
            joints.fans.append((list(hot), list(others)))
            joints.renamed.update(others)

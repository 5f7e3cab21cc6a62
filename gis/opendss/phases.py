"""The phases of an OpenDSS circuit: how its lines and transformers hand letters from node to node of buses.

Owns what joins which nodes; the walk is `gis.conductor_letters`'s. A winding of several phases joins
conductor by conductor; so does a single-phase one between two single nodes; any other single-phase one is a
fan.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gis.conductor_letters import Conductor, Joints, Letters, follow_letters
from gis.opendss.circuit import Branch, Circuit, Terminal, Transformer
from topology.phases import A, B, C

_LETTER_OF_NODE: dict[object, int] = {1: A, 2: B, 3: C}
_CENTRE_TAPPED = 3  # windings: the upper one and two halves


@dataclass(frozen=True, slots=True)
class PhaseLetters:
    """The letters of a circuit in its normal state; `split_phase` are the buses below centre taps."""

    letters: Letters
    split_phase: frozenset[str]

    @property
    def fed(self) -> frozenset[str]:
        """The buses that a source reaches."""
        return self.letters.fed

    def of(self, terminal: Terminal, positions: Iterable[int] | None = None) -> int:
        """Return the letters of a terminal, or of some of its conductors by position, as a bit mask."""
        nodes = terminal.nodes
        chosen = nodes if positions is None else [nodes[one] for one in positions]
        return self.letters.of(terminal.bus, chosen)


def letters_of_circuit(circuit: Circuit) -> PhaseLetters:
    """Return the letters of all conductors of a circuit in its normal state."""
    joints = Joints()
    for branch in circuit.branches:
        _note(joints, branch.ends)
        for one, other in _closed_pairs(branch):
            joints.add_line(one, other)
    for transformer in circuit.transformers:
        _note(joints, transformer.windings)
        if transformer.is_enabled:
            _add_transformer(joints, transformer)
    _note(joints, [load.terminal for load in circuit.loads])
    sources = [(source.bus, node) for source in circuit.sources for node in source.nodes]
    letters = follow_letters(joints, sources=sources, own_letter=_LETTER_OF_NODE)
    tapped = {
        one.windings[1].bus for one in circuit.transformers if one.is_enabled and _is_centre_tapped(one)
    }
    legs = joints.behind((bus, leg) for bus in tapped for leg in (1, 2))
    return PhaseLetters(letters, frozenset(bus for bus, _ in legs))


def _note(joints: Joints, terminals: Iterable[Terminal]) -> None:
    joints.conductors.update((one.bus, node) for one in terminals for node in one.nodes if node)


def _closed_pairs(branch: Branch) -> Iterator[tuple[Conductor, Conductor]]:
    if not branch.is_enabled:
        return
    first, second = branch.ends
    for position, (one, other) in enumerate(zip(first.nodes, second.nodes, strict=True)):
        if one and other and position not in branch.open[0] | branch.open[1]:
            yield (first.bus, one), (second.bus, other)


def _add_transformer(joints: Joints, transformer: Transformer) -> None:
    upper, *lowers = transformer.windings
    hot = _closed(upper, transformer.open[0])
    for winding, lower in enumerate(lowers, start=1):
        below = _closed(lower, transformer.open[winding])
        if transformer.phases == 1:
            joints.renamed.update(one for one in below if one[1])
        if transformer.phases > 1 or (len(hot) == len(below) == 1 and not _is_centre_tapped(transformer)):
            for one, other in zip(hot, below, strict=False):
                if one[1] and other[1]:
                    joints.add_winding(one, other)
        else:
            joints.fans.append(([one for one in hot if one[1]], [one for one in below if one[1]]))


def _closed(terminal: Terminal, open_: frozenset[int]) -> list[Conductor]:
    return [(terminal.bus, node) for place, node in enumerate(terminal.nodes) if place not in open_]


def _is_centre_tapped(transformer: Transformer) -> bool:
    windings = transformer.windings
    return (
        transformer.phases == 1
        and len(windings) >= _CENTRE_TAPPED
        and windings[1].bus == windings[2].bus
        and windings[0].bus != windings[1].bus
    )

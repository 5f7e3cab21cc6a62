"""The phase letters of an OpenDSS circuit: which of A, B and C stands behind each node of each bus.

A node number is a letter only where the supply enters. Below a single-phase transformer nodes 1 and 2 are
the legs of one phase, and a line may cross conductors over; so the letters are followed from the sources.

RULE 1: at a source, nodes 1, 2 and 3 are A, B and C.
RULE 2: a closed conductor hands the letter of one end to the other.
RULE 3: a winding of several phases hands them on conductor by conductor; one of a single phase hands all
    the letters of its upper winding to every node of its lower ones, whatever their numbers.
RULE 4: where no source reaches, node numbers are taken as letters, except below single-phase transformers,
    which are followed from there in turn.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gis.opendss_circuit import Branch, Circuit, Terminal, Transformer
from topology.phases import A, B, C

Conductor = tuple[str, int]

_LETTER_OF_NODE = {1: A, 2: B, 3: C}
_LEGS = 2


@dataclass(slots=True)
class PhaseLetters:
    """Letters as a bit mask by conductor (bus, node); `fed` are the buses that a source reaches."""

    masks: dict[Conductor, int] = field(default_factory=dict)
    fed: frozenset[str] = frozenset()
    split_phase: frozenset[str] = frozenset()

    def of(self, terminal: Terminal, positions: Iterable[int] | None = None) -> int:
        """Return the letters of a terminal, or of some of its conductors, as a bit mask."""
        nodes = terminal.nodes
        chosen = range(len(nodes)) if positions is None else positions
        mask = 0
        for position in chosen:
            mask |= self.masks.get((terminal.bus, nodes[position]), 0)
        return mask


def follow_letters(circuit: Circuit) -> PhaseLetters:
    """Return the letters of all conductors in the normal state."""
    links = _Links(circuit)
    letters = PhaseLetters(split_phase=links.split_phase)
    masks = letters.masks
    for source in circuit.sources:
        masks.update({(source.bus, node): _LETTER_OF_NODE.get(node, 0) for node in source.nodes if node})
    links.spread(masks, list(masks))
    letters.fed = frozenset(bus for bus, _ in masks)
    below = links.below_single_phase()
    for seeds in (links.conductors - below, links.conductors):
        new = [one for one in sorted(seeds) if one not in masks and one[1] in _LETTER_OF_NODE]
        masks.update({one: _LETTER_OF_NODE[one[1]] for one in new})
        links.spread(masks, new)
    return letters


def closed_pairs(branch: Branch) -> Iterator[tuple[Conductor, Conductor]]:
    """The conductors that a branch joins in its normal state."""
    if not branch.is_enabled:
        return
    first, second = branch.ends
    for position, (one, other) in enumerate(zip(first.nodes, second.nodes, strict=True)):
        if one and other and position not in branch.open[0] | branch.open[1]:
            yield (first.bus, one), (second.bus, other)


class _Links:
    """What hands letters on: pairs of conductors both ways, and fans from upper windings to lower ones."""

    def __init__(self, circuit: Circuit) -> None:
        self.conductors: set[Conductor] = set()
        self.split_phase = frozenset(
            one.windings[1].bus for one in circuit.transformers if one.is_enabled and _is_centre_tapped(one)
        )
        self._lines: dict[Conductor, list[Conductor]] = {}
        self._pairs: dict[Conductor, list[Conductor]] = {}
        self._fans: list[tuple[list[Conductor], list[Conductor]]] = []
        self._below_single_phase: set[Conductor] = set()
        for branch in circuit.branches:
            self._note(*branch.ends)
            for one, other in closed_pairs(branch):
                self._join(self._lines, one, other)
        for transformer in circuit.transformers:
            self._note(*transformer.windings)
            if transformer.is_enabled:
                self._add_transformer(transformer)
        for load in circuit.loads:
            self._note(load.terminal)
        legs = {(bus, leg) for bus in self.split_phase for leg in (1, 2)}
        self.split_phase |= {bus for bus, _ in self._behind(legs)}

    def _note(self, *terminals: Terminal) -> None:
        self.conductors.update((one.bus, node) for one in terminals for node in one.nodes if node)

    def _join(self, links: dict[Conductor, list[Conductor]], one: Conductor, other: Conductor) -> None:
        links.setdefault(one, []).append(other)
        links.setdefault(other, []).append(one)

    def _add_transformer(self, transformer: Transformer) -> None:
        upper, *lowers = transformer.windings
        hot = _closed(upper, transformer.open[0])
        for winding, lower in enumerate(lowers, start=1):
            below = _closed(lower, transformer.open[winding])
            if transformer.phases == 1:
                self._below_single_phase.update(one for one in below if one[1])
            if transformer.phases > 1 or (len(hot) == len(below) == 1 and not _is_centre_tapped(transformer)):
                for one, other in zip(hot, below, strict=False):
                    if one[1] and other[1]:
                        self._join(self._pairs, one, other)
            else:
                self._fans.append(([one for one in hot if one[1]], [one for one in below if one[1]]))

    def _behind(self, seeds: set[Conductor]) -> set[Conductor]:
        """All that lines join to these conductors."""
        found, waiting = set(seeds), list(seeds)
        while waiting:
            for other in self._lines.get(waiting.pop(), ()):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found

    def below_single_phase(self) -> set[Conductor]:
        """Conductors whose numbers are no letters: at single-phase lower windings, and behind them."""
        return self._behind(self._below_single_phase)

    def spread(self, masks: dict[Conductor, int], seeds: list[Conductor]) -> None:
        """Hand letters on from the seeds until nothing new is reached; what has letters keeps them."""
        waiting = deque(seeds)
        while waiting:
            while waiting:
                one = waiting.popleft()
                for other in (*self._lines.get(one, ()), *self._pairs.get(one, ())):
                    if other not in masks:
                        masks[other] = masks[one]
                        waiting.append(other)
            waiting.extend(self._fan_out(masks))

    def _fan_out(self, masks: dict[Conductor, int]) -> list[Conductor]:
        """Transformers that feed one bus together (open wye, open delta) hand on all their letters."""
        handed: dict[Conductor, int] = {}
        for upper, lower in self._fans:
            mask = 0
            for one in upper:
                mask |= masks.get(one, 0)
            if mask:
                for one in lower:
                    if one not in masks:
                        handed[one] = handed.get(one, 0) | mask
        masks.update(handed)
        return list(handed)


def _closed(terminal: Terminal, open_: frozenset[int]) -> list[Conductor]:
    return [(terminal.bus, node) for place, node in enumerate(terminal.nodes) if place not in open_]


def _is_centre_tapped(transformer: Transformer) -> bool:
    windings = transformer.windings
    return (
        transformer.phases == 1
        and len(windings) > _LEGS
        and windings[1].bus == windings[2].bus
        and windings[0].bus != windings[1].bus
    )

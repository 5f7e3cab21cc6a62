"""Which of A, B and C stands behind each conductor of a network whose conductors are numbered or named.

Owns the walk, for any format in which a conductor's own name is no phase of the network: node 1 of an
OpenDSS bus, or s1 in CIM, is a leg of whatever phase the transformer above hangs on.

RULE 1: at a source, conductors have the letters given.
RULE 2: a joint (a closed conductor, a winding of its own phase) hands letters on, both ways.
RULE 3: a fan (a winding whose lower side has other conductors than its upper one) hands all letters of its
    upper side to each conductor below; fans that meet hand on the letters of all.
RULE 4: where no source reaches, conductors stand for themselves, except below fans, which are followed from
    there in turn.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# A node, and the number or name of one of its conductors.
Conductor = tuple[str, object]


@dataclass(slots=True)
class Joints:
    """What joins conductors; `renamed` are those below transformers whose own names are no letters."""

    lines: dict[Conductor, list[Conductor]] = field(default_factory=dict)
    windings: dict[Conductor, list[Conductor]] = field(default_factory=dict)
    fans: list[tuple[list[Conductor], list[Conductor]]] = field(default_factory=list)
    renamed: set[Conductor] = field(default_factory=set)
    conductors: set[Conductor] = field(default_factory=set)

    def add_line(self, one: Conductor, other: Conductor) -> None:
        """Join two conductors by a line or a closed switch."""
        _join(self.lines, one, other)

    def add_winding(self, one: Conductor, other: Conductor) -> None:
        """Join two conductors by a winding that keeps the phase."""
        _join(self.windings, one, other)

    def behind(self, seeds: Iterable[Conductor]) -> set[Conductor]:
        """Return all that lines join to these conductors, themselves included."""
        found = set(seeds)
        waiting = list(found)
        while waiting:
            for other in self.lines.get(waiting.pop(), ()):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found


def _join(joints: dict[Conductor, list[Conductor]], one: Conductor, other: Conductor) -> None:
    joints.setdefault(one, []).append(other)
    joints.setdefault(other, []).append(one)


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters as a bit mask by conductor; `fed` are the nodes that a source reaches."""

    masks: Mapping[Conductor, int]
    fed: frozenset[str]

    def of(self, node: str, conductors: Iterable[object]) -> int:
        """Return the letters of some conductors at a node, together, as a bit mask."""
        mask = 0
        for one in conductors:
            mask |= self.masks.get((node, one), 0)
        return mask


def follow_letters(
    joints: Joints, *, sources: Iterable[Conductor], own_letter: Mapping[object, int]
) -> Letters:
    """Return the letters of all conductors; `own_letter` is what a conductor's name means at a source."""
    masks = {one: own_letter[one[1]] for one in sources if one[1] in own_letter}
    _spread(joints, masks, list(masks))
    fed = frozenset(node for node, _ in masks)
    below = joints.behind(joints.renamed)
    for seeds in (joints.conductors - below, joints.conductors):
        new = [one for one in sorted(seeds, key=str) if one not in masks and one[1] in own_letter]
        masks.update({one: own_letter[one[1]] for one in new})
        _spread(joints, masks, new)
    return Letters(masks, fed)


def _spread(joints: Joints, masks: dict[Conductor, int], seeds: list[Conductor]) -> None:
    """Hand letters on from the seeds until nothing new is reached; what has letters keeps them."""
    waiting = deque(seeds)
    while waiting:
        while waiting:
            one = waiting.popleft()
            for other in (*joints.lines.get(one, ()), *joints.windings.get(one, ())):
                if other not in masks:
                    masks[other] = masks[one]
                    waiting.append(other)
        waiting.extend(_fan_out(joints, masks))


def _fan_out(joints: Joints, masks: dict[Conductor, int]) -> list[Conductor]:
    handed: dict[Conductor, int] = {}
    for upper, lower in joints.fans:
        mask = 0
        for one in upper:
            mask |= masks.get(one, 0)
        if mask:
            for one in lower:
                if one not in masks:
                    handed[one] = handed.get(one, 0) | mask
    masks.update(handed)
    return list(handed)

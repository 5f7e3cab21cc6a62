"""Temporary supply: cuts, jumpers and generators, the part of a state that no switch of the network holds.

Owns the values and who has supply by them alone. A crew cuts a line section at a node, lays a jumper between
two nodes, or feeds a part from a generator at a node; each has its own id and stays until it is removed.

Rule 1: a cut parts a line section from one of its nodes on some phases: as far as supply goes it is open.
Rule 2: a jumper joins those of its phases that both its nodes can carry: those that some device at the node
carries, open or closed; at a source node all. Phases join by letter.
Rule 3: a generator is one more source, on those of its phases that its node can carry.
Rule 4: who has a phase over jumpers and generators only is supplied, not repaired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from topology.errors import TemporarySupplyError
from topology.phases import ABC


@dataclass(frozen=True, slots=True)
class Cut:
    """A line section parted from `node`, one of its two ends, on `phases` (a bit mask)."""

    id: str
    device: str
    node: str
    phases: int = ABC


@dataclass(frozen=True, slots=True)
class Jumper:
    """A temporary line between two nodes, on `phases` (a bit mask)."""

    id: str
    from_node: str
    to_node: str
    phases: int = ABC
    rated_a: float | None = None


@dataclass(frozen=True, slots=True)
class Generator:
    """A temporary source at a node, on `phases` (a bit mask)."""

    id: str
    node: str
    phases: int = ABC
    rated_kva: float | None = None


Temporary = Cut | Jumper | Generator


@dataclass(frozen=True, slots=True)
class TemporarySupply:
    """All that is cut, laid and running; ids are unique together. The order is that of placing."""

    cuts: tuple[Cut, ...] = ()
    jumpers: tuple[Jumper, ...] = ()
    generators: tuple[Generator, ...] = ()

    def __post_init__(self) -> None:
        ids = [one.id for one in self.everything]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise TemporarySupplyError(f"{twice[0]!r} is placed already; give each its own id.")
        for one in self.everything:
            if not one.phases & ABC:
                raise TemporarySupplyError(f"{one.id!r} names no phase; write a subset of ABC.")

    def __bool__(self) -> bool:
        return bool(self.cuts or self.jumpers or self.generators)

    @property
    def everything(self) -> Sequence[Temporary]:
        """Cuts, jumpers and generators, in this order."""
        return (*self.cuts, *self.jumpers, *self.generators)

    @property
    def feeds(self) -> tuple[Jumper | Generator, ...]:
        """What can give supply: jumpers, then generators."""
        return (*self.jumpers, *self.generators)

    def find(self, id_: str) -> Temporary | None:
        """Return what has this id, None where nothing has."""
        return next((one for one in self.everything if one.id == id_), None)

    def placed(self, one: Temporary) -> TemporarySupply:
        """Return this with one more; TemporarySupplyError where its id is taken or it names no phase."""
        if isinstance(one, Cut):
            return replace(self, cuts=(*self.cuts, one))
        if isinstance(one, Jumper):
            return replace(self, jumpers=(*self.jumpers, one))
        return replace(self, generators=(*self.generators, one))

    def removed(self, id_: str) -> TemporarySupply:
        """Return this without what has the id; TemporarySupplyError where nothing has."""
        if self.find(id_) is None:
            raise TemporarySupplyError(f"{id_!r} is not placed, so it cannot be removed.")
        return TemporarySupply(
            tuple(one for one in self.cuts if one.id != id_),
            tuple(one for one in self.jumpers if one.id != id_),
            tuple(one for one in self.generators if one.id != id_),
        )

    def on_phases(self, id_: str, phases: int) -> TemporarySupply:
        """Return this with one of it on these phases only, removed where they are none."""
        one = self.find(id_)
        rest = self.removed(id_)
        return rest.placed(replace(one, phases=phases)) if one is not None and phases else rest

    def without_feeds(self) -> TemporarySupply:
        """Return the cuts alone."""
        return TemporarySupply(cuts=self.cuts)


NOTHING_TEMPORARY = TemporarySupply()

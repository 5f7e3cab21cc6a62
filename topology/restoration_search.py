"""The search for the best ways to feed a dead region: which links to close and which to leave or open.

Rule 1: what is fed hangs from live places as a forest: each block over one link, so no ring is closed.
Rule 2: a closed link that is not part of the forest and has a fed end must be opened.
Rule 3: better is more customers, then fewer devices to operate.
Rule 4: where loads bind, no forest may overload a device. A forest that does stays overloaded whatever is
added, so the search does not go on from it.

Links at the border of what is fed are decided one by one, taken or left, so every forest is met once. A
branch is left when not even all that it could still reach would make it one of the best. Past a number of
forests or of load checks the search stops and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from topology.dead_region import LIVE, DeadRegion, Link

MOST_FORESTS = 4_000
MOST_CHECKS = 150


@dataclass(frozen=True, slots=True)
class Forest:
    """A way to feed blocks: the links it hangs on in the order taken, and the devices to open first."""

    links: tuple[Link, ...]
    to_open: tuple[int, ...]
    blocks: frozenset[int]
    customers: int

    @property
    def to_close(self) -> tuple[int, ...]:
        """The open devices among its links."""
        return tuple(one.device for one in self.links if not one.is_closed)

    @property
    def operations(self) -> int:
        """How many devices are operated."""
        return len(self.to_open) + len(self.to_close)


@dataclass(slots=True)
class Search:
    """Searches one region; `holds` tells of a forest whether it overloads nothing, where that binds."""

    region: DeadRegion
    kept: int
    holds: Callable[[Forest], bool] | None = None
    is_exhaustive: bool = True
    best: list[Forest] = field(default_factory=list)
    _forests: int = 0
    _checks: int = 0

    def run(self) -> list[Forest]:
        """Return the best forests, best first; `is_exhaustive` tells whether all were met or ruled out."""
        # Decisions are made from a list and not by recursion: a region may have thousands of links.
        waiting: list[tuple[tuple[Link, ...], frozenset[int]]] = [((), frozenset())]
        while waiting:
            taken, left = waiting.pop()
            if self._forests >= MOST_FORESTS or self._checks >= MOST_CHECKS:
                self.is_exhaustive = False
                break
            self._forests += 1
            forest = self._forest(taken)
            border = self._border(forest, left)
            if not self._could_be_kept(forest, left):
                continue
            if not border:
                self._keep(forest)
                continue
            link = min(border, key=lambda one: self._preference(one, forest.blocks))
            waiting.append((taken, left | {link.device}))
            with_link = (*taken, link)
            if self.holds is not None:
                self._checks += 1
                if not self.holds(self._forest(with_link)):
                    continue
            waiting.append((with_link, left))
        return self.best

    def _forest(self, links: tuple[Link, ...]) -> Forest:
        fed = {block for link in links for block in (link.inner, link.outer) if block != LIVE}
        taken = {link.device for link in links}
        to_open = tuple(
            one.device
            for one in self.region.links
            if one.is_closed and one.device not in taken and (one.inner in fed or one.outer in fed)
        )
        customers = sum(self.region.blocks[block].customers for block in fed)
        return Forest(links, to_open, frozenset(fed), customers)

    def _border(self, forest: Forest, left: frozenset[int]) -> list[Link]:
        return [
            one for one in self.region.links if one.device not in left and self._leads_on(one, forest.blocks)
        ]

    def _leads_on(self, link: Link, fed: Iterable[int]) -> bool:
        """Tell whether a link leads from what has supply to a block that has none and may get it."""
        ends = [end == LIVE or end in fed for end in (link.inner, link.outer)]
        if ends[0] == ends[1]:
            return False
        beyond = link.outer if ends[0] else link.inner
        return self.region.blocks[beyond].may_be_fed

    def _preference(self, link: Link, fed: Iterable[int]) -> tuple[bool, bool, int, int]:
        """Closed links first: taking them costs nothing; of those what only leads on, then most customers."""
        beyond = link.outer if link.inner in fed else link.inner
        customers = self.region.blocks[beyond].customers
        return not link.is_closed, customers > 0, -customers, link.device

    def _could_be_kept(self, forest: Forest, left: frozenset[int]) -> bool:
        if len(self.best) < self.kept:
            return True
        customers, operations = forest.customers, self._fewest_operations(forest, left)
        if (-customers, operations) < _rank(self.best[-1]):
            return True
        reached = set(forest.blocks)
        growing = True
        while growing:
            found = {
                block
                for one in self.region.links
                if one.device not in left and self._leads_on(one, reached)
                for block in (one.inner, one.outer)
                if block != LIVE
            }
            growing = not found <= reached
            reached |= found
        could = sum(self.region.blocks[block].customers for block in reached)
        return (-could, operations) < _rank(self.best[-1])

    def _fewest_operations(self, forest: Forest, left: frozenset[int]) -> int:
        """Return what must be operated whatever comes: closed links that may still be taken are free."""
        return len(forest.to_close) + sum(one in left for one in forest.to_open)

    def _keep(self, forest: Forest) -> None:
        if not forest.blocks:
            return
        self.best.append(forest)
        self.best.sort(key=_rank)
        del self.best[self.kept :]


def _rank(forest: Forest) -> tuple[int, int]:
    return -forest.customers, forest.operations

"""What a step would do, before it is taken: who loses supply, who gets it back, rings, dangers, loads, tags.

RULE 1: the study copy is a value: rehearsing steps changes nothing outside of it, and each step is shown on
what the steps before it leave.
RULE 2: what cannot be checked is said to be not checked, and is never silently taken for good.
RULE 3: a flagged step is for a person to decide, with a reason; a tagged device is for nobody to operate.
RULE 4: the digest of a preview says whether two are the same: who, on which phases, and every flag. Tags are
no part of it: they are asked for anew whenever a step is taken.
What the network would do is worked out in `topology.switching_preview`; the ledger counts the same phases.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dispatch.current_supply import CurrentSupply, phases_changed
from dispatch.switch_tags import Tag, forbidding
from dispatch.switching_step import Step, refuse_misplaced
from topology.closing_rings import ClosedRing
from topology.dangers import Danger
from topology.load_flow import LoadMeter
from topology.overload import LoadCheck
from topology.switching_preview import StepPreview, preview_step


class Flag(StrEnum):
    """Why a step needs a person's explicit reason."""

    LOOP = "loop"
    PARALLEL_SOURCES = "parallel_sources"
    ONTO_DANGER = "onto_danger"
    OVERLOAD = "overload"
    CHANGED_SINCE_PREPARED = "changed_since_prepared"


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a step puts out, or gives supply again: service point → phases; the critical of them by id."""

    phases: Mapping[str, str]
    customers: int
    critical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What a step would do. `changes_nothing`: the device stands so already.

    `dangers` are ids of open hazards, and of outages whose open device the step would join.
    """

    step: Step
    changes_nothing: bool
    lost: Concerned
    gained: Concerned
    rings: tuple[ClosedRing, ...]
    dangers: tuple[str, ...]
    load: LoadCheck
    tags: tuple[Tag, ...]
    flags: tuple[Flag, ...]
    digest: str


@dataclass(frozen=True, eq=False)
class StudyCopy:
    """A copy of the live state on which steps are rehearsed; the live state never learns of it."""

    current: CurrentSupply
    tags: Mapping[str, list[Tag]]
    dangers: Sequence[Danger]
    meter: LoadMeter

    def rehearse(self, steps: Sequence[Step]) -> list[StepEffect]:
        """Return what each step would do, one after the other; raises what `take` raises."""
        copy, effects = self, []
        for step in steps:
            effect, copy = copy.take(step)
            effects.append(effect)
        return effects

    def take(self, step: Step) -> tuple[StepEffect, StudyCopy]:
        """Return what one step would do, and the copy after it.

        UnknownDeviceError, UnknownNodeError; Conflict where something temporary is there already, or is not.
        """
        refuse_misplaced(step, self.current.supply.temporary)
        preview = preview_step(
            supply=self.current.supply, step=step.of_topology, meter=self.meter, dangers=self.dangers
        )
        after = self.current.with_supply(preview.after)
        lost, gained = phases_changed(self.current, after)
        operated = step.operated_devices(self.current.traced.network) if self.tags else ()
        tags = tuple(tag for id in operated for tag in forbidding(self.tags.get(id, []), step.action))
        effect = StepEffect(
            step=step,
            changes_nothing=preview.changes_nothing,
            lost=self._concerned(lost, preview.lost.important.tolist()),
            gained=self._concerned(gained, preview.gained.important.tolist()),
            rings=preview.rings,
            dangers=tuple(sorted({danger.id for danger in preview.dangers})),
            load=preview.load,
            tags=tags,
            flags=_flags(preview),
            digest="",
        )
        return replace(effect, digest=_digest(effect)), replace(self, current=after)

    def _concerned(self, phases: Mapping[str, str], important: list[int]) -> Concerned:
        network = self.current.traced.network
        points = network.find_service_points(sorted(phases))
        critical = [id for id in network.service_point_ids(important) if id in phases]
        return Concerned(phases, int(network.service_point_customers[points].sum()), tuple(critical))


def _flags(preview: StepPreview) -> tuple[Flag, ...]:
    flags = [Flag.PARALLEL_SOURCES if ring.has_two_sources else Flag.LOOP for ring in preview.rings]
    if preview.dangers:
        flags.append(Flag.ONTO_DANGER)
    if preview.load.overloads:
        flags.append(Flag.OVERLOAD)
    return tuple(sorted(set(flags)))


def _digest(effect: StepEffect) -> str:
    told = (
        effect.step,
        sorted(effect.lost.phases.items()),
        sorted(effect.gained.phases.items()),
        [(ring.phases, ring.devices) for ring in effect.rings],
        effect.dangers,
        [over.device for over in effect.load.overloads],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

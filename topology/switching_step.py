"""One switching step, and a supply after it: what a study copy is made of.

A study copy is no thing of its own: a supply is a value, so a rehearsal applies steps to it and keeps what
comes out. Nothing here asks whether a step is wise; `switching_preview` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from topology.phases import ABC
from topology.supply import Supply
from topology.temporary_supply import Temporary


@dataclass(frozen=True, slots=True)
class OpenDevice:
    """Open a device on some phases (a bit mask)."""

    device: str
    phases: int = ABC


@dataclass(frozen=True, slots=True)
class CloseDevice:
    """Close a device on those of some phases (a bit mask) that it carries."""

    device: str
    phases: int = ABC


@dataclass(frozen=True, slots=True)
class Place:
    """Cut a line section, lay a jumper, or start a generator."""

    temporary: Temporary


@dataclass(frozen=True, slots=True)
class Remove:
    """Mend a cut, take a jumper away, or stop a generator."""

    id: str


SwitchingStep = OpenDevice | CloseDevice | Place | Remove


def apply_step(supply: Supply, step: SwitchingStep) -> Supply:
    """Return the supply after one step.

    UnknownDeviceError or UnknownNodeError names what the network does not have; TemporarySupplyError where
    what is placed does not fit, or what is removed is not there. A device that stands so already stays so.
    """
    match step:
        case OpenDevice(device, phases):
            return supply.opened([supply.network.device_index(device)], phases)
        case CloseDevice(device, phases):
            return supply.closed([supply.network.device_index(device)], phases)
        case Place(temporary):
            return supply.with_temporary(supply.temporary.placed(temporary))
        case Remove(id_):
            return supply.with_temporary(supply.temporary.removed(id_))


def apply_steps(supply: Supply, steps: Sequence[SwitchingStep]) -> Supply:
    """Return the supply after some steps in order; raises what `apply_step` raises."""
    for step in steps:
        supply = apply_step(supply, step)
    return supply

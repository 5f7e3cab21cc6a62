"""Whether steps can be carried out on a network at all, asked before they are drafted or rehearsed.

RULE 1: a device is opened or closed where it can be switched, on phases that it carries.
RULE 2: a line section is cut at one of its ends; a jumper joins two nodes and a generator feeds one, on
phases that can be there.
RULE 3: what is temporary has a name that no device or service point bears, and nothing else that is placed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dispatch.errors import Because, InvalidInput, UnknownThing
from dispatch.network_cache import TracedNetwork
from dispatch.switch_tags import check_switchable
from dispatch.switching_step import Step, refuse_misplaced
from dispatch.switching_tables import PLACING, StepAction
from topology.errors import PhasesError
from topology.kinds import Layer, layer_of
from topology.network import Network
from topology.phases import ABC, format_phases, parse_phases
from topology.placed_supply import phases_possible_at
from topology.switching_step import Place
from topology.temporary_supply import TemporarySupply

MOST_STEPS = 200
_WANTED = {
    StepAction.CUT: ("device", "name", "node"),
    StepAction.LAY_JUMPER: ("name", "node", "to_node"),
    StepAction.RUN_GENERATOR: ("name", "node"),
    StepAction.REMOVE: ("name",),
}


def checked_steps(traced: TracedNetwork, steps: Sequence[Step]) -> list[Step]:
    """Return steps that can be carried out on the network; UnknownThing, InvalidInput name what cannot.

    Conflict where a name is taken by something temporary, or what is removed is not placed.
    """
    if len(steps) > MOST_STEPS:
        raise InvalidInput(field="steps", text=f"are more than {MOST_STEPS}; make several orders")
    temporary = traced.supply.temporary
    checked = []
    for step in steps:
        one = _of_device(traced, step) if step.is_of_device else _temporary(traced.network, step, temporary)
        match one.of_topology:
            case Place(placed):
                temporary = temporary.placed(placed)
            case _ if one.action is StepAction.REMOVE:
                temporary = temporary.removed(one.name or "")
        checked.append(one)
    return checked


def _of_device(traced: TracedNetwork, step: Step) -> Step:
    """Rule 1."""
    if step.device is None:
        raise _missing(step, "device")
    index = check_switchable(traced, step.device)
    wanted = _phases(step)
    carried = int(traced.network.device_phases[index]) & ABC
    if not wanted & carried:
        raise InvalidInput(
            field="phases", text=f"{step.device} carries {format_phases(carried)}, not {step.phases}"
        )
    return Step(step.action, step.device, format_phases(wanted & carried))


def _temporary(network: Network, step: Step, temporary: TemporarySupply) -> Step:
    """Rules 2 and 3; the step with what it has no use for left out."""
    wanted = _WANTED[step.action]
    for field in wanted:
        if not getattr(step, field):
            raise _missing(step, field)
    name = step.name or ""
    one = Step(step.action, phases=step.phases, **{field: getattr(step, field) for field in wanted})
    if step.action in PLACING and (network.has_device(name) or network.has_service_point(name)):
        text = f"{name} is in the network"
        raise InvalidInput(field="name", text=text, because=Because.NAME_OF_DEVICE, values={"name": name})
    refuse_misplaced(step, temporary)
    if step.action is StepAction.REMOVE:
        placed = temporary.find(name)
        return Step(step.action, name=name, phases=format_phases(placed.phases if placed else ABC))
    phases = _phases(one) & _possible(network, one)
    if not phases:
        raise InvalidInput(
            field="phases",
            text=f"{one.phases} cannot be at {one.subject}",
            because=Because.PHASES_NOT_AT_NODE,
            values={"phases": one.phases, "node": one.node},
        )
    return replace(
        one,
        phases=format_phases(phases),
        rated_a=step.rated_a if step.action is StepAction.LAY_JUMPER else None,
        rated_kva=step.rated_kva if step.action is StepAction.RUN_GENERATOR else None,
    )


def _possible(network: Network, step: Step) -> int:
    """Return the phases on which something could be placed there (rule 2)."""
    nodes = [_node(network, one) for one in (step.node, step.to_node) if one is not None]
    if step.action is not StepAction.CUT:
        if len(set(nodes)) < len(nodes):
            text = f"both ends are at {step.node}"
            values = {"node": step.node}
            raise InvalidInput(field="to_node", text=text, because=Because.JUMPER_HAS_ONE_END, values=values)
        possible = ABC
        for node in nodes:
            possible &= phases_possible_at(network, node)
        return possible
    device = step.device or ""
    if not network.has_device(device):
        raise UnknownThing(kind="device", id=device)
    index = network.device_index(device)
    values = {"device": device, "node": step.node}
    if layer_of(network.device_kind(index)) is not Layer.LINE_SECTION:
        text = f"{device} is no line section"
        raise InvalidInput(field="device", text=text, because=Because.NOT_A_LINE_SECTION, values=values)
    if nodes[0] not in {int(network.device_from_nodes[index]), int(network.device_to_nodes[index])}:
        text = f"{device} does not end at {step.node}"
        raise InvalidInput(field="node", text=text, because=Because.CUT_NOT_AT_END, values=values)
    return int(network.device_phases[index]) & ABC


def _node(network: Network, node: str) -> int:
    index = network.find_node(node)
    if index < 0:
        raise UnknownThing(kind="node", id=node)
    return index


def _phases(step: Step) -> int:
    try:
        return parse_phases(step.phases)
    except PhasesError as error:
        raise InvalidInput(field="phases", text=str(error)) from error


def _missing(step: Step, field: str) -> InvalidInput:
    return InvalidInput(
        field=field,
        text=f"is needed to {step.action.replace('_', ' ')}",
        because=Because.TEMPORARY_FIELD_MISSING,
        values={"field": field},
    )

"""What is said to a person of a CIM model that could not be taken over as it stands."""

from collections.abc import Sequence

from gis.cim.classes import GENERATION, SOURCES
from gis.cim.customers import ServiceRows
from gis.cim.devices import DeviceRows
from gis.cim.model import CimModel
from gis.cim.terminals import Terminals
from gis.findings import finding
from topology.findings import Finding, name_ids


def finding_on_sources(kinds: Sequence[str], nodes: Sequence[str]) -> tuple[Finding, ...]:
    """Return what is to be said of sources taken from classes that are not sources in the first place."""
    if tuple(kinds) == SOURCES[0]:
        return ()
    return finding(
        rule="source_assumed",
        layer="node",
        ids=dict.fromkeys(nodes),
        text=f"taken as sources by {' or '.join(kinds)}, since the model has no "
        f"{' and no '.join(SOURCES[0])}",
    )


def finding_on_no_source(model: CimModel, terminals: Terminals) -> tuple[Finding, ...]:
    """Return that nothing feeds the model, with the way out."""
    beyond = [node for node in terminals.nodes if model.get(node) is None]
    hint = f" Supply may enter at {name_ids(beyond)}, which no file describes." if beyond else ""
    text = (
        f"The model has no {', '.join(SOURCES[0])} or head of a feeder, so nothing has supply.{hint} "
        "Read it together with the file of the network that feeds it, name the node where supply enters "
        "(--source NODE), or convert the model and mark that node in the network package (is_source)."
    )
    return (Finding("no_source", "node", tuple(beyond), text),)


def findings_on_rows(model: CimModel, devices: DeviceRows, services: ServiceRows) -> tuple[Finding, ...]:
    """Return what became of equipment that is no row, or another one than the file says."""
    generation = [one.id for one in model.of(*GENERATION)]
    told = (
        ("disabled_left_out", "device", devices.out_of_service, "normally out of service: left out"),
        ("disabled_left_out", "service_point", services.out_of_service, "normally out of service: left out"),
        ("too_few_terminals", "transformer", devices.without_windings, "without two ends at nodes: left out"),
        ("unknown_node", "service_point", services.without_node, "connected to no node: left out"),
        (
            "generation_left_out",
            "device",
            generation,
            "for generation (machines, inverters): left out, since supply comes from sources only",
        ),
        (
            "state_differs",
            "switch",
            devices.state_differs,
            "that are not in their normal state now: the normal one is taken",
        ),
        (
            "phases_not_traced",
            "device",
            devices.phases_unknown,
            "on s1 or s2, but below no transformer: taken as ABC",
        ),
        (
            "phases_not_traced",
            "service_point",
            services.phases_unknown,
            "on s1 or s2, but below no transformer: taken as ABC",
        ),
        (
            "customers_not_a_count",
            "service_point",
            services.customers_unknown,
            "whose customerCount is no count: taken as 1",
        ),
    )
    return tuple(
        one for rule, layer, ids, text in told for one in finding(rule=rule, layer=layer, ids=ids, text=text)
    )

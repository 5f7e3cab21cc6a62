"""`relight trace`: what a device feeds, or what feeds it, from a file and without a database."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.network_files import FormatOption, NetworkPath, read_network
from api.cli.output import AsJson, busy, end_with_findings, mention_findings, say, say_json
from topology.isolation import device_indices
from topology.rings import ring_findings
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import downstream
from topology.trace import upstream as trace_upstream


def trace(
    path: NetworkPath,
    device: Annotated[str, typer.Argument(help="The id of a device, or of a service point.")],
    upstream: Annotated[bool, typer.Option("--upstream", help="What feeds it, nearest first.")] = False,
    open_devices: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="ID", help="Open it first; may be repeated."),
    ] = None,
    close_devices: Annotated[
        list[str] | None,
        typer.Option("--close", metavar="ID", help="Close it first; may be repeated."),
    ] = None,
    format: FormatOption = None,
    as_json: AsJson = False,
) -> None:
    """Trace what DEVICE feeds (or what feeds it), in the normal state or with devices opened and closed."""
    tables, _, _ = read_network(path, format)
    with busy("Tracing"):
        network, findings = tables.to_network()
        # Both lists at once, so that an error names every unknown id.
        device_indices(network, [*(open_devices or ()), *(close_devices or ())])
        normal = SwitchState.normal(network)
        state = normal.open(*(open_devices or ())).close(*(close_devices or ()))
        supply = Supply.under(SupplyTree(network, normal), state)
        found = (trace_upstream if upstream else downstream)(tree=supply, device=device)
    mention_findings((*findings, *ring_findings(supply)))
    if as_json:
        answer = asdict(found)
        say_json({"device": device, "service_points": answer["service_points"], "devices": answer["devices"]})
    else:
        for one in found.devices:
            say(f"{one.id}  {one.kind}  {one.phases}")
        for service_point in found.service_points:
            say(f"{service_point.id}  service point  {service_point.phases}")
        say(f"{len(found.devices):,} devices, {len(found.service_points):,} service points.")
    end_with_findings(findings)

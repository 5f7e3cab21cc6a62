"""CIM models as networks: RDF/XML files of one model, in any number of profiles, read together.

What stands for what is explained in docs/formats/cim.md.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from gis.cim.classes import FEEDER
from gis.cim.containers import Units
from gis.cim.customers import service_rows
from gis.cim.devices import device_rows
from gis.cim.findings import findings_on_rows
from gis.cim.layers import node_layers, row_layers
from gis.cim.model import CimModel, model_of
from gis.cim.phases import letters_of_model
from gis.cim.places import read_places
from gis.cim.rdf import CimError, read_graph
from gis.cim.sources import source_nodes
from gis.cim.terminals import read_terminals
from gis.network_tables import NetworkTables, network_tables
from topology.findings import Finding


def read_cim(
    paths: Sequence[str | Path], *, crs: str | None = None, sources: Iterable[str] = ()
) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Read the model that one or more RDF/XML files describe together, and say what could not be taken over.

    Args:
        paths: The files, one or more profiles of one model, in any order.
        crs: What coordinates are in whose own system is not known.
        sources: Ids or names of nodes where supply enters, for models that do not say it themselves.

    CimError when a file cannot be read, or a source is no node of the model; UnknownCrsError.
    """
    files = [Path(path) for path in paths]
    if not files:
        raise CimError("No file is named. Name the RDF/XML files of the model.")
    model, contradictions = model_of(read_graph(files))
    terminals, odd_terminals = read_terminals(model)
    if not terminals.of:
        raise CimError(
            f"{', '.join(map(str, files))}: no equipment is connected to any node. Name the files with the "
            "equipment and its topology (EQ and, for a bus-branch model, TP) together."
        )
    fed_at, odd_sources = source_nodes(model, terminals, sources)
    places, odd_places = read_places(model, terminals, crs=crs)
    units = Units.of(model)
    letters = letters_of_model(model, terminals, fed_at)
    devices = device_rows(model, terminals, letters, units)
    services = service_rows(model, terminals, letters, units)
    layers = node_layers(model, terminals, units, fed_at, places)
    layers |= row_layers(devices, services, places)
    tables, odd_values = network_tables(name=_name(model, files), layers=layers)
    return tables, (
        *contradictions,
        *odd_terminals,
        *odd_sources,
        *findings_on_rows(model, devices, services),
        *odd_places,
        *odd_values,
    )


def _name(model: CimModel, files: list[Path]) -> str:
    """A model of one feeder has its name, else that of its file."""
    feeders = list(model.of(FEEDER))
    return (feeders[0].name if len(feeders) == 1 else None) or files[0].stem

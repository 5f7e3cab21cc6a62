"""Where supply enters a CIM model: as a person tells, else as the model says, else nowhere.

RULE 1: energy sources and external network injections feed the model.
RULE 2: where it has none, equivalent injections do, else the heads of its feeders; a finding says so.
RULE 3: where it has none of these, nothing is guessed: a wrong source would keep a dead network alive.
"""

from collections.abc import Iterable

from gis.cim.classes import FEEDER, SOURCES
from gis.cim.findings import finding_on_no_source, finding_on_sources
from gis.cim.model import CimModel
from gis.cim.rdf import CimError
from gis.cim.terminals import Terminals
from topology.findings import Finding


def source_nodes(
    model: CimModel, terminals: Terminals, told: Iterable[str]
) -> tuple[list[str], tuple[Finding, ...]]:
    """Return the nodes where supply enters; `told` are ids or names of nodes. CimError if one is unknown."""
    by_name = {found.name: node for node in terminals.nodes if (found := model.get(node)) is not None}
    named: list[str] = []
    for wanted in told:
        node = wanted if wanted in terminals.nodes else by_name.get(wanted)
        if node is None:
            raise CimError(
                f"The model has no node '{wanted}'. Name the node that feeds it by its id or name."
            )
        named.append(node)
    if named:
        return named, ()
    for kinds in SOURCES:
        equipment = [one for one in model.of(*kinds) if one.is_in_service]
        nodes = list(dict.fromkeys(end.node for one in equipment for end in terminals.ends(one)[:1]))
        if nodes:
            return nodes, finding_on_sources(kinds, nodes)
    heads = _feeder_heads(model, terminals)
    return heads, finding_on_sources((FEEDER,), heads) or finding_on_no_source(model, terminals)


def _feeder_heads(model: CimModel, terminals: Terminals) -> list[str]:
    """Feeders name their head terminals, or the terminals name the feeder, as the profile likes."""
    ids = [id_ for feeder in model.of(FEEDER) for id_ in feeder.all("NormalHeadTerminal")]
    ids += [one.id for one in model.of("Terminal") if one.text("NormalHeadFeeder") is not None]
    return list(dict.fromkeys(terminals.by_id[id_].node for id_ in ids if id_ in terminals.by_id))

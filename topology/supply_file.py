"""The file of a network with its supply in the normal state, walked once and mapped by every process.

Owns what is in it beside the arrays of the network: what hangs at each node, and the forests of the walk. A
process that opens it walks nothing and shares its pages with all others. Its arrays follow from the network,
so a change in how they are made needs another `MAGIC` in `network_file`.
"""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from topology.forest import Forest
from topology.network import Network
from topology.network_file import read_arrays, write_arrays
from topology.phases import PHASE_BITS
from topology.supply_tree import PhaseSupply, SupplyTree
from topology.switch_state import SwitchState

PHASES_OF_SUPPLIES = "phases_of_supplies"
JOINT = "joint"
AT_NODES = ("incidence", "services")


def save_supply(tree: SupplyTree, path: str | os.PathLike[str]) -> None:
    """Write a network and its supply in the normal state to one file, whole or not at all."""
    network = tree.network
    phases = np.zeros(len(PHASE_BITS), dtype=np.uint8)
    phases[: len(tree.supplies)] = [supply.phases for supply in tree.supplies]
    arrays: dict[str, npt.NDArray[Any]] = {
        field.name: getattr(network, field.name) for field in fields(network)
    }
    arrays[PHASES_OF_SUPPLIES] = phases
    for name in AT_NODES:
        arrays[f"{name}.starts"], arrays[f"{name}.items"] = getattr(network, name)
    for number, supply in enumerate(tree.supplies):
        arrays |= _prefixed(f"supply_{number}", supply.forest)
    if len(tree.supplies) > 1:
        arrays |= _prefixed(JOINT, tree.joint)
    write_arrays(Path(path), arrays)


def open_supply(path: str | os.PathLike[str]) -> SupplyTree:
    """Open a saved supply, memory-mapped; raises NetworkFileError when the file is not one."""
    of_network = [field.name for field in fields(Network)]
    at_nodes = [f"{name}.{part}" for name in AT_NODES for part in ("starts", "items")]
    arrays = read_arrays(Path(path), [*of_network, *at_nodes, PHASES_OF_SUPPLIES])
    network = Network(**{name: arrays[name] for name in of_network})
    for name in AT_NODES:
        # What the network would work out on first use is in the file: put where it keeps it.
        network.__dict__[name] = (arrays[f"{name}.starts"], arrays[f"{name}.items"])
    groups = [int(phases) for phases in arrays[PHASES_OF_SUPPLIES] if phases]
    supplies = [
        PhaseSupply(phases, _read_forest(Path(path), f"supply_{number}"))
        for number, phases in enumerate(groups)
    ]
    joint = _read_forest(Path(path), JOINT) if len(groups) > 1 else supplies[0].forest
    return SupplyTree(network, SwitchState.normal(network), supplies=supplies, joint=joint)


def _prefixed(prefix: str, forest: Forest) -> dict[str, npt.NDArray[Any]]:
    return {f"{prefix}.{name}": array for name, array in forest.arrays().items()}


def _read_forest(path: Path, prefix: str) -> Forest:
    arrays = read_arrays(path, [f"{prefix}.{name}" for name in Forest.array_names()])
    return Forest(**{name.removeprefix(f"{prefix}."): array for name, array in arrays.items()})

"""Which rows of a network the database can keep: the same ones the topology builds from.

A row that shares its id with an earlier one, or whose phases cannot be read, has no sound place in a
table; everything else is kept, even when a node it names does not exist, so that the next look finds it.
"""

import pandas as pd

from gis.findings import finding
from gis.network_columns import ASSET_LAYERS, LAYERS
from gis.network_tables import NetworkTables, readable_phases
from topology.build import LONGEST_ID_BYTES
from topology.findings import Finding


def storable_rows(tables: NetworkTables) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Return the rows to keep by layer, and findings on those left out.

    RULE 1: an id is not empty, holds no NUL, and is no longer than the topology takes.
    RULE 2: of rows with one id the first is kept; the ids of line sections, switches, transformers and
        service points are unique together, in this order.
    RULE 3: a device's phases are a subset of ABC.
    """
    rows = {name: tables.layer(name) for name in LAYERS}
    keys = {name: rows[name][layer.key] for name, layer in LAYERS.items()}
    usable = {name: key.map(is_usable_id).astype("bool") for name, key in keys.items()}
    first = {name: ~keys[name].where(usable[name]).duplicated() for name in LAYERS}
    together = pd.concat([keys[name].where(usable[name]) for name in ASSET_LAYERS], ignore_index=True)
    together_first = (~together.duplicated()).to_numpy()
    start = 0
    findings: tuple[Finding, ...] = ()
    for name in LAYERS:
        if name in ASSET_LAYERS:
            stop = start + len(keys[name])
            first[name] = pd.Series(together_first[start:stop], index=keys[name].index)
            start = stop
        unusable, twice = ~usable[name], usable[name] & ~first[name]
        findings += finding(
            rule="unusable_id",
            layer=name,
            ids=keys[name][unusable].str.slice(0, 40),
            text=f"with an id that is empty or longer than {LONGEST_ID_BYTES} bytes: left out",
        )
        findings += finding(
            rule="duplicate_id",
            layer=name,
            ids=keys[name][twice],
            text="with an id that an earlier row has: left out",
        )
        keep = usable[name] & first[name]
        if "phases" in rows[name]:
            readable = readable_phases(rows[name]["phases"])
            findings += finding(
                rule="unknown_phases",
                layer=name,
                ids=keys[name][keep & ~readable],
                text="whose phases are not a subset of ABC: left out",
            )
            keep &= readable
        rows[name] = rows[name][keep]
    return rows, findings


def is_usable_id(text: str) -> bool:
    """Return whether an id can be kept and traced."""
    return (
        bool(text) and "\0" not in text and len(text.encode("utf-8", "surrogateescape")) <= LONGEST_ID_BYTES
    )

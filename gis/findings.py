"""Findings as the gis room writes them: how many rows of which layer, what is wrong, and the first ids."""

from collections.abc import Iterable

from topology.findings import Finding, count_things, name_ids

_THINGS = {"customer": "customer account"}


def finding(*, rule: str, layer: str, ids: Iterable[str], text: str) -> tuple[Finding, ...]:
    """Return one finding that says "<count> <layer>s <text>: <ids>.", or none when there are no ids."""
    all_ids = tuple(str(one) for one in ids)
    if not all_ids:
        return ()
    counted = count_things(len(all_ids), _THINGS.get(layer, layer.replace("_", " ")))
    return (Finding(rule=rule, layer=layer, ids=all_ids, text=f"{counted} {text}: {name_ids(all_ids)}."),)

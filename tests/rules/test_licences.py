"""What Relight needs to run is free of copyleft, but for the few parts that are named here with a reason.

Extras (`relight[simbench]`, `relight[demo]`) and development tools are not run-time dependencies.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

COPYLEFT = re.compile(
    r"GPL|General Public|MPL|Mozilla|EUPL|CDDL|Eclipse|EPL-|OSL-|SSPL|CC-BY-SA|Sleepycat|CeCILL",
    re.IGNORECASE,
)

# Weak copyleft that asks nothing of those who use the part as it is. docs/decisions/0002 says more.
ALLOWED = {
    "psycopg": "LGPL-3.0: used as an unmodified library that anybody may replace",
    "psycopg-binary": "LGPL-3.0: the compiled half of psycopg",
    "psycopg-pool": "LGPL-3.0: the connection pool of psycopg",
    "certifi": "MPL-2.0: a list of certificates, unmodified; httpx and requests bring it",
}


def run_time_distributions() -> dict[str, Distribution]:
    """Walk from Relight through all that it requires, extras only where a part asks for them."""
    found: dict[str, Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [("relight", frozenset())]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in done:
            continue
        done.add((name, extras))
        found[name] = distribution(name)
        for line in found[name].requires or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
                waiting.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def licence(part: Distribution) -> str:
    """Say what a part's metadata call its licence; long texts count by their first line."""
    stated = part.metadata.get("License-Expression") or ""
    if not stated:
        classifiers = [c for c in part.metadata.get_all("Classifier") or [] if c.startswith("License ::")]
        words = (part.metadata.get("License") or "").strip().splitlines()[:1]
        stated = "; ".join([*words, *(each.rpartition("::")[2].strip() for each in classifiers)])
    return stated


PARTS = run_time_distributions()


def test_finds_the_parts_and_the_parts_of_parts():
    assert {"psycopg", "starlette", "procrastinate", "numpy"} <= PARTS.keys()
    assert not {"simbench", "pandapower", "pytest"} & PARTS.keys()


@pytest.mark.parametrize("name", sorted(PARTS))
def test_part_states_a_licence_without_copyleft(name: str):
    stated = licence(PARTS[name])

    assert stated, f"{name} states no licence; find it out before shipping on it"
    if name not in ALLOWED:
        assert not COPYLEFT.search(stated), f"{name} is under {stated}: take another part, or an extra"


def test_every_exception_is_still_needed():
    assert all(name in PARTS and COPYLEFT.search(licence(PARTS[name])) for name in ALLOWED)

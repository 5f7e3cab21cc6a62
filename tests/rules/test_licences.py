"""What Relight needs to run is free of copyleft, but for the few parts that are named here with a reason.

Extras (`relight[simbench]`, `relight[demo]`) and development tools are not run-time dependencies.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

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

# Of the pages' packages: used as they are to build or to test, and no part of what is built.
ALLOWED_IN_THE_WORKSHOP = {
    "axe-core": "MPL-2.0: used unmodified by tests, not shipped",
    "lightningcss": "MPL-2.0: Vite's own, makes style sheets smaller, not shipped",
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


def test_the_pages_contain_no_copyleft_and_their_tools_only_what_is_named():
    lock = json.loads((Path(__file__).parents[2] / "web" / "package-lock.json").read_text(encoding="utf-8"))
    found = {}
    for place, part in lock["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if name and COPYLEFT.search(part.get("license", "")):
            assert part.get("dev"), f"{name} is under {part['license']} and would be shipped"
            # A tool's compiled halves are named for the system that they are for.
            found[re.sub(r"-(android|darwin|freebsd|linux|win32)-.*", "", name)] = part["license"]
    assert found.keys() == ALLOWED_IN_THE_WORKSHOP.keys(), "name each with a reason, or take another part"

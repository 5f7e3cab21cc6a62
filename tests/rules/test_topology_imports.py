"""The topology room stands on the standard library, numpy and scipy; networkx only draws its view."""

import ast
import sys
from pathlib import Path

import topology

ROOM = Path(topology.__file__).parent
ALLOWED = {"numpy", "scipy", "topology", *sys.stdlib_module_names}
NEVER = {"time", "random", "subprocess", "socket"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_topology_imports_only_what_it_may():
    for path in ROOM.glob("*.py"):
        allowed = ALLOWED | {"networkx"} if path.name == "network.py" else ALLOWED
        assert imported(path) <= allowed, path.name
        assert not imported(path) & NEVER, path.name


def test_no_file_of_the_room_is_too_long():
    assert {path.name for path in ROOM.glob("*.py") if len(path.read_text().splitlines()) > 400} == set()

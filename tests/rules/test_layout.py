"""The house style that a machine can check: sizes, names, docstrings and where files may lie."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("topology", "gis", "dispatch", "storm", "api")
NOT_OURS = {"node_modules", "dist", "__pycache__"}

FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES = 400, 600, 50
NO_NAMES = {"utils", "util", "helpers", "helper", "manager", "misc", "common", "data", "info"}

# A migration is a record of what was done to real databases; it is read once and never worked on again.
GENERATED = ROOT / "api" / "migrations" / "versions"


def _sources(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if not NOT_OURS & set(path.parts) and GENERATED not in path.parents
    )


def _named(paths: list[Path]) -> list:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


CODE = _sources(*ROOMS)
TESTS = _sources("tests", "benchmarks")


@pytest.mark.parametrize("path", _named(CODE + TESTS))
def test_file_opens_with_what_it_owns_and_stays_small(path: Path):
    text = path.read_text(encoding="utf-8")
    limit = FILE_LINES if path in CODE else TEST_FILE_LINES

    assert text.count("\n") <= limit
    assert not text or ast.get_docstring(ast.parse(text)), "the module has no docstring"


@pytest.mark.parametrize("path", _named(CODE))
def test_functions_are_short(path: Path):
    long = {
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 >= FUNCTION_LINES
    }

    assert not long


@pytest.mark.parametrize("path", _named(CODE))
def test_public_functions_say_what_they_do(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    }

    assert not silent


def test_names_say_what_a_file_is_about():
    assert not [path for path in CODE + TESTS if path.stem in NO_NAMES or path.parent.name in NO_NAMES]


def test_rooms_are_packages_with_types_and_tests_are_not_packages():
    assert all((ROOT / room / "py.typed").exists() for room in ROOMS)
    assert all((path.parent / "__init__.py").exists() for path in CODE)
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_tests_mirror_rooms():
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - NOT_OURS

    assert folders <= {*ROOMS, "benchmarks", "rules", "stories", "browser"}

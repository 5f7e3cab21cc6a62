"""The papers agree with the code: commands exist, settings are listed, links lead somewhere, words fit."""

from __future__ import annotations

import re
import subprocess
from enum import StrEnum
from pathlib import Path

import pytest
import typer

from api.cli.application import build
from api.settings import SETTINGS
from dispatch.states import JobStatus, OutageStatus
from topology.kinds import DeviceKind
from topology.observations import ObservationKind

ROOT = Path(__file__).parents[2]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TESTS_ONLY = {"RELIGHT_TEST_DATABASE_URL"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _settings() -> dict[str, str]:
    """Give every variable that the code reads, with its default as a person would write it."""
    found = {}
    for settings in SETTINGS:
        prefix = settings.model_config.get("env_prefix", "")
        for name, field in settings.model_fields.items():
            default = field.default
            written = f"{default:g}" if isinstance(default, float) else str(default)
            found[f"{prefix}{name}".upper()] = written if field.default_factory is None else ""
    return found


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", _text("Makefile"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md"])
def test_make_targets_that_are_named_exist(name: str):
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", _text(name), flags=re.MULTILINE))

    assert named <= _targets()


def test_make_without_a_target_lists_all_of_them():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert _targets() == set(re.findall(r"make ([a-z-]+)  ", shown))
    assert {"setup", "demo", "test", "check", "bench", "lock"} <= _targets()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relight_commands_that_are_named_exist(paper: Path):
    group = typer.main.get_command(build())
    text = paper.read_text(encoding="utf-8")
    for line in re.findall(r"(?:`|^\.venv/bin/|`\.venv/bin/)relight ([a-z -]+)", text, flags=re.MULTILINE):
        words = line.split()
        known = getattr(group, "commands", {})
        assert words[0] in known or _is_planned(text, words[0]), f"relight {words[0]}"
        inner = getattr(known.get(words[0]), "commands", None)
        assert inner is None or len(words) == 1 or words[1] in inner, f"relight {' '.join(words[:2])}"


def _is_planned(text: str, command: str) -> bool:
    """Say whether the paper itself tells of the command as something to come."""
    return bool(re.search(rf"relight {command}`[^.]*\bwill\b", text))


def test_settings_page_lists_every_setting_with_its_default():
    rows = dict(re.findall(r"^\| `(RELIGHT_\w+)` \| (.*?) \|", _text("docs/settings.md"), flags=re.MULTILINE))
    settings = _settings()

    assert rows.keys() == settings.keys()
    for name, default in settings.items():
        if default not in {"", "None"}:
            assert rows[name] == f"`{default}`", name
        else:
            assert rows[name] == "none" or "/" in rows[name], name


def test_example_environment_lists_every_setting_with_its_default():
    lines = dict(re.findall(r"^#(RELIGHT_\w+)=(.*)$", _text(".env.example"), flags=re.MULTILINE))
    settings = _settings()

    assert lines.keys() == settings.keys() | TESTS_ONLY
    for name, default in settings.items():
        if default not in {"", "None"}:
            assert lines[name] == default, name


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path):
    text = paper.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(#[^)]*)?\)", text):
        file = (paper.parent / target) if target else paper
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor[1:] in {heading.lower().replace(" ", "-") for heading in headings}, anchor


def test_decisions_are_numbered_each_by_its_own_number():
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in records]

    assert len(set(numbers)) == len(numbers)
    for path in records:
        assert path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} "), path.name


def test_changelog_has_an_unreleased_top():
    assert re.findall(r"^## (.*)$", _text("CHANGELOG.md"), flags=re.MULTILINE)[0] == "Unreleased"


@pytest.mark.parametrize("words", [OutageStatus, JobStatus, DeviceKind, ObservationKind])
def test_glossary_has_the_words_of_the_code(words: type[StrEnum]):
    glossary = _text("docs/glossary.md")
    # Kinds told under another word of the table: a transformer's, a line section's.
    elsewhere = {"overhead", "underground", "station", "distribution", "regulator"}
    spoken = {word.value for word in words} - elsewhere

    assert not {word for word in spoken if word not in glossary and word.replace("_", " ") not in glossary}


def test_papers_do_not_speak_of_the_machine_they_were_written_on():
    for paper in PAPERS:
        assert not re.search(r"(?<![\w.])/(?:work|root)/", paper.read_text(encoding="utf-8")), paper.name

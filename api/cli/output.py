"""How commands speak: answers on standard output; progress, findings and errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from topology.findings import Finding

FINDINGS_IN_THE_INPUT = 1

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]

# Ids beyond these stand in the JSON output; a terminal is for reading.
_SHOWN_FINDINGS = 50


def say(text: str) -> None:
    """Print a line of the answer."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Print the answer as JSON."""
    say(json.dumps(value, ensure_ascii=False, indent=2))


def mention(text: str) -> None:
    """Print a line that is not part of the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complain(text: str) -> None:
    """Print an error."""
    mention(f"Error: {text}")


def findings_as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings as the exchange format has them."""
    return [{**asdict(finding), "ids": list(finding.ids)} for finding in findings]


def mention_findings(findings: Sequence[Finding]) -> None:
    """Print findings for a person to read."""
    for finding in findings[:_SHOWN_FINDINGS]:
        mention(f"{finding.rule} ({finding.layer}): {finding.text}")
    if len(findings) > _SHOWN_FINDINGS:
        mention(f"… and {len(findings) - _SHOWN_FINDINGS} more findings; --json lists them all.")


def end_with_findings(findings: Sequence[Finding]) -> None:
    """End with exit code 1 if there are findings in the input."""
    if findings:
        raise typer.Exit(FINDINGS_IN_THE_INPUT)


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Show on a terminal that something takes a while whose end nobody knows."""
    with Console(stderr=True).status(text):
        yield


@contextmanager
def progress_by_part() -> Iterator[Callable[[str, int, int], None]]:
    """Give a function that draws a bar for each part, told how much of it is done and how much there is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        parts: dict[str, TaskID] = {}

        def show(part: str, done: int, total: int) -> None:
            if part not in parts:
                parts[part] = bars.add_task(part.replace("_", " "), total=total)
            bars.update(parts[part], completed=done, total=total)

        yield show

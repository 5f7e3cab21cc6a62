"""`relight reliability`: indices of a file of interruptions, without a database, or of the ledger."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import (
    AsJson,
    end_with_findings,
    findings_as_json,
    mention_findings,
    progress_by_part,
    say,
    say_json,
)
from api.cli.reliability_words import reconciliation_lines, reliability_lines
from dispatch.reliability.as_json import reconciliation_as_json, reliability_as_json
from dispatch.reliability.daily import Span, day_number
from dispatch.reliability.interruption_file import InterruptionFile, read_interruptions
from dispatch.reliability.measure import KIND, MONTH, Reliability, measure
from dispatch.reliability.reconciliation import Counting, Line, reconcile
from dispatch.reliability.rule_sets import RULE_SETS, RuleSetName


def _zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"{text!r} is no time zone such as Asia/Shanghai") from None


def reliability(
    path: Annotated[
        Path, typer.Argument(metavar="INTERRUPTIONS.csv", help="start,end,customers[,cause,planned]")
    ],
    customers_served: Annotated[
        int, typer.Option("--customers-served", min=1, help="How many customers the figures divide by.")
    ],
    rules: Annotated[
        RuleSetName, typer.Option("--rules", help="The rule book to read by.")
    ] = RuleSetName.IEEE1366,
    zone: Annotated[
        zoneinfo.ZoneInfo | None,
        typer.Option(
            "--zone",
            parser=_zone,
            metavar="ZONE",
            help="Where days begin, and zone of times without one: Asia/Shanghai, say; default: as written.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by", metavar="COLUMN", help="Tell apart by month, kind, cause or any column; may be repeated."
        ),
    ] = None,
    reconciled: Annotated[
        bool, typer.Option("--reconcile", help="Also lead from IEEE 1366 to DL/T 836, line by line.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give SAIDI, SAIFI, CAIDI, ASAI and major event days of a file of interruptions.

    The columns are described in docs/reliability.md. Rows that cannot count are listed and left out; then the
    exit code is 1.
    """
    wanted = list(dict.fromkeys(by or ()))
    with progress_by_part() as progress:
        read = read_interruptions(
            path,
            zone=zone,
            by=[name for name in wanted if name not in (MONTH, KIND)],
            progress=lambda done, total: progress("bytes", done, total),
        )
    made = measure(
        read.rows,
        rules=RULE_SETS[rules],
        customers_served=customers_served,
        by=[name for name in wanted if name in (MONTH, KIND) or name in read.rows.labels],
    )
    _say(read, made, reconciled=reconciled, as_json=as_json)
    end_with_findings(read.findings)


def _say(read: InterruptionFile, made: Reliability, *, reconciled: bool, as_json: bool) -> None:
    lines: tuple[Line, ...] = ()
    if reconciled:
        span = Span(day_number(made.whole.first_day), day_number(made.whole.last_day))
        lines = reconcile(Counting(read.rows, made.customers_served), None, span=span)
    if as_json:
        answer = reliability_as_json(made)
        if reconciled:
            answer["reconciliation"] = reconciliation_as_json(lines)
        say_json({**answer, "rows_read": read.row_count, "findings": findings_as_json(read.findings)})
        return
    mention_findings(read.findings)
    for line in (*reliability_lines(made), *reconciliation_lines(lines)):
        say(line)

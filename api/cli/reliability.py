"""`relight reliability`: indices of a file of interruptions, without a database, or of the ledger."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import (
    AsJson,
    busy,
    end_with_findings,
    findings_as_json,
    mention_findings,
    progress_by_part,
    say,
    say_json,
)
from api.cli.reliability_words import reconciliation_lines, reliability_lines
from api.processes.database import open_engine
from api.settings import DatabaseSettings, MessageSettings
from api.work import reading
from dispatch.network_cache import NetworkCache
from dispatch.reliability.as_json import reconciliation_as_json, reliability_as_json
from dispatch.reliability.daily import Span, day_number
from dispatch.reliability.interruption_file import InterruptionFile, read_interruptions
from dispatch.reliability.measure import KIND, MONTH, Reliability, measure
from dispatch.reliability.reconciliation import Counting, Line, reconcile
from dispatch.reliability.report import LedgerReport, Question, ledger_report
from dispatch.reliability.rule_sets import RULE_SETS, RuleSetName
from dispatch.reliability.served_places import ServedPlacesCache
from topology.findings import Finding


def _zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise typer.BadParameter(f"{text!r} is no time zone such as Asia/Shanghai") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day such as 2026-11-23") from None


FirstDay = Annotated[
    date | None,
    typer.Option("--first-day", parser=_day, metavar="DAY", help="Report from this local day on."),
]
LastDay = Annotated[
    date | None,
    typer.Option("--last-day", parser=_day, metavar="DAY", help="Report to the end of this local day."),
]


InterruptionsPath = Annotated[
    Path | None, typer.Argument(metavar="[INTERRUPTIONS.csv]", help="start,end,customers[,cause,planned]")
]
CustomersServed = Annotated[
    int | None, typer.Option("--customers-served", min=1, help="How many customers the figures divide by.")
]
Rules = Annotated[RuleSetName, typer.Option("--rules", help="The rule book to read by.")]
Zone = Annotated[
    zoneinfo.ZoneInfo | None,
    typer.Option(
        "--zone",
        parser=_zone,
        metavar="ZONE",
        help="Where days begin, and zone of times without one: Asia/Shanghai, say; default: as written.",
    ),
]
By = Annotated[
    list[str] | None,
    typer.Option(
        "--by", metavar="COLUMN", help="Tell apart by month, kind, cause or any column; may be repeated."
    ),
]
Reconciled = Annotated[
    bool, typer.Option("--reconcile", help="Also lead from IEEE 1366 to DL/T 836, line by line.")
]
FromLedger = Annotated[
    bool, typer.Option("--from-ledger", help="Report the ledger of this house, by the network in force.")
]


def reliability(
    path: InterruptionsPath = None,
    customers_served: CustomersServed = None,
    rules: Rules = RuleSetName.IEEE1366,
    zone: Zone = None,
    by: By = None,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    reconciled: Reconciled = False,
    from_ledger: FromLedger = False,
    as_json: AsJson = False,
) -> None:
    """Give SAIDI, SAIFI, CAIDI, ASAI and major event days of a file of interruptions, or of the ledger.

    The columns are described in docs/reliability.md. Rows that cannot count are listed and left out; then the
    exit code is 1.
    """
    wanted = tuple(dict.fromkeys(by or ()))
    if from_ledger:
        if path is not None or customers_served is not None:
            raise typer.BadParameter("--from-ledger takes no file, and knows how many customers are served")
        question = Question(rules, first_day, last_day, by=wanted, reconciled=reconciled)
        answered = _of_ledger(question, zone=zone)
        _say(answered.made, answered.reconciliation, (), as_json=as_json)
        return
    if path is None or customers_served is None:
        raise typer.BadParameter("a file needs --customers-served; or --from-ledger")
    if (first_day is None) != (last_day is None):
        raise typer.BadParameter("--first-day and --last-day come together for a file")
    span = Span(day_number(first_day), day_number(last_day)) if first_day and last_day else None
    read = _read(path, zone=zone, by=wanted)
    # A file without the column of a label that is always read has no parts of it.
    known = [name for name in wanted if name in (MONTH, KIND) or name in read.rows.labels]
    made = measure(read.rows, rules=RULE_SETS[rules], customers_served=customers_served, span=span, by=known)
    lines: tuple[Line, ...] = ()
    if reconciled:
        whole = Span(day_number(made.whole.first_day), day_number(made.whole.last_day))
        lines = reconcile(Counting(read.rows, customers_served), None, span=whole)
    _say(made, lines, read.findings, as_json=as_json)
    end_with_findings(read.findings)


def _read(path: Path, *, zone: zoneinfo.ZoneInfo | None, by: Sequence[str]) -> InterruptionFile:
    columns = [name for name in by if name not in (MONTH, KIND)]
    with progress_by_part() as progress:
        return read_interruptions(
            path, zone=zone, by=columns, progress=lambda done, total: progress("bytes", done, total)
        )


def _of_ledger(question: Question, *, zone: zoneinfo.ZoneInfo | None) -> LedgerReport:
    database = DatabaseSettings()
    with (
        busy("Reading the ledger"),
        open_engine(database, application_name="relight reliability") as engine,
        reading(engine) as work,
    ):
        return ledger_report(
            work.session,
            question=question,
            networks=NetworkCache(folder=database.networks_folder),
            places=ServedPlacesCache(),
            zone=zone or zoneinfo.ZoneInfo(MessageSettings().time_zone),
            now=work.now,
        )


def _say(made: Reliability, lines: Sequence[Line], findings: Sequence[Finding], *, as_json: bool) -> None:
    if as_json:
        answer = {**reliability_as_json(made), "findings": findings_as_json(findings)}
        say_json({**answer, "reconciliation": reconciliation_as_json(lines)} if lines else answer)
        return
    mention_findings(findings)
    for line in (*reliability_lines(made), *reconciliation_lines(lines)):
        say(line)

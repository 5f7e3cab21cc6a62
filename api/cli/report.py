"""`relight report`: a page about one outage or about a storm, to mail, print and file."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import AsJson, busy, say, say_json
from api.outage_report_page import outage_report_page, read_map_scripts
from api.processes.database import open_engine
from api.settings import DatabaseSettings, MessageSettings
from api.vocabulary import read_vocabulary
from api.work import reading
from dispatch.outage_report import report_of_outage, storm_report
from dispatch.report_parts import OutageReport

_USUAL_SPAN = timedelta(hours=24)


class Language(StrEnum):
    """The language of the page."""

    EN = "en"
    ZH = "zh"


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-11-23T08:00:00+08:00") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


OutPath = Annotated[Path, typer.Argument(metavar="OUT.html", help="Where to write the page.")]
Outage = Annotated[str | None, typer.Option("--outage", metavar="ID", help="One outage, not a span.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=_instant, metavar="TIME", help="From then on; default: a day before."),
]
Until = Annotated[
    datetime | None, typer.Option("--until", parser=_instant, metavar="TIME", help="Default: now.")
]
InLanguage = Annotated[Language, typer.Option("--language", help="The language of the page.")]


def report(
    out: OutPath,
    outage: Outage = None,
    since: Since = None,
    until: Until = None,
    language: InLanguage = Language.EN,
    as_json: AsJson = False,
) -> None:
    """Write a page about one outage, or about all of a span: a map, tables and a curve.

    One file without personal data, that opens without any network. Times without a zone are UTC.
    """
    if outage is not None and (since is not None or until is not None):
        raise typer.BadParameter("--outage takes its span from the outage")
    scripts = read_map_scripts()
    with (
        busy("Reading the ledger"),
        open_engine(DatabaseSettings(), application_name="relight report") as engine,
        reading(engine) as work,
    ):
        if outage is not None:
            read = report_of_outage(work.session, outage_id=outage, now=work.now)
        else:
            end = until or work.now
            start = since or end - _USUAL_SPAN
            read = storm_report(work.session, since=start, until=end, now=work.now)
    page = outage_report_page(
        read,
        words=read_vocabulary()[language],
        language=language,
        zone=zoneinfo.ZoneInfo(MessageSettings().time_zone),
        scripts=scripts,
    )
    out.write_text(page, encoding="utf-8")
    _say(read, out, as_json=as_json)


def _say(read: OutageReport, out: Path, *, as_json: bool) -> None:
    outages = len(read.outages) + read.outages_left_out
    if as_json:
        say_json(
            {
                "path": str(out),
                "outages": outages,
                "customers": read.customers.customers,
                "customer_minutes": read.customers.customer_minutes,
                "since": read.since.isoformat(),
                "until": read.until.isoformat(),
            }
        )
        return
    say(f"{out}: {outages} outages, {read.customers.customers:,} customers.")

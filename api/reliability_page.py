"""A reliability report as one page of HTML for printing, in English or Chinese; it loads nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from dispatch.reliability.indices import Indices
from dispatch.reliability.measure import PeriodFigures
from dispatch.reliability.report import LedgerReport

_STYLE = """body{font:11pt/1.4 system-ui,sans-serif;margin:2cm;color:#111}
table{border-collapse:collapse;margin:0 0 1em}
th,td{padding:.15em .7em;border-bottom:1px solid #999;text-align:right}
th:first-child,td:first-child{text-align:left}
tr.sum td{font-weight:600}@media print{body{margin:0}h2{break-after:avoid}}"""


def reliability_page(report: LedgerReport, *, words: Mapping[str, str], language: str) -> str:
    """Return the page; `words` are those of a vocabulary."""

    def say(name: str, **values: object) -> str:
        return escape(words[f"report.{name}"].format(**values))

    made = report.made
    title = say(f"title.{made.rules.name}")
    lead = say(
        "lead",
        first=made.whole.first_day,
        last=made.whole.last_day,
        served=f"{made.customers_served:,}",
        counted=words[f"report.counted.{report.counted}"],
    )
    spans = [(say("all"), made.whole), *((str(year), one) for year, one in made.years.items())]
    heads = [say(name) for name in ("span", "saidi", "saifi", "caidi", "asai", "maifi_e", "t_med", "days")]
    rows: list[tuple[str, ...]]
    body = [f"<h1>{title}</h1><p>{lead}</p>", _table(heads, [_span(name, one) for name, one in spans])]
    if report.reconciliation:
        rows = [
            (
                say(f"line.{line.rule}"),
                f"{line.figures.saidi_minutes:,.3f}",
                f"{line.figures.saifi:,.4f}",
            )
            for line in report.reconciliation
        ]
        sums = [line.is_sum for line in report.reconciliation]
        body += [
            f"<h2>{say('reconciled')}</h2>",
            _table([say("rule"), say("saidi"), say("saifi")], rows, sums),
        ]
    for by, parts in made.by.items():
        heads = [say("part"), say("saidi"), say("saifi"), say("caidi")]
        names = [_name(by, part.name, words) if part.name else say("not_known") for part in parts]
        rows = [(name, *_figures(part.share)) for name, part in zip(names, parts, strict=True)]
        # Only what has customers of its own, a feeder or a district, has figures of its own.
        if any(part.own is not None for part in parts):
            heads.append(say("own_saidi"))
            owns = [f"{part.own.saidi_minutes:,.3f}" if part.own else "" for part in parts]
            rows = [(*row, own) for row, own in zip(rows, owns, strict=True)]
        heading = say(f"by.{by}")
        body += [f"<h2>{heading}</h2>", _table(heads, rows)]
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _name(by: str, name: str, words: Mapping[str, str]) -> str:
    """Return a part's name in words, where it is a code."""
    coded = {"cause": f"cause.{name}", "kind": f"report.kind.{name}"}.get(by, "")
    return escape(words.get(coded, name))


def _span(name: str, one: PeriodFigures) -> tuple[str, ...]:
    return (
        name,
        *_figures(one.indices),
        f"{one.indices.asai:.4%}",
        f"{one.maifi_e:,.4f}",
        f"{one.threshold.t_med_minutes:,.3f}" if one.threshold is not None else "–",
        str(len(one.major_event_days)),
    )


def _figures(one: Indices) -> tuple[str, str, str]:
    caidi = "–" if one.caidi_minutes is None else f"{one.caidi_minutes:,.2f}"
    return f"{one.saidi_minutes:,.3f}", f"{one.saifi:,.4f}", caidi


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], sums: Sequence[bool] = ()) -> str:
    lines = [f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr>"]
    for number, row in enumerate(rows):
        mark = ' class="sum"' if number < len(sums) and sums[number] else ""
        lines.append(f"<tr{mark}>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>")
    return f"<table>{''.join(lines)}</table>"

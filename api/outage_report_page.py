"""A report about an outage or a storm as one page of HTML: a map, tables and a curve; it loads nothing else.

Times are told in the zone of the house. It holds no personal data (dispatch/outage_report.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from html import escape
from pathlib import Path

from api.curve_picture import curve_picture
from api.errors import PagesNotBuiltError
from api.faces import FACES_FOLDER
from dispatch.outage_report import FEWEST_TOLD
from dispatch.report_parts import OutageReport, ReportedOutage
from gis.maps import MapMark, MapScripts, report_map

_STYLE = """
html,html body{width:auto;height:auto}
html body{font:11pt/1.45 system-ui,"Noto Sans CJK SC",sans-serif;margin:1.2cm;color:#14202b;background:#fff}
h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem;break-after:avoid}
p{margin:.2rem 0 .6rem}.lead{color:#4d5b69}
table{border-collapse:collapse;width:100%;font-size:.92em}
th,td{padding:.18em .8em .18em 0;border-bottom:1px solid #ccd4dc;text-align:right;vertical-align:top}
th:first-child,td:first-child,td.text,th.text{text-align:left}
td+td.text,th+th.text{padding-left:.8em}
thead{display:table-header-group}tr{break-inside:avoid}
.facts{display:flex;flex-wrap:wrap;gap:.4rem 2rem;margin:.8rem 0;padding:0}
.facts div{min-width:8rem}.facts b{display:block;font-size:1.35rem}
.curve{width:100%;height:auto;font:12px system-ui,sans-serif;fill:#4d5b69}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin:.4rem 0;font-size:.92em}
.key i{display:inline-block;width:.8em;height:.8em;margin-inline-end:.35em;border-radius:50%}
@media print{html body{margin:0}.report_map{height:14cm}}
"""
_COLOURS = {
    "predicted": "#d08700",
    "confirmed": "#c22f18",
    "partially_restored": "#8a3b93",
    "restored": "#08714e",
    "closed": "#5c6975",
    "dismissed": "#9aa5b1",
    "merged": "#9aa5b1",
}
_SCRIPT, _SHEET = Path("report") / "leaflet.js", Path("report") / "leaflet.css"
Words = Mapping[str, str]


def read_map_scripts(folder: Path = FACES_FOLDER) -> MapScripts:
    """Return Leaflet as it was built with the pages; PagesNotBuiltError where it was not."""
    try:
        return MapScripts(
            script=(folder / _SCRIPT).read_text(encoding="utf-8"),
            style=(folder / _SHEET).read_text(encoding="utf-8"),
        )
    except FileNotFoundError as missing:
        raise PagesNotBuiltError from missing


def outage_report_page(
    report: OutageReport, *, words: Words, language: str, zone: tzinfo, scripts: MapScripts
) -> str:
    """Return the page; `words` are those of a vocabulary."""
    page = _Page(report, words, zone)
    return report_map(
        marks=[page.mark(one) for one in report.outages],
        lines=report.lines,
        scripts=scripts,
        before=page.before(),
        after=page.after(),
        style=_STYLE,
        title=page.title,
        language="zh-CN" if language == "zh" else "en",
    )


class _Page:
    """One report in one language."""

    def __init__(self, report: OutageReport, words: Words, zone: tzinfo) -> None:
        self._report = report
        self._words = words
        self._zone = zone
        self._largest = max((one.customers for one in report.outages), default=1) or 1

    @property
    def title(self) -> str:
        """The title, as text."""
        if self._report.outage_id is not None:
            return self._plain("title.outage", outage=self._report.outage_id)
        return self._plain("title.storm", since=self._time(self._report.since))

    def before(self) -> str:
        """Return what stands above the map."""
        report, customers = self._report, self._report.customers
        lead = self._say(
            "lead",
            network=report.network,
            since=self._time(report.since),
            until=self._time(report.until),
            made=self._time(report.made_at),
            zone=str(self._zone),
        )
        facts = [
            ("outages", f"{len(report.outages) + report.outages_left_out:,}"),
            ("customers", f"{customers.customers:,}"),
            ("service_points", f"{customers.service_points:,}"),
            ("peak", f"{report.curve.peak.customers:,}"),
            ("still_out", f"{customers.still_out:,}"),
            ("customer_hours", f"{customers.customer_minutes / 60:,.1f}"),
        ]
        told = "".join(f"<div><b>{value}</b>{self._say(f'fact.{name}')}</div>" for name, value in facts)
        return f'<h1>{escape(self.title)}</h1><p class="lead">{lead}</p><div class="facts">{told}</div>'

    def after(self) -> str:
        """Return what stands below the map."""
        parts = [
            self._key(),
            self._curve(),
            self._outages(),
            self._customers(),
            self._causes(),
            self._crews(),
            self._etr(),
            self._events(),
            f'<p class="lead">{self._say("without_persons")}</p>',
        ]
        return "".join(parts)

    def mark(self, one: ReportedOutage) -> MapMark:
        """Return an outage as it stands on the map."""
        lines = (
            f"{one.id} · {self._code('status.outage', one.status)}",
            one.device or self._plain("household"),
            self._plain("mark.customers", count=f"{one.customers:,}"),
            self._plain("mark.since", at=self._time(one.started_at)),
            *((self._plain("mark.restored", at=self._time(one.restored_at)),) if one.restored_at else ()),
            *((self._code("cause", one.cause),) if one.cause else ()),
        )
        return MapMark(
            lon=one.place.lon if one.place else None,
            lat=one.place.lat if one.place else None,
            area=one.area,
            colour=_COLOURS.get(one.status, "#5c6975"),
            size=one.customers / self._largest,
            lines=lines,
        )

    def _key(self) -> str:
        present = dict.fromkeys(one.status for one in self._report.outages)
        marks = "".join(
            f'<span><i style="background:{_COLOURS.get(status, "#5c6975")}"></i>'
            f"{escape(self._code('status.outage', status))}</span>"
            for status in present
        )
        return f'<div class="key">{marks}<span>{self._say("key")}</span></div>'

    def _curve(self) -> str:
        title = self._plain("curve")
        picture = curve_picture(self._report.curve, zone=self._zone, title=title)
        note = self._say("curve.note")
        return f'<h2>{escape(title)}</h2>{picture}<p class="lead">{note}</p>'

    def _outages(self) -> str:
        heads = ("outage", "status", "device", "since", "restored", "customers", "duration", "cause", "crews")
        rows = [
            (
                one.id,
                self._code("status.outage", one.status),
                f"{one.device or self._plain('household')} ({self._code('device_kind', one.device_kind)})",
                self._time(one.started_at),
                self._time(one.restored_at),
                f"{one.customers:,}",
                self._length((one.restored_at or self._report.made_at) - one.started_at),
                self._code("cause", one.cause) if one.cause else "–",
                str(one.crews),
            )
            for one in self._report.outages
        ]
        table = self._table("outages", heads, rows, texts=(1, 2, 7))
        return table + self._left_out(self._report.outages_left_out)

    def _customers(self) -> str:
        important = self._report.customers.by_priority
        rows = [
            (
                self._code("priority", name),
                f"{count:,}" if count is not None else self._plain("fewer", count=FEWEST_TOLD),
            )
            for name, count in important.items()
        ]
        return self._table("important", ("priority", "service_points"), rows) if rows else ""

    def _causes(self) -> str:
        rows = [
            (
                self._code("cause", one.cause) if one.cause else self._plain("not_known"),
                str(one.outages),
                f"{one.customers:,}",
                f"{one.customer_minutes / 60:,.1f}",
            )
            for one in self._report.causes
        ]
        return self._table("causes", ("cause", "outages", "customers", "customer_hours"), rows)

    def _crews(self) -> str:
        heads = ("crew", "first_sent", "jobs", "arrived", "finished", "on_site")
        rows = [
            (
                one.crew_id,
                self._time(one.first_sent_at),
                str(one.jobs),
                str(one.arrived),
                str(one.finished),
                self._length(timedelta(minutes=one.minutes_on_site)),
            )
            for one in self._report.crews
        ]
        return self._table("crews", heads, rows, texts=(1,))

    def _etr(self) -> str:
        heads = ("outage", "said_at", "tier", "source", "promised", "window", "told", "error")
        rows = [
            (
                one.outage_id,
                self._time(one.said_at),
                self._code("etr_tier", one.tier),
                self._code("etr_source", one.source),
                self._time(one.at),
                f"{self._time(one.earliest)}–{self._time(one.latest)}" if one.earliest else "–",
                self._plain("yes") if one.is_told else "–",
                f"{one.error_minutes:+,.0f}" if one.error_minutes is not None else "–",
            )
            for one in self._report.etr
        ]
        return self._table("etr", heads, rows, texts=(1, 2, 3))

    def _events(self) -> str:
        rows = [
            (
                self._time(one.at),
                one.outage_id,
                self._code("outage_report.event", one.name),
                one.crew_id or "",
            )
            for one in self._report.events
        ]
        table = self._table("timeline", ("at", "outage", "event", "crew"), rows, texts=(1, 2, 3))
        return table + self._left_out(self._report.events_left_out)

    def _table(
        self, name: str, heads: Sequence[str], rows: Iterable[Sequence[str]], texts: Sequence[int] = ()
    ) -> str:
        """Return a table of texts, which are escaped here; nothing but a word where it has no rows."""
        lines = "".join(f"<tr>{self._cells('td', row, texts)}</tr>" for row in rows)
        title = self._say(f"table.{name}")
        if not lines:
            return f'<h2>{title}</h2><p class="lead">{self._say("nothing")}</p>'
        head = self._cells("th", [self._plain(f"head.{one}") for one in heads], texts)
        return f"<h2>{title}</h2><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"

    @staticmethod
    def _cells(tag: str, cells: Sequence[str], texts: Sequence[int]) -> str:
        return "".join(
            f"<{tag}{' class=text' if place in texts else ''}>{escape(cell)}</{tag}>"
            for place, cell in enumerate(cells)
        )

    def _left_out(self, count: int) -> str:
        return f'<p class="lead">{self._say("left_out", count=f"{count:,}")}</p>' if count else ""

    def _plain(self, name: str, **values: object) -> str:
        return self._words[f"outage_report.{name}"].format(**values)

    def _say(self, name: str, **values: object) -> str:
        return escape(self._plain(name, **values))

    def _code(self, prefix: str, code: str) -> str:
        """Return the word for a code; one that has none is said as it is."""
        return self._words.get(f"{prefix}.{code}", code.replace("_", " "))

    def _time(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M}" if at is not None else "–"

    def _length(self, length: timedelta) -> str:
        minutes = max(0, round(length.total_seconds() / 60))
        return self._plain("length", hours=minutes // 60, minutes=f"{minutes % 60:02d}")

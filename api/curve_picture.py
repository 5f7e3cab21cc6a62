"""The curve of customers out as a picture in a page: an SVG of our own, since a report may load nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape

from dispatch.restoration_curve import CurvePoint, RestorationCurve

_WIDTH, _HEIGHT = 960, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 28
_TICKS = 6


def curve_picture(curve: RestorationCurve, *, zone: tzinfo, title: str) -> str:
    """Return the curve: what was, filled; what was promised, as a dashed line."""
    points = [*curve.past, *curve.future]
    first, last = points[0].at, max(points[-1].at, curve.until)
    most = nice_top(max(point.customers for point in points))
    span_s = max((last - first).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return _LEFT + (at - first).total_seconds() / span_s * (_WIDTH - _LEFT - _RIGHT)

    def y(customers: float) -> float:
        return _HEIGHT - _BOTTOM - customers / most * (_HEIGHT - _TOP - _BOTTOM)

    def steps(line: Sequence[CurvePoint]) -> str:
        parts = [f"M{x(line[0].at):.1f} {y(line[0].customers):.1f}"]
        parts += [f"H{x(point.at):.1f}V{y(point.customers):.1f}" for point in line[1:]]
        return "".join(parts)

    past = steps(curve.past)
    ground = f"{past}V{y(0):.1f}H{x(first):.1f}Z"
    grid = "".join(
        f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _RIGHT}" stroke="#d5dbe1"/>'
        f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:,.0f}</text>'
        for value in (0, most / 2, most)
    )
    times = "".join(
        f'<text x="{x(at):.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{_time(at, zone, span_s)}</text>'
        for at, anchor in _ticks(first, last)
    )
    future = ""
    if curve.future:
        future = (
            f'<path d="{steps(curve.future)}" fill="none" stroke="#0a5cb8" stroke-width="2"'
            ' stroke-dasharray="5 4"/>'
        )
    return (
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">'
        f'{grid}<path d="{ground}" fill="#c22f18" fill-opacity="0.18"/>'
        f'<path d="{past}" fill="none" stroke="#c22f18" stroke-width="2"/>{future}{times}</svg>'
    )


def nice_top(most: float) -> float:
    """Return the smallest of 1, 2, 4, 5, 8 times a power of ten that holds the value; 2 at least."""
    size = 1.0
    while True:
        for factor in (1, 2, 4, 5, 8):
            if factor * size >= max(most, 2):
                return factor * size
        size *= 10


def _ticks(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    step = (last - first) / _TICKS
    anchors = ["start", *["middle"] * (_TICKS - 1), "end"]
    return [(first + step * place, anchor) for place, anchor in enumerate(anchors)]


def _time(at: datetime, zone: tzinfo, span_s: float) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if span_s < 20 * 3600 else f"{local:%m-%d %H:%M}"

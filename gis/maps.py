"""Maps for reports, drawn by folium into one page of HTML that asks nobody for anything.

folium names the places its scripts are served from on the internet; none of them is named here. Leaflet's own
text is put into the page (`MapScripts`), and a policy in it forbids the browser to fetch whatever is left.
Only vectors are drawn: no tiles, no pictures, no icons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import folium

# Nothing is fetched, whatever a library may want: only what stands in the page itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
# Leaflet's buttons and markers are pictures beside its style sheet; none of them is used.
_PICTURES = re.compile(r"url\((?!['\"]?data:)[^)]*\)")
_LARGEST_RADIUS = 22.0
_SMALLEST_RADIUS = 5.0
_STYLE = """
.report_map{height:30rem;border:1px solid #999;break-inside:avoid}
.report_map .folium-map{position:relative!important;width:100%!important;height:100%!important}
.report_map .folium-map{background:#f4f6f8}
.report_map .leaflet-control-scale-line:not(:first-child){display:none}
"""


@dataclass(frozen=True, slots=True)
class MapScripts:
    """Leaflet as text: its script and its style sheet."""

    script: str
    style: str


@dataclass(frozen=True, slots=True)
class MapMark:
    """One thing on the map: a circle at a place, an area (GeoJSON geometry), or both; `lines` are said of it.

    `size` is from 0 to 1, of the circle's area.
    """

    lon: float | None
    lat: float | None
    area: Mapping[str, Any] | None
    colour: str
    size: float
    lines: tuple[str, ...]


def report_map(
    *,
    marks: Sequence[MapMark],
    lines: Sequence[Sequence[tuple[float, float]]],
    scripts: MapScripts,
    before: str,
    after: str,
    style: str,
    title: str,
    language: str,
) -> str:
    """Return a whole page: the map, with HTML `before` and `after` it. Places are (lon, lat) in degrees."""
    drawn = _drawn(marks, lines)
    page = folium.Figure()
    drawn.add_to(page)
    html = page.render()
    head = (
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(title)}</title>"
        f"<style>{_PICTURES.sub('none', scripts.style)}{_STYLE}{style}</style>"
        f"<script>{_in_page(scripts.script)}</script>"
    )
    start, _, rest = html.partition("<body>")
    body, _, end = rest.partition("</body>")
    start = start.replace("<html>", f'<html lang="{language}">', 1).replace("<head>", f"<head>{head}", 1)
    return f'{start}<body>{before}<div class="report_map">{body}</div>{after}</body>{end}'


def _drawn(marks: Sequence[MapMark], lines: Sequence[Sequence[tuple[float, float]]]) -> folium.Map:
    drawn = folium.Map(tiles=None, control_scale=True, prefer_canvas=True, attribution_control=False)
    # What folium would link to: scripts, styles and fonts on other people's servers.
    drawn.default_js = []
    drawn.default_css = []
    bounds = _bounds(marks, lines)
    if lines:
        folium.GeoJson(
            _collection([_feature({"type": "LineString", "coordinates": line}) for line in lines]),
            style_function=lambda _: {"color": "#8a97a5", "weight": 1, "opacity": 0.8},
            interactive=False,
        ).add_to(drawn)
    areas = [_feature(mark.area, mark) for mark in marks if mark.area is not None]
    if areas:
        folium.GeoJson(
            _collection(areas),
            style_function=_area_style,
            tooltip=_tooltip(),
        ).add_to(drawn)
    points = [
        _feature({"type": "Point", "coordinates": [mark.lon, mark.lat]}, mark)
        for mark in sorted(marks, key=lambda mark: -mark.size)
        if mark.lon is not None and mark.lat is not None
    ]
    if points:
        folium.GeoJson(
            _collection(points),
            marker=folium.CircleMarker(radius=_SMALLEST_RADIUS),
            style_function=_point_style,
            tooltip=_tooltip(),
        ).add_to(drawn)
    if bounds is not None:
        west, south, east, north = bounds
        drawn.fit_bounds([[south, west], [north, east]], max_zoom=16)
    return drawn


def _tooltip() -> folium.GeoJsonTooltip:
    return folium.GeoJsonTooltip(fields=["said"], labels=False, sticky=True)


def _area_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    return {"color": colour, "weight": 1.5, "fill": True, "fillColor": colour, "fillOpacity": 0.22}


def _point_style(feature: Mapping[str, Any]) -> dict[str, Any]:
    colour = feature["properties"]["colour"]
    return {
        "color": "#14202b",
        "weight": 1,
        "fill": True,
        "fillColor": colour,
        "fillOpacity": 0.85,
        "radius": feature["properties"]["radius"],
    }


def _collection(features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    numbered = [{**feature, "id": str(number)} for number, feature in enumerate(features)]
    return {"type": "FeatureCollection", "features": numbered}


def _feature(geometry: Mapping[str, Any], mark: MapMark | None = None) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    if mark is not None:
        radius = max(_SMALLEST_RADIUS, _LARGEST_RADIUS * mark.size**0.5)
        said = "<br>".join(escape(line) for line in mark.lines)
        properties = {"colour": mark.colour, "radius": round(radius, 1), "said": said}
    return {"type": "Feature", "properties": properties, "geometry": dict(geometry)}


def _bounds(
    marks: Sequence[MapMark], lines: Sequence[Sequence[tuple[float, float]]]
) -> tuple[float, float, float, float] | None:
    """Return west, south, east and north of what is marked; of the lines where nothing is."""
    places = [(mark.lon, mark.lat) for mark in marks if mark.lon is not None and mark.lat is not None]
    for mark in marks:
        if mark.area is not None:
            places += _corners(mark.area["coordinates"])
    places = places or [place for line in lines for place in line]
    if not places:
        return None
    west, east = min(place[0] for place in places), max(place[0] for place in places)
    south, north = min(place[1] for place in places), max(place[1] for place in places)
    return west, south, east, north


def _corners(coordinates: Any) -> list[tuple[float, float]]:
    """Return the places of a geometry's nested coordinates."""
    if isinstance(coordinates[0], int | float):
        return [(float(coordinates[0]), float(coordinates[1]))]
    return [corner for part in coordinates for corner in _corners(part)]


def _in_page(script: str) -> str:
    """Return a script that cannot end its own element, and names no map beside it."""
    return re.sub(r"//# sourceMappingURL=.*", "", script).replace("</script", "<\\/script")

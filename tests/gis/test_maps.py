"""Maps of reports: one page that holds all it needs, whatever the names in it try."""

from __future__ import annotations

import re

from gis.maps import MapMark, MapScripts, report_map

SCRIPTS = MapScripts(
    script="var L={};//# sourceMappingURL=leaflet.js.map\n'</script>'",
    style=".a{background:url(images/layers.png)}.b{background:url('data:image/png;base64,AA')}",
)
SQUARE = {"type": "Polygon", "coordinates": [[[11.4, 53.6], [11.5, 53.6], [11.5, 53.7], [11.4, 53.6]]]}


def page(*marks, lines=()):
    return report_map(
        marks=marks,
        lines=lines,
        scripts=SCRIPTS,
        before="<h1>Before</h1>",
        after="<p>After</p>",
        style="p{}",
        title="A <title>",
        language="en",
    )


def mark(*lines, lon=11.4, lat=53.6, area=None, size=0.5):
    return MapMark(lon=lon, lat=lat, area=area, colour="#c22f18", size=size, lines=lines)


def test_nothing_is_named_that_would_be_fetched():
    html = page(mark("one"), mark("two", area=SQUARE), lines=[[(11.4, 53.6), (11.5, 53.7)]])
    assert not re.findall(r"""(?:src|href)\s*=\s*["']""", html)
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in html
    assert "sourceMappingURL" not in html
    assert re.findall(r"url\([^)]*\)", html) == ["url('data:image/png;base64,AA')"]
    assert not re.findall(r"https?://(?!www\.w3\.org)", html)


def test_a_page_stands_around_the_map():
    html = page(mark("one"))
    assert html.index("<h1>Before</h1>") < html.index('class="report_map"') < html.index("<p>After</p>")
    assert '<html lang="en">' in html
    assert "<title>A &lt;title&gt;</title>" in html
    assert html.count("<body>") == html.count("</body>") == 1


def test_a_name_is_never_a_script():
    html = page(mark("`${alert(1)}`", "</script><script>alert(2)</script>", "\\u003cb"))
    assert "<script>alert" not in html
    assert "`${alert(1)}`" not in re.sub(r'"said":\s*"[^"]*"', "", html)


def test_nothing_to_draw_is_a_map_all_the_same():
    assert "report_map" in page()
    assert "report_map" in page(mark("no place", lon=None, lat=None))
    assert "fitBounds" in page(lines=[[(11.4, 53.6), (11.5, 53.7)]])

"""The public map as one picture: the area that is supplied, and the cells in which customers are out.

Owns the levels of colour. It is an SVG file of its own that a page shows as an image and its script may
enlarge; no tiles, no fonts, no script in it. It counts in its own points, north up, in EPSG:3857.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from math import cos, radians
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from dispatch.public_counts import level_of
from dispatch.public_picture import PublicPicture
from gis.public_cells import PublicCell, PublicCells
from gis.web_mercator import to_web_mercator

LEVELS = (5, 20, 50, 200, 1_000)
WIDTH = 1_000
_MARGIN = 20.0
_TALLEST, _SHORTEST = 1_600.0, 500.0
_NARROWEST_M = 2_000.0
_MOST_LABELS = 14
_LABEL_HEIGHT = 50.0
_LABEL_WIDTH_A_SIGN = 19.0
_BAR = 200.0

_STYLE = """
.land{fill:#e8e6e1;stroke:#bdb9b0;stroke-width:1}
.l1{fill:#fdd49e}.l2{fill:#fdae61}.l3{fill:#f46d43}.l4{fill:#c4321f}.l5{fill:#7f0d12}
.out{stroke:#5b1a12;stroke-width:calc(.8px*var(--near,1));stroke-linejoin:round}
text{font:calc(28px*var(--near,1)) system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
fill:#222;
stroke:#fff;stroke-width:calc(5px*var(--near,1));stroke-linejoin:round;paint-order:stroke;text-anchor:middle}
.bar{stroke:#222;stroke-width:3;fill:none}
@media(prefers-color-scheme:dark){.land{fill:#2b2b2b;stroke:#4a4a4a}text{fill:#eee;stroke:#111}
.bar{stroke:#eee}.out{stroke:#000}}
"""

Points = npt.NDArray[np.float64]


class MapPainter:
    """Draws pictures; what depends on the cells alone is worked out once, since cells stay as they are."""

    def __init__(self) -> None:
        """Start with nothing worked out."""
        self._ground: _Ground | None = None

    def draw(self, picture: PublicPicture) -> str:
        """Return the picture as an SVG document."""
        if not picture.cells.cells:
            return _document("", height=_SHORTEST)
        if self._ground is None or self._ground.cells is not picture.cells:
            self._ground = _Ground(picture.cells)
        ground = self._ground
        shapes = [
            f'<path class="out l{level_of(area.customers, LEVELS)}" d="{ground.path_of(area.cell)}"/>'
            for area in sorted(picture.areas, key=lambda one: one.customers)
        ]
        return _document("\n".join([ground.land, *shapes, *ground.labels]), height=ground.frame.height)


class _Ground:
    """What is the same on every picture of the same cells."""

    def __init__(self, cells: PublicCells) -> None:
        self.cells = cells
        outlines = to_web_mercator(np.array([cell.outline for cell in cells.cells], dtype=object))
        land = shapely.union_all(outlines, grid_size=0.1)
        self.frame = _Frame(land.bounds, middle_lat=cells.cells[0].outline.centroid.y)
        self.land = f'<path class="land" d="{self.frame.path(land)}"/>'
        self.labels = [*_labels(cells.cells, self.frame), self.frame.bar()]
        self._outlines = {cell.id: outline for cell, outline in zip(cells.cells, outlines, strict=True)}

    def path_of(self, cell: PublicCell) -> str:
        """Return the outline of a cell as a path."""
        return self.frame.path(self._outlines[cell.id])


class _Frame:
    """Where a place in EPSG:3857 lies on the picture."""

    def __init__(self, bounds: tuple[float, float, float, float], *, middle_lat: float) -> None:
        west, south, east, north = bounds
        across = max(east - west, _NARROWEST_M)
        up = max(north - south, _NARROWEST_M / 2)
        self._scale = min((WIDTH - 2 * _MARGIN) / across, (_TALLEST - 2 * _MARGIN) / up)
        self.height = max(_SHORTEST, up * self._scale + 2 * _MARGIN)
        self._centre = np.array([(west + east) / 2, (south + north) / 2])
        self._metre = self._scale / cos(radians(middle_lat))

    def place(self, metres: Points) -> Points:
        """Return points of the picture, y downwards."""
        placed: Points = (metres - self._centre) * [self._scale, -self._scale] + [WIDTH / 2, self.height / 2]
        return placed

    def path(self, geometry: Any) -> str:
        """Return an outline as a path, its holes with it, in steps of a tenth of a point."""
        rings: list[str] = []
        for part in shapely.get_parts(geometry):
            for ring in (part.exterior, *part.interiors):
                corners = np.round(self.place(np.asarray(ring.coords)[:-1]), 1).tolist()
                rings.append("M" + "L".join(f"{x:g},{y:g}" for x, y in corners) + "Z")
        return "".join(rings)

    def bar(self) -> str:
        """Return a scale: a round length that is not longer than a fifth of the picture."""
        longest_m = _BAR / self._metre
        power = 10 ** int(np.floor(np.log10(longest_m)))
        length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
        said = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"  # noqa: PLR2004 - a kilometre
        right, y = WIDTH - _MARGIN, self.height - _MARGIN
        left = right - length_m * self._metre
        return (
            f'<path class="bar" d="M{left:.1f},{y - 8:.1f}V{y:.1f}H{right:.1f}V{y - 8:.1f}"/>'
            f'<text x="{(left + right) / 2:.1f}" y="{y - 14:.1f}">{said}</text>'
        )


def _labels(cells: Iterable[PublicCell], frame: _Frame) -> list[str]:
    """Return the names of the largest districts, those that would lie on each other left out."""
    found: dict[str, list[PublicCell]] = {}
    for cell in cells:
        if cell.district:
            found.setdefault(cell.district, []).append(cell)
    largest = sorted(found, key=lambda name: (-sum(cell.customers for cell in found[name]), name))
    taken: list[tuple[float, float, float]] = []
    labels: list[str] = []
    for name in largest:
        x, y = _middle(found[name], frame)
        half = len(name) * _LABEL_WIDTH_A_SIGN / 2
        x = min(max(x, half + _MARGIN), WIDTH - half - _MARGIN)
        is_free = all(
            abs(y - other_y) > _LABEL_HEIGHT or abs(x - other_x) > half + other_half
            for other_x, other_y, other_half in taken
        )
        if is_free and len(labels) < _MOST_LABELS:
            taken.append((x, y, half))
            labels.append(f'<text x="{x:.0f}" y="{y:.0f}">{escape(name)}</text>')
    return labels


def _middle(cells: list[PublicCell], frame: _Frame) -> tuple[float, float]:
    weights = [cell.customers for cell in cells]
    middles = np.array([[cell.outline.centroid.x, cell.outline.centroid.y] for cell in cells])
    point = np.average(middles, axis=0, weights=weights)
    metres = to_web_mercator(np.array([shapely.Point(point)], dtype=object))
    x, y = frame.place(shapely.get_coordinates(metres))[0]
    return float(x), float(y)


def _document(content: str, *, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}">'
        f"<style>{_STYLE}</style>\n{content}\n</svg>\n"
    )

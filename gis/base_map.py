"""A base map that lies beside Relight: a PMTiles file or a folder of tiles, raster or vector.

RULE 1: a file is PMTiles version 3; a folder holds `{z}/{x}/{y}.png` (jpg, jpeg, webp, avif, mvt, pbf), one
    kind of tile, counted from the north, and may hold a `metadata.json` with name and attribution.
RULE 2: whoever sets a base map is told at once what is wrong with it; a tile that is missing is no error.
RULE 3: tiles are handed on as they are. What is gzipped stays so; of other compressions not every browser
    can undo, so they are refused.
"""

from __future__ import annotations

import gzip
import json
import mmap
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from gis.errors import BaseMapError

HIGHEST_ZOOM = 24
_MEDIA_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "avif": "image/avif",
    "mvt": "application/vnd.mapbox-vector-tile",
    "pbf": "application/vnd.mapbox-vector-tile",
}
_VECTOR = frozenset({"mvt", "pbf"})
_KINDS = {
    TileType.MVT: "mvt",
    TileType.PNG: "png",
    TileType.JPEG: "jpeg",
    TileType.WEBP: "webp",
    TileType.AVIF: "avif",
}
_HEADER_BYTES = 127
_DEEPEST_DIRECTORY = 4  # as the specification of PMTiles says
_DIRECTORIES_KEPT = 256
# What reading a file that is no such file, or was cut off, may raise.
_DAMAGED = (OSError, ValueError, EOFError, IndexError, zlib.error)
_GZIP = b"\x1f\x8b"
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class BaseMapTile:
    """One tile as it is kept."""

    content: bytes
    media_type: str
    is_gzipped: bool


@dataclass(frozen=True, slots=True)
class BaseMapDetails:
    """What a page must know to draw a base map; `bounds` are west, south, east, north in degrees, if told.

    `layers` are the names of a vector map's layers, as its maker told them.
    """

    kind: Literal["raster", "vector"]
    name: str
    attribution: str
    lowest_zoom: int
    highest_zoom: int
    bounds: tuple[float, float, float, float] | None
    layers: tuple[str, ...]
    made: str


class BaseMap(Protocol):
    """A base map that is there."""

    details: BaseMapDetails

    def tile(self, *, z: int, x: int, y: int) -> BaseMapTile | None:
        """Return a tile; None where there is none."""
        ...


def open_base_map(place: Path, *, attribution: str | None = None) -> BaseMap:
    """Open a PMTiles file or a folder of tiles; BaseMapError says what is wrong and what to do.

    `attribution` stands in place of what the map itself says.
    """
    if place.is_dir():
        return FolderMap(place, attribution=attribution)
    if not place.exists():
        raise BaseMapError("missing", f"There is no file or folder {place}.")
    return FileMap(place, attribution=attribution)


class FileMap:
    """A PMTiles file, read where it is needed."""

    def __init__(self, file: Path, *, attribution: str | None = None) -> None:
        """Read header and metadata."""
        try:
            with file.open("rb") as opened:
                self._mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
            self._header = deserialize_header(self._bytes(0, _HEADER_BYTES))
            told = self._metadata()
        except (*_DAMAGED, MagicNumberNotFound, SpecVersionUnsupported) as error:
            words = _why_no_pmtiles(error)
            raise BaseMapError("not_pmtiles", f"{file} {words}") from error
        ending = _KINDS.get(self._header["tile_type"])
        if ending is None:
            raise BaseMapError("tile_kind", f"{file} holds tiles of a kind that the map cannot draw.")
        if self._header["tile_compression"] not in (Compression.NONE, Compression.GZIP, Compression.UNKNOWN):
            text = f"Not every browser reads tiles compressed as those in {file}: make it with gzip."
            raise BaseMapError("compression", text)
        self._media_type = _MEDIA_TYPES[ending]
        self._directory = lru_cache(maxsize=_DIRECTORIES_KEPT)(self._read_directory)
        low, high = self._header["min_zoom"], self._header["max_zoom"]
        header = self._header
        west, south = header["min_lon_e7"] / 1e7, header["min_lat_e7"] / 1e7
        east, north = header["max_lon_e7"] / 1e7, header["max_lat_e7"] / 1e7
        self.details = _details(
            told if isinstance(told, dict) else {},
            place=file,
            is_vector=ending in _VECTOR,
            zooms=(low, high),
            bounds=(west, south, east, north) if west < east and south < north else None,
            attribution=attribution,
        )

    def tile(self, *, z: int, x: int, y: int) -> BaseMapTile | None:
        """Return a tile; None where there is none."""
        if not _is_tile(z, x, y):
            return None
        wanted = zxy_to_tileid(z, x, y)
        offset, length = self._header["root_offset"], self._header["root_length"]
        for _ in range(_DEEPEST_DIRECTORY):
            try:
                found = find_tile(self._directory(offset, length), wanted)
            except _DAMAGED:
                return None
            if found is None:
                return None
            if found.run_length:
                content = self._bytes(self._header["tile_data_offset"] + found.offset, found.length)
                return _kept(content, self._media_type)
            offset, length = self._header["leaf_directory_offset"] + found.offset, found.length
        return None

    def _bytes(self, offset: int, length: int) -> bytes:
        return self._mapped[offset : offset + length]

    def _metadata(self) -> Any:
        written = self._bytes(self._header["metadata_offset"], self._header["metadata_length"])
        is_packed = self._header["internal_compression"] == Compression.GZIP
        return json.loads(gzip.decompress(written) if is_packed else written)

    def _read_directory(self, offset: int, length: int) -> list[Entry]:
        return deserialize_directory(self._bytes(offset, length))


class FolderMap:
    """A folder of tiles, `{z}/{x}/{y}.{kind}`."""

    def __init__(self, folder: Path, *, attribution: str | None = None) -> None:
        """Look which zooms there are, and at one tile for their kind."""
        self._folder = folder
        zooms = sorted(int(one.name) for one in folder.iterdir() if one.name.isdecimal() and one.is_dir())
        tile = next((found for zoom in zooms if (found := _first_tile(folder / str(zoom)))), None)
        if tile is None:
            text = (
                f"The folder {folder} holds no tiles: they must lie in it as {{z}}/{{x}}/{{y}}.png "
                f"(or {', '.join(ending for ending in _MEDIA_TYPES if ending != 'png')})."
            )
            raise BaseMapError("folder_layout", text)
        self._ending = tile.suffix[1:].lower()
        self._suffix = tile.suffix
        told = _read_told(folder)
        self.details = _details(
            told,
            place=folder,
            is_vector=self._ending in _VECTOR,
            zooms=(zooms[0], zooms[-1]),
            bounds=_told_bounds(told),
            attribution=attribution,
        )

    def tile(self, *, z: int, x: int, y: int) -> BaseMapTile | None:
        """Return a tile; None where there is none."""
        if not _is_tile(z, x, y):
            return None
        try:
            content = (self._folder / str(z) / str(x) / f"{y}{self._suffix}").read_bytes()
        except OSError:
            return None
        return _kept(content, _MEDIA_TYPES[self._ending])


def _is_tile(z: int, x: int, y: int) -> bool:
    return 0 <= z <= HIGHEST_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z


def _kept(content: bytes, media_type: str) -> BaseMapTile:
    return BaseMapTile(content=content, media_type=media_type, is_gzipped=content.startswith(_GZIP))


def _first_tile(zoom: Path) -> Path | None:
    for column in sorted(one for one in zoom.iterdir() if one.name.isdecimal() and one.is_dir()):
        for tile in sorted(column.iterdir()):
            if tile.stem.isdecimal() and tile.suffix[1:].lower() in _MEDIA_TYPES:
                return tile
    return None


def _read_told(folder: Path) -> Mapping[str, Any]:
    """Return what the maker of a folder wrote beside the tiles; nothing where that cannot be read."""
    for name in ("metadata.json", "tiles.json", "tilejson.json"):
        try:
            told = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(told, dict):
            return told
    return {}


def _told_bounds(told: Mapping[str, Any]) -> tuple[float, float, float, float] | None:
    bounds = told.get("bounds")
    parts = bounds.split(",") if isinstance(bounds, str) else bounds
    try:
        west, south, east, north = (float(one) for one in parts or ())
    except (TypeError, ValueError):
        return None
    return (west, south, east, north) if west < east and south < north else None


def _details(
    told: Mapping[str, Any],
    *,
    place: Path,
    is_vector: bool,
    zooms: tuple[int, int],
    bounds: tuple[float, float, float, float] | None,
    attribution: str | None,
) -> BaseMapDetails:
    layers = told.get("vector_layers")
    if layers is None and isinstance(told.get("json"), str):
        layers = _inner_layers(told["json"])
    names = [one.get("id") for one in layers or () if isinstance(one, dict)]
    stated = place.stat()
    return BaseMapDetails(
        kind="vector" if is_vector else "raster",
        name=str(told.get("name") or place.stem),
        # What a file says is shown as text: nobody's markup gets into the page.
        attribution=attribution or _TAGS.sub("", str(told.get("attribution") or "")).strip(),
        lowest_zoom=zooms[0],
        highest_zoom=zooms[1],
        bounds=bounds,
        layers=tuple(name for name in names if isinstance(name, str)),
        made=f"{int(stated.st_mtime)}-{stated.st_size}",
    )


def _inner_layers(text: str) -> Any:
    """Return the layers that mbutil and tippecanoe write as JSON within JSON."""
    try:
        return json.loads(text).get("vector_layers")
    except (ValueError, AttributeError):
        return None


def _why_no_pmtiles(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return "may not be read by the account that Relight runs as."
    if isinstance(error, SpecVersionUnsupported):
        return "is a PMTiles file of another version than 3: convert it with `pmtiles convert`."
    return "is not a PMTiles file. An MBTiles file becomes one with `pmtiles convert`."

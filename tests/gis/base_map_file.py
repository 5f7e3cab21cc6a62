"""Small base maps made in tests: a PMTiles file and a folder of tiles."""

from __future__ import annotations

import gzip
import io

from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

# What a page of any map maker may say: markup is shown as text, never as markup.
METADATA = {
    "name": "Streets",
    "attribution": '<a href="https://example.org">© Mappers</a>',
    "vector_layers": [{"id": "water", "fields": {}}, {"id": "roads", "fields": {}}],
}


def png(colour=(210, 225, 235)):
    """Return a picture of one colour, as wide as a tile."""
    written = io.BytesIO()
    Image.new("RGB", (256, 256), colour).save(written, format="PNG")
    return written.getvalue()


def write_pmtiles(
    file, tiles, *, kind=TileType.PNG, compression=Compression.NONE, zooms=(0, 2), metadata=METADATA
):
    """Write a PMTiles file of {(z, x, y): bytes}."""
    with file.open("wb") as opened:
        writer = Writer(opened)
        for place in sorted(tiles, key=lambda place: zxy_to_tileid(*place)):
            writer.write_tile(zxy_to_tileid(*place), tiles[place])
        header = {
            "tile_type": kind,
            "tile_compression": compression,
            "min_zoom": zooms[0],
            "max_zoom": zooms[1],
            "min_lon_e7": 110_000_000,
            "min_lat_e7": 530_000_000,
            "max_lon_e7": 120_000_000,
            "max_lat_e7": 540_000_000,
            "center_zoom": 1,
            "center_lon_e7": 0,
            "center_lat_e7": 0,
        }
        writer.finalize(header, dict(metadata))
    return file


def write_folder(folder, tiles, *, ending="png"):
    """Write a folder of tiles of {(z, x, y): bytes}."""
    for (z, x, y), content in tiles.items():
        column = folder / str(z) / str(x)
        column.mkdir(parents=True, exist_ok=True)
        (column / f"{y}.{ending}").write_bytes(content)
    return folder


def gzipped(content):
    """Return content as vector tiles are kept."""
    return gzip.compress(content, mtime=0)

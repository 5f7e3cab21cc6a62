"""Tiles that were made before, kept in files by network version: `<version>-<import>/<z>/<x>/<y>.mvt.gz`.

A tile never changes while its version stands, so nothing is ever made invalid: a version's folder goes when
two newer ones are in use. The files may be deleted at any time; what is missing is made again.
"""

from __future__ import annotations

import gzip
import logging
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from gis.network_versions import network_version_details
from gis.tiles import vector_tile

logger = logging.getLogger(__name__)

# Counts up when tiles are made in another way, so that neither a folder nor a browser shows old ones; pages
# name it in the addresses of tiles (web/src/shared/map/tile_address.ts): a browser never asks twice for one.
RECIPE = 2
# Nearer than this the map enlarges what it has (web/src/shared/map/network_style.ts).
_HIGHEST_KEPT_ZOOM = 17
_KEPT_VERSIONS = 2
# Tiles shrink to a third even so, and a crew's phone waits for bytes, not for the server.
_QUICKEST = 1


@dataclass(frozen=True, slots=True)
class Tile:
    """One vector tile, gzipped; `tag` is the same as long as its bytes are, and of no other tile."""

    gzipped: bytes
    tag: str


class TileCache:
    """The tiles of all versions; without a folder each is made when it is asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        """Start with nothing known; the folder is made with the first tile."""
        self._folder = folder
        # A version's number may come again in another database; the moment of its import does not.
        self._names: dict[int, str] = {}

    def find(self, *, network_version: int, z: int, x: int, y: int) -> Tile | None:
        """Return a tile that was made before, without asking the database; None if there is none."""
        name = self._names.get(network_version)
        if name is None or self._folder is None:
            return None
        try:
            return Tile((self._folder / _path(name, z, x, y)).read_bytes(), _tag(name, z, x, y))
        except OSError:
            return None

    def make(self, session: Session, *, network_version: int, z: int, x: int, y: int) -> Tile:
        """Return a tile, made now unless another process has; a tile where nothing lies is empty.

        NetworkVersionNotFoundError and TileOutOfRangeError where there is none.
        """
        if network_version not in self._names:
            imported_at = network_version_details(session, network_version=network_version).imported_at
            self._names[network_version] = f"{network_version}-{imported_at:%Y%m%dT%H%M%S%f}-{RECIPE}"
            if kept := self.find(network_version=network_version, z=z, x=x, y=y):
                return kept
        name = self._names[network_version]
        plain = vector_tile(session, network_version=network_version, z=z, x=x, y=y)
        tile = Tile(gzip.compress(plain, _QUICKEST, mtime=0), _tag(name, z, x, y))
        if plain and self._folder is not None and z <= _HIGHEST_KEPT_ZOOM:
            self._keep(self._folder, name, _path(name, z, x, y), tile)
        return tile

    def _keep(self, folder: Path, name: str, path: Path, tile: Tile) -> None:
        try:
            if not (folder / name).exists():
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                _forget_old_versions(folder, newest=name)
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            # Whole or not at all: another process may read it at this moment.
            beside = file.with_name(f".{secrets.token_hex(4)}")
            beside.write_bytes(tile.gzipped)
            beside.replace(file)
        except OSError as error:
            logger.warning("tiles cannot be kept in %s (%s)", folder, error.strerror)


def _forget_old_versions(folder: Path, *, newest: str) -> None:
    others = [entry for entry in os.scandir(folder) if entry.is_dir() and entry.name != newest]
    for entry in sorted(others, key=lambda entry: entry.stat().st_mtime)[: 1 - _KEPT_VERSIONS]:
        shutil.rmtree(entry.path, ignore_errors=True)


def _path(name: str, z: int, x: int, y: int) -> Path:
    return Path(name) / str(z) / str(x) / f"{y}.mvt.gz"


def _tag(name: str, z: int, x: int, y: int) -> str:
    return f"{name}-{z}-{x}-{y}"

"""A city written to two files: the network package, and its streets beside it.

Both are the same bytes for the same city: the package says it was written at a fixed moment.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gis.errors import NetworkPackageError
from gis.network_package import write_network_package
from storm.city.city import City
from storm.city.streets_file import require_streets_path, write_streets

_WRITTEN_AT = datetime(2000, 1, 1, tzinfo=UTC)


def streets_path_beside(package: Path) -> Path:
    """Return where the streets of a package are written when nobody says where."""
    return package.with_name(f"{package.stem}.osm.pbf")


def require_places(*, package: Path, streets: Path) -> None:
    """Raise StreetsNotWrittenError or NetworkPackageError where a file of that name cannot be written.

    Asked first, so that nobody waits for a city that then has no place.
    """
    if package.is_dir() or not package.parent.is_dir():
        raise NetworkPackageError(
            f"{package} cannot be written: name a file (*.gpkg) in a folder that exists."
        )
    require_streets_path(streets)


def write_city(
    city: City, *, package: Path, streets: Path, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Write both files, each whole or not at all. NetworkPackageError, StreetsNotWrittenError."""
    write_streets(city.streets, streets)
    write_network_package(city.tables, package, written_at=_WRITTEN_AT, progress=progress)

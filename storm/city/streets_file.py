"""Streets as an OpenStreetMap file (`*.osm.pbf`), whole or not at all; the same streets, the same bytes."""

from __future__ import annotations

import secrets
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

from storm.city.streets import Streets
from storm.errors import StreetsNotWrittenError

_SUFFIX = ".osm.pbf"


def require_streets_path(path: Path) -> None:
    """Raise StreetsNotWrittenError where streets cannot be written to a file of that name."""
    if not path.name.endswith(_SUFFIX) or path.name == _SUFFIX:
        raise StreetsNotWrittenError(path=path, reason=f"its name does not end in {_SUFFIX}")
    if path.is_dir() or not path.parent.is_dir():
        raise StreetsNotWrittenError(path=path, reason="it is a folder, or in none that exists")


def write_streets(streets: Streets, path: str | Path) -> None:
    """Write streets to a file that ends in `.osm.pbf`; one that stands there is replaced.

    Corners and ways are numbered from 1. StreetsNotWrittenError when the file cannot be written.
    """
    path = Path(path)
    require_streets_path(path)
    unfinished = path.with_name(f".{secrets.token_hex(4)}.osm.pbf")
    try:
        _write(streets, unfinished)
        unfinished.replace(path)
    except (OSError, RuntimeError) as error:
        raise StreetsNotWrittenError(path=path, reason=str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _write(streets: Streets, path: Path) -> None:
    header = osmium.io.Header()
    header.set("generator", "relight storm city")
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for number, place in enumerate(zip(streets.lon.tolist(), streets.lat.tolist(), strict=True), start=1):
            writer.add_node(Node(id=number, version=1, location=place))
        nodes, starts = (streets.way_nodes + 1).tolist(), streets.way_starts.tolist()
        for way in range(streets.way_count):
            writer.add_way(
                Way(
                    id=way + 1,
                    version=1,
                    nodes=nodes[starts[way] : starts[way + 1]],
                    tags=_tags(streets, way),
                )
            )


def _tags(streets: Streets, way: int) -> dict[str, str]:
    tags = {"highway": streets.highways[way], "maxspeed": str(int(streets.maxspeed_kmh[way]))}
    if streets.names[way]:
        tags["name"] = streets.names[way]
    if streets.oneway[way]:
        tags["oneway"] = "yes"
    if streets.is_private[way]:
        tags["access"] = "private"
    return tags

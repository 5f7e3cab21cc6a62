"""The roads in force, read once per process and version."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from gis.roads.graph_file import open_graph, save_graph
from gis.roads.road_versions import load_roads, road_version_details, road_version_in_force
from gis.roads.travel_graph import TravelGraph
from topology.errors import NetworkFileError

logger = logging.getLogger(__name__)

FILE_SUFFIX = ".roads"


@dataclass(frozen=True, slots=True)
class RoadsInForce:
    """One road version with its travel graph, all roads open."""

    road_version: int
    graph: TravelGraph


class RoadCache:
    """Keeps the road version in force; opens another one only when it has been imported.

    With a folder, a version is read from the database once, by whichever process comes first, and saved
    there; all processes then map the same file. Without one, each process keeps a graph of its own.
    """

    def __init__(self, *, folder: Path | None = None) -> None:
        """Start empty; the folder is made when it is first needed."""
        self._folder = folder
        self._kept: RoadsInForce | None = None

    def in_force(self, session: Session) -> RoadsInForce | None:
        """Return the road version in force; None before the first import."""
        road_version = road_version_in_force(session)
        if road_version is None:
            return None
        if self._kept is None or self._kept.road_version != road_version:
            self._kept = RoadsInForce(road_version=road_version, graph=self._open(session, road_version))
        return self._kept

    def _open(self, session: Session, road_version: int) -> TravelGraph:
        if self._folder is None:
            return TravelGraph(load_roads(session, road_version=road_version))
        # A version's number may come again in another database; the moment of its import does not.
        imported_at = road_version_details(session, road_version=road_version).imported_at
        path = self._folder / f"{road_version}-{imported_at:%Y%m%dT%H%M%S%f}{FILE_SUFFIX}"
        try:
            return open_graph(path)
        except FileNotFoundError:
            pass
        except (NetworkFileError, OSError) as error:
            logger.warning("%s; made anew", error)
        graph = TravelGraph(load_roads(session, road_version=road_version))
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            save_graph(graph, path)
            self._forget_old_files(path)
            return open_graph(path)
        except OSError as error:
            logger.warning("the roads cannot be kept in %s (%s)", self._folder, error.strerror)
            return graph

    def _forget_old_files(self, newest: Path) -> None:
        """Keep the file in use and the one before it, which another process may just be opening."""
        others = [path for path in newest.parent.glob(f"*{FILE_SUFFIX}") if path != newest]
        for path in sorted(others, key=lambda path: path.stat().st_mtime)[:-1]:
            path.unlink(missing_ok=True)

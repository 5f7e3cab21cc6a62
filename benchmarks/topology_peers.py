"""The peers of the topology benchmark: the same network in networkx, rustworkx, igraph and PostGIS.

Each is given the tree already turned away from the sources, which Relight works out itself, and answers with
the service points below a node in any order. Loading is not timed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import igraph
import networkx as nx
import numpy as np
import psycopg
import rustworkx

from gis.cluster import PrivateCluster
from topology.arrays import IntArray
from topology.network import Network
from topology.supply_tree import SupplyTree


@dataclass(frozen=True)
class Tree:
    """The energised network as plain edges from parent to child node, sources hung from one root."""

    network: Network
    parents: IntArray
    children: IntArray

    @property
    def root(self) -> int:
        """The number of the root above the sources."""
        return self.network.node_count

    def service_points(self, nodes: Collection[int]) -> IntArray:
        """Return the service points at some nodes, all at once in numpy."""
        starts, points = self.network.services
        inside = np.fromiter(nodes, dtype=np.int64, count=len(nodes))
        counts = starts[inside + 1] - starts[inside]
        before = np.cumsum(counts) - counts
        found: IntArray = points[np.repeat(starts[inside] - before, counts) + np.arange(counts.sum())]
        return found


class Peer(Protocol):
    """Something that can say which service points are below a node."""

    name: str

    def below(self, node: int) -> IntArray:
        """Return the service points at a node and below it."""


def tree_of(supply: SupplyTree) -> Tree:
    """Return the tree of the forest that all phases share."""
    walk = supply.joint.walk
    positions = np.arange(1, len(walk.node_at))
    return Tree(supply.network, walk.node_at[walk.parent[positions]], walk.node_at[positions])


class Networkx:
    """networkx: `descendants` of a directed graph."""

    name = "networkx"

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.graph: nx.DiGraph[int] = nx.DiGraph()
        self.graph.add_edges_from(zip(tree.parents.tolist(), tree.children.tolist(), strict=True))

    def below(self, node: int) -> IntArray:
        """Return the service points at a node and below it."""
        return self._tree.service_points({node, *nx.descendants(self.graph, node)})

    def walk(self) -> int:
        """Walk everything from the root, and count."""
        return len(nx.descendants(self.graph, self._tree.root))


class Rustworkx:
    """rustworkx: `descendants` of a directed graph."""

    name = "rustworkx"

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.graph = rustworkx.PyDiGraph(multigraph=False)
        self.graph.add_nodes_from(range(tree.network.node_count + 1))
        self.graph.add_edges_from_no_data(
            list(zip(tree.parents.tolist(), tree.children.tolist(), strict=True))
        )

    def below(self, node: int) -> IntArray:
        """Return the service points at a node and below it."""
        return self._tree.service_points({node, *rustworkx.descendants(self.graph, node)})

    def walk(self) -> int:
        """Walk everything from the root, and count."""
        return len(rustworkx.descendants(self.graph, self._tree.root))


class Igraph:
    """igraph: `subcomponent` of a directed graph, outwards."""

    name = "igraph"

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        edges = np.stack([tree.parents, tree.children], axis=1)
        self.graph = igraph.Graph(n=tree.network.node_count + 1, edges=edges.tolist(), directed=True)

    def below(self, node: int) -> IntArray:
        """Return the service points at a node and below it."""
        return self._tree.service_points(self.graph.subcomponent(node, mode="out"))

    def walk(self) -> int:
        """Walk everything from the root, and count."""
        return len(self.graph.subcomponent(self._tree.root, mode="out")) - 1


class PostGis:
    """A recursive query over indexed tables in PostGIS."""

    name = "PostGIS"

    def __init__(self, tree: Tree, connection: psycopg.Connection) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS edge, service_point")
            cursor.execute("CREATE TABLE edge (parent int, child int)")
            cursor.execute("CREATE TABLE service_point (id int, node int)")
            with cursor.copy("COPY edge FROM STDIN") as copy:
                for row in zip(tree.parents.tolist(), tree.children.tolist(), strict=True):
                    copy.write_row(row)
            with cursor.copy("COPY service_point FROM STDIN") as copy:
                for row in enumerate(tree.network.service_point_nodes.tolist()):
                    copy.write_row(row)
            cursor.execute("CREATE INDEX ON edge (parent) INCLUDE (child)")
            cursor.execute("CREATE INDEX ON service_point (node) INCLUDE (id)")
            cursor.execute("VACUUM ANALYZE edge, service_point")

    def below(self, node: int) -> IntArray:
        """Return the service points at a node and below it."""
        found = self._connection.execute(
            """
            WITH RECURSIVE below (node) AS (
                SELECT %s::int
                UNION ALL
                SELECT edge.child FROM edge JOIN below ON edge.parent = below.node
            )
            SELECT service_point.id FROM below JOIN service_point USING (node)
            """,
            [node],
        ).fetchall()
        return np.array([one for (one,) in found], dtype=np.int32)


@contextmanager
def postgis() -> Iterator[psycopg.Connection]:
    """Start a private PostGIS of this benchmark's own, and remove it again."""
    with TemporaryDirectory(prefix="relight-benchmark-") as folder:
        # The server runs under an account of its own, which must be able to pass through.
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(Path(folder) / "home")
        cluster.start()
        try:
            cluster.create_database("benchmark")
            with psycopg.connect(cluster.url("benchmark"), autocommit=True) as connection:
                yield connection
        finally:
            cluster.stop()

"""The private PostGIS cluster: a PostgreSQL that Relight itself makes, starts and stops.

It uses the binaries installed on the machine, keeps its own data folder, answers only on a unix socket, and
never touches the system's own cluster. `RELIGHT_DATABASE_URL` is for those who have a server already.
"""

from gis.cluster.home import default_home
from gis.cluster.private_cluster import PrivateCluster

__all__ = ["PrivateCluster", "default_home"]

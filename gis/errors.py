"""The error family of gis: what can go wrong with places, network files and the database that keeps them.

It owns no HTTP status: `api` maps these to answers. Dirty network data is a `Finding`, not an error.
"""


class GisError(Exception):
    """Something in the gis room failed; the text names the thing and the way out."""


class ClusterError(GisError):
    """The private PostGIS cluster cannot be found, made, started or stopped."""


class DatabaseUrlError(GisError):
    """A database address is not one that Relight can use."""

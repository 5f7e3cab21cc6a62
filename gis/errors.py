"""The error family of gis: what can go wrong with places, network files and the database that keeps them.

It owns no HTTP status: `api` maps these to answers. Dirty network data is a `Finding`, not an error.
"""


class GisError(Exception):
    """Something in the gis room failed; the text names the thing and the way out."""


class ClusterError(GisError):
    """The private PostGIS cluster cannot be found, made, started or stopped."""


class DatabaseUrlError(GisError):
    """A database address is not one that Relight can use."""


class NetworkPackageError(GisError):
    """A network file cannot be read or written as it is; the text names layer, column and the way out."""


class SimbenchError(GisError):
    """The SimBench data set is not installed, or does not hold the grid asked for."""


class BaseMapError(GisError):
    """A base map cannot be used; `code` says why, the text what to do."""

    def __init__(self, code: str, text: str) -> None:
        """Keep the code."""
        super().__init__(text)
        self.code = code


class NetworkVersionNotFoundError(GisError):
    """No network version has this number."""

    def __init__(self, network_version: int) -> None:
        """Keep the number that was asked for."""
        super().__init__(
            f"There is no network version {network_version}. "
            "Import a network first (relight network import PATH), or name one that was imported."
        )
        self.network_version = network_version


class NetworkVersionInUseError(GisError):
    """A network version that is in force cannot be removed."""

    def __init__(self, network_version: int) -> None:
        """Keep the number that was asked for."""
        super().__init__(
            f"Network version {network_version} is in force and cannot be removed. "
            "Put another one in force first (relight network activate V)."
        )
        self.network_version = network_version


class NetworkVersionBusyError(GisError):
    """A network version cannot be removed at this moment, for others are reading or importing."""

    def __init__(self, network_version: int) -> None:
        """Keep the number that was asked for."""
        super().__init__(
            f"Network version {network_version} cannot be removed now: an import or a long reading is going "
            "on. Nothing was changed; try again in a minute."
        )
        self.network_version = network_version


class UnknownCrsError(GisError):
    """A coordinate reference system that Relight does not know."""


class CoordinatesOutOfRangeError(GisError):
    """A longitude or latitude that is no place on Earth."""


class TileOutOfRangeError(GisError):
    """A tile address that no map has."""

    def __init__(self, *, z: int, x: int, y: int) -> None:
        """Name the address."""
        super().__init__(f"There is no tile {z}/{x}/{y}: x and y run from 0 to 2^z - 1, z from 0 to 22.")

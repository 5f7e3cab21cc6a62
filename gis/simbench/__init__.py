"""SimBench grids read as networks (docs/formats/simbench.md)."""

from gis.simbench.reader import read_simbench

__all__ = ["read_simbench"]

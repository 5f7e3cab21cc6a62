"""CIM models read as networks (docs/formats/cim.md)."""

from gis.cim.reader import read_cim

__all__ = ["read_cim"]

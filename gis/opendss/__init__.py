"""OpenDSS circuits read as networks, through the engine in a process of its own (docs/formats/opendss.md)."""

from gis.opendss.reader import read_opendss

__all__ = ["read_opendss"]

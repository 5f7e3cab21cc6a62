"""Milsoft WindMil circuits read as networks (docs/formats/windmil.md)."""

from gis.windmil.reader import read_windmil

__all__ = ["read_windmil"]

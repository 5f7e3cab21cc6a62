"""An OpenStreetMap PBF file as a row of blobs, handed to pyosmium a few megabytes at a time.

Owns what is told about a file that is not whole: libosmium says "unexpected EOF", a person wants to know
which file, where, and what to do. Blobs are counted by the frame around them (wiki "PBF Format", "File
format"): four bytes with the length of a header, the header with the blob's type and size, the blob.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import osmium

from gis.roads.errors import RoadsFileError

_CHUNK_BYTES = 4 * 2**20
_LARGEST_HEADER_BYTES = 64 * 2**10  # both limits are the format's own
_LARGEST_BLOB_BYTES = 32 * 2**20
_LENGTH_BYTES = 4
_TYPE_FIELD, _SIZE_FIELD = 1, 3
_VARINT, _DELIMITED = 0, 2
_FIRST_BLOB = b"OSMHeader"


@dataclass(frozen=True, slots=True)
class PbfChunk:
    """Some blobs of a file, readable by themselves; `bytes_done` counts from the start of the file."""

    buffer: osmium.io.FileBuffer
    bytes_done: int


def pbf_chunks(path: Path) -> Iterator[PbfChunk]:
    """Yield a file piece by piece; RoadsFileError if it is no PBF file, or ends within a blob."""
    with path.open("rb") as file:
        kind, header = _next_blob(file, path)
        if kind != _FIRST_BLOB:
            raise _not_a_pbf(path)
        chunk = bytearray(header)
        while blob := _next_blob(file, path)[1]:
            chunk += blob
            if len(chunk) >= _CHUNK_BYTES:
                yield PbfChunk(buffer=_buffer(chunk), bytes_done=file.tell())
                chunk = bytearray(header)
        yield PbfChunk(buffer=_buffer(chunk), bytes_done=file.tell())


def _buffer(chunk: bytearray) -> osmium.io.FileBuffer:
    return osmium.io.FileBuffer(bytes(chunk), "pbf")


def _next_blob(file: BinaryIO, path: Path) -> tuple[bytes, bytes]:
    """Return the type of the next blob, and all its bytes with their frame; nothing at the end."""
    start = file.tell()
    length = file.read(_LENGTH_BYTES)
    if not length:
        if start == 0:
            raise RoadsFileError(f"{path} is empty. Give an OpenStreetMap file (*.osm.pbf).")
        return b"", b""
    header_bytes = int.from_bytes(length, "big")
    if len(length) == _LENGTH_BYTES and not 0 < header_bytes <= _LARGEST_HEADER_BYTES:
        raise _not_a_pbf(path) if start == 0 else _damaged(path, start)
    header = file.read(header_bytes)
    if len(length) < _LENGTH_BYTES or len(header) < header_bytes:
        raise _cut_short(path, file.tell()) if start else _not_a_pbf(path)
    try:
        kind, blob_bytes = _blob_header(header)
    except (IndexError, ValueError):
        raise (_damaged(path, start) if start else _not_a_pbf(path)) from None
    if not 0 < blob_bytes <= _LARGEST_BLOB_BYTES:
        raise _damaged(path, start)
    blob = file.read(blob_bytes)
    if len(blob) < blob_bytes:
        raise _cut_short(path, file.tell())
    return kind, length + header + blob


def _blob_header(header: bytes) -> tuple[bytes, int]:
    """Return type and size from a BlobHeader message: field 1 and field 3 in protocol buffers' encoding."""
    kind, size, at = b"", 0, 0
    while at < len(header):
        key, at = _varint(header, at)
        value, at = _varint(header, at)
        if key & 7 == _DELIMITED:
            if key >> 3 == _TYPE_FIELD:
                kind = header[at : at + value]
            at += value
        elif key & 7 != _VARINT:
            raise ValueError(key)
        elif key >> 3 == _SIZE_FIELD:
            size = value
    return kind, size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
        shift += 7


def _not_a_pbf(path: Path) -> RoadsFileError:
    return RoadsFileError(
        f"{path} is not an OpenStreetMap PBF file. Give a *.osm.pbf; other formats are converted to it with: "
        "osmium cat INPUT -o roads.osm.pbf"
    )


def _cut_short(path: Path, end: int) -> RoadsFileError:
    return RoadsFileError(
        f"{path} is cut short: it ends after {end:,} bytes, in the middle of a block. Fetch or copy it again."
    )


def _damaged(path: Path, start: int) -> RoadsFileError:
    return RoadsFileError(
        f"{path} is damaged: what stands at byte {start:,} is no block of a PBF file. Fetch or copy it again."
    )

"""An OpenDSS circuit in our own words: what stands between which conductors of which buses.

Knows nothing of the engine, nor of Relight's tables. An id is OpenDSS's full name, such as
Line.tsw803273_sw: names are unique only within a class.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Terminal:
    """The bus of a terminal and the node of each of its conductors in order; node 0 is ground."""

    bus: str
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A line, or a reactor or capacitor in series; `open` holds positions of open conductors by terminal."""

    id: str
    ends: tuple[Terminal, Terminal]
    open: tuple[frozenset[int], frozenset[int]]
    is_enabled: bool
    lacks_nodes: bool
    switch_kind: str | None
    is_underground: bool
    length_m: float | None
    rated_a: float | None


@dataclass(frozen=True, slots=True)
class Transformer:
    """A transformer; the first winding is the upper side."""

    id: str
    windings: tuple[Terminal, ...]
    open: tuple[frozenset[int], ...]
    is_enabled: bool
    phases: int
    kvs: tuple[float, ...]
    rated_kva: float | None
    is_substation: bool
    substation: str
    bank: str


@dataclass(frozen=True, slots=True)
class Load:
    """A load; its terminal has only nodes that are not ground."""

    id: str
    terminal: Terminal
    is_enabled: bool
    kw: float
    customers: int


@dataclass(frozen=True, slots=True)
class Control:
    """What opens an element at a terminal (from 0): a recloser, a relay, a fuse, or a control of a switch."""

    id: str
    kind: str
    element: str
    terminal: int
    normally_open: bool
    is_remote: bool


@dataclass(frozen=True, slots=True)
class Circuit:
    """All that is read of a script. Buses are in lower case, as the engine has them."""

    name: str
    sources: tuple[Terminal, ...]
    branches: tuple[Branch, ...]
    transformers: tuple[Transformer, ...]
    loads: tuple[Load, ...]
    controls: tuple[Control, ...]
    feeder_heads: Mapping[str, str]
    nominal_kv: Mapping[str, float]
    coordinates: Sequence[tuple[str, str, str, bool]]
    unread_coordinates: Sequence[str]
    not_run: Sequence[str]
    warnings: Sequence[str]
    generators: Sequence[str]
    unread: Sequence[str]

"""The kinds of device, the layer each is drawn on, and which of them inference may blame."""

from __future__ import annotations

from enum import StrEnum


class Layer(StrEnum):
    """The layers of a network package whose ids are unique together."""

    LINE_SECTION = "line_section"
    SWITCH = "switch"
    TRANSFORMER = "transformer"
    SERVICE_POINT = "service_point"


class DeviceKind(StrEnum):
    """The kinds of device; the order is the code in a network's arrays, so new kinds are added at the end."""

    OVERHEAD = "overhead"
    UNDERGROUND = "underground"
    BREAKER = "breaker"
    RECLOSER = "recloser"
    SECTIONALIZER = "sectionalizer"
    FUSE = "fuse"
    SWITCH = "switch"
    DISCONNECTOR = "disconnector"
    STATION = "station"
    DISTRIBUTION = "distribution"
    REGULATOR = "regulator"


KINDS: tuple[DeviceKind, ...] = tuple(DeviceKind)
CODE_OF_KIND: dict[str, int] = {kind.value: code for code, kind in enumerate(KINDS)}

BLAMEABLE_KINDS: frozenset[DeviceKind] = frozenset(
    {
        DeviceKind.BREAKER,
        DeviceKind.RECLOSER,
        DeviceKind.SECTIONALIZER,
        DeviceKind.FUSE,
        DeviceKind.DISTRIBUTION,
    }
)

# What opens by itself on a fault below it (IEEE 100: protective device).
PROTECTIVE_KINDS: frozenset[DeviceKind] = frozenset(
    {DeviceKind.BREAKER, DeviceKind.RECLOSER, DeviceKind.SECTIONALIZER, DeviceKind.FUSE}
)

# What a person can open and close where it stands; a line or a transformer can only be isolated by these.
SWITCHABLE_KINDS: frozenset[DeviceKind] = PROTECTIVE_KINDS | {DeviceKind.SWITCH, DeviceKind.DISCONNECTOR}

_LINE_KINDS = frozenset({DeviceKind.OVERHEAD, DeviceKind.UNDERGROUND})
_TRANSFORMER_KINDS = frozenset({DeviceKind.STATION, DeviceKind.DISTRIBUTION, DeviceKind.REGULATOR})


def layer_of(kind: DeviceKind) -> Layer:
    """Return the layer that devices of this kind are drawn on."""
    if kind in _LINE_KINDS:
        return Layer.LINE_SECTION
    return Layer.TRANSFORMER if kind in _TRANSFORMER_KINDS else Layer.SWITCH

"""The columns of the network package (design §4.1), said once.

Reading, writing, COPY and export all follow this list, so that a column is added
in one place (and in `gis.tables`, which a test holds to it).
"""

from dataclasses import dataclass
from enum import StrEnum

from gis.tables import LINE_SECTION_KINDS, OWNERSHIPS, PRIORITIES, SWITCH_KINDS, TRANSFORMER_KINDS


class ColumnType(StrEnum):
    """What a column holds, in the words an error shows."""

    TEXT = "text"
    FLAG = "boolean"
    WHOLE_NUMBER = "integer"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `values` are all it may hold, when the design lists them."""

    name: str
    type: ColumnType
    required: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerColumns:
    """One layer; `key` names its rows, `shape` is None for a layer without geometry."""

    name: str
    key: str
    shape: str | None
    columns: tuple[Column, ...]
    required: bool = True

    @property
    def names(self) -> list[str]:
        """The names of the columns, without the geometry."""
        return [column.name for column in self.columns]


def _text(name: str, *values: str) -> Column:
    return Column(name, ColumnType.TEXT, values=values)


def _number(name: str) -> Column:
    return Column(name, ColumnType.NUMBER)


def _required(name: str, *values: str) -> Column:
    return Column(name, ColumnType.TEXT, required=True, values=values)


def _required_flag(name: str) -> Column:
    return Column(name, ColumnType.FLAG, required=True)


_ENDS = (_required("id"), _required("from_node"), _required("to_node"), _required("phases"))

LAYERS: dict[str, LayerColumns] = {
    layer.name: layer
    for layer in (
        LayerColumns("substation", "id", "Point", (_required("id"), _text("name"))),
        LayerColumns(
            "node",
            "id",
            "Point",
            (_required("id"), _required_flag("is_source"), _text("substation"), _number("nominal_kv")),
        ),
        LayerColumns(
            "line_section",
            "id",
            "LineString",
            (
                *_ENDS,
                _required("kind", *LINE_SECTION_KINDS),
                _number("length_m"),
                _number("rated_a"),
                _text("feeder"),
            ),
        ),
        LayerColumns(
            "switch",
            "id",
            "Point",
            (
                *_ENDS,
                _required("kind", *SWITCH_KINDS),
                _required_flag("normally_open"),
                Column("remote_controlled", ColumnType.FLAG),
                _number("rated_a"),
                _text("feeder"),
                _text("name"),
            ),
        ),
        LayerColumns(
            "transformer",
            "id",
            "Point",
            (
                *_ENDS,
                _required("kind", *TRANSFORMER_KINDS),
                _number("rated_kva"),
                _text("ownership", *OWNERSHIPS),
                _text("feeder"),
                _text("name"),
            ),
        ),
        LayerColumns(
            "service_point",
            "id",
            "Point",
            (
                _required("id"),
                _required("node"),
                _required("phases"),
                Column("customers", ColumnType.WHOLE_NUMBER, required=True),
                _text("meter"),
                _text("account"),
                _text("priority", *PRIORITIES),
                _number("peak_kw"),
                _text("address"),
            ),
        ),
        LayerColumns(
            "customer",
            "account",
            None,
            (_required("account"), _text("name"), _text("phone"), _text("language"), _text("email")),
            required=False,
        ),
    )
}

# The layers whose ids are unique together, in the order in which the first of two equal ids wins.
ASSET_LAYERS = ("line_section", "switch", "transformer", "service_point")

"""Turning any table into a layer with the columns and types of the network package.

A column that is absent or of the wrong type is an error, since nothing sound can be
read from it; a single bad value in a good column is a finding. Numbers in a text
column (ids kept as integers, as many GIS do) become their digits.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from gis.errors import NetworkPackageError
from gis.findings import finding
from gis.network_columns import Column, ColumnType, LayerColumns
from topology.findings import Finding

_WANTED = {
    ColumnType.TEXT: "text (whole numbers are taken as text)",
    ColumnType.FLAG: "boolean (or 0 and 1)",
    ColumnType.WHOLE_NUMBER: "integer",
    ColumnType.NUMBER: "number",
}
_NULLABLE = {
    ColumnType.TEXT: "str",
    ColumnType.FLAG: "boolean",
    ColumnType.WHOLE_NUMBER: "Int64",
    ColumnType.NUMBER: "float64",
}
_FOUND = {"string": "text", "floating": "decimal number", "mixed-integer-float": "decimal number"}


def typed_layer(layer: LayerColumns, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Return the layer's columns in order and in their types, and what was wrong with single values.

    Optional columns that are absent come back as nulls; columns the layer does not know, except
    `geometry`, are left out. NetworkPackageError when a column is missing or of a wrong type.
    """
    _require_columns(layer, frame)
    columns = {column.name: _typed(layer, column, frame) for column in layer.columns}
    if layer.shape is not None:
        columns["geometry"] = frame["geometry"]
    typed = pd.DataFrame(columns, index=frame.index)
    return _checked_values(layer, typed)


def _require_columns(layer: LayerColumns, frame: pd.DataFrame) -> None:
    missing = [column.name for column in layer.columns if column.required and column.name not in frame]
    if missing:
        has = ", ".join(str(name) for name in frame.columns if name != "geometry") or "none"
        raise NetworkPackageError(
            f"Layer '{layer.name}' has no column {_quoted(missing)}. Its columns are: {has}. "
            "Add the column, or rename the one that holds it."
        )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _typed(layer: LayerColumns, column: Column, frame: pd.DataFrame) -> "pd.Series[Any]":
    if column.name not in frame or frame[column.name].isna().all():
        return pd.Series(None, index=frame.index, dtype=_NULLABLE[column.type])
    values: pd.Series[Any] = frame[column.name]
    found = pd.api.types.infer_dtype(values, skipna=True)
    convert = _CONVERSIONS.get((column.type, found))
    if convert is None:
        raise NetworkPackageError(
            f"Layer '{layer.name}', column '{column.name}' holds {_FOUND.get(found, found)} values, "
            f"but {_WANTED[column.type]} is wanted. Change the column's type and write the file again."
        )
    try:
        return convert(values)
    except _WrongValueError as error:
        raise NetworkPackageError(
            f"Layer '{layer.name}', column '{column.name}' holds the value {error.value}, "
            f"but {_WANTED[column.type]} is wanted. Correct the value and write the file again."
        ) from error


class _WrongValueError(Exception):
    def __init__(self, value: object) -> None:
        super().__init__(value)
        self.value = value


def _as_text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.astype("str")


def _digits_as_text(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.astype("Int64").astype("str")


def _as_flag(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.astype("boolean")


def _zero_or_one_as_flag(values: "pd.Series[Any]") -> "pd.Series[Any]":
    wrong = values.dropna()[~values.dropna().isin([0, 1])]
    if not wrong.empty:
        raise _WrongValueError(wrong.iloc[0])
    return values.astype("boolean")


def _as_whole_number(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.astype("Int64")


def _decimals_as_whole_number(values: "pd.Series[Any]") -> "pd.Series[Any]":
    numbers = values.astype("float64")
    wrong = numbers.dropna()[~np.isfinite(numbers.dropna()) | (numbers.dropna() % 1 != 0)]
    if not wrong.empty:
        raise _WrongValueError(wrong.iloc[0])
    return numbers.astype("Int64")


def _as_number(values: "pd.Series[Any]") -> "pd.Series[Any]":
    return values.astype("float64")


# What a required value that is missing is taken as, in which type, and how that is said.
_PLAINEST: dict[ColumnType, tuple[Any, Any, str]] = {
    ColumnType.TEXT: ("", "str", "empty"),
    ColumnType.FLAG: (False, "bool", "false"),
    ColumnType.WHOLE_NUMBER: (0, "int64", "0"),
    ColumnType.NUMBER: (0.0, "float64", "0"),
}

# What a column of each type may be made of, by the type pandas finds in it.
_CONVERSIONS: dict[tuple[ColumnType, str], Callable[["pd.Series[Any]"], "pd.Series[Any]"]] = {
    (ColumnType.TEXT, "string"): _as_text,
    (ColumnType.TEXT, "integer"): _digits_as_text,
    (ColumnType.FLAG, "boolean"): _as_flag,
    (ColumnType.FLAG, "integer"): _zero_or_one_as_flag,
    (ColumnType.WHOLE_NUMBER, "integer"): _as_whole_number,
    (ColumnType.WHOLE_NUMBER, "floating"): _decimals_as_whole_number,
    (ColumnType.WHOLE_NUMBER, "mixed-integer-float"): _decimals_as_whole_number,
    (ColumnType.NUMBER, "integer"): _as_number,
    (ColumnType.NUMBER, "floating"): _as_number,
    (ColumnType.NUMBER, "mixed-integer-float"): _as_number,
}


def _checked_values(layer: LayerColumns, frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Settle single bad values.

    RULE 1: a row without its key cannot be named, and is left out.
    RULE 2: a row of an unknown kind cannot be understood, and is left out.
    RULE 3: any other required value that is missing becomes the plainest one ("" / false / 0).
    RULE 4: an optional value outside its list becomes null.
    RULE 5: a count below zero becomes zero.
    """
    no_key = frame[layer.key].isna() | (frame[layer.key] == "")
    rows = [f"row {number + 1}" for number in np.flatnonzero(no_key)]
    findings = finding(
        rule="missing_id",
        layer=layer.name,
        ids=rows,
        text=f"without '{layer.key}', left out",
    )
    frame = frame[~no_key].reset_index(drop=True)
    for column in layer.columns:
        if column.name == layer.key:
            continue
        if column.values:
            frame, found = _checked_list(layer, column, frame)
            findings += found
        elif column.required:
            found = _fill_missing(layer, column, frame)
            findings += found
    return frame, findings


def _checked_list(
    layer: LayerColumns, column: Column, frame: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    known = frame[column.name].isin(column.values)
    allowed = ", ".join(column.values)
    if column.required:
        ids = frame.loc[~known, layer.key]
        text = f"with a {column.name} that is none of {allowed}: left out"
        found = finding(rule=f"unknown_{column.name}", layer=layer.name, ids=ids, text=text)
        return frame[known].reset_index(drop=True), found
    wrong = ~known & frame[column.name].notna()
    ids = frame.loc[wrong, layer.key]
    text = f"with a {column.name} that is none of {allowed}: taken as not given"
    found = finding(rule=f"unknown_{column.name}", layer=layer.name, ids=ids, text=text)
    frame[column.name] = frame[column.name].mask(wrong)
    return frame, found


def _fill_missing(layer: LayerColumns, column: Column, frame: pd.DataFrame) -> tuple[Finding, ...]:
    value, dtype, word = _PLAINEST[column.type]
    missing = frame[column.name].isna()
    found = finding(
        rule="missing_value",
        layer=layer.name,
        ids=frame.loc[missing, layer.key],
        text=f"without {column.name}: taken as {word}",
    )
    frame[column.name] = frame[column.name].fillna(value).astype(dtype)
    if column.type is ColumnType.WHOLE_NUMBER:
        negative = frame[column.name] < 0
        found += finding(
            rule=f"negative_{column.name}",
            layer=layer.name,
            ids=frame.loc[negative, layer.key],
            text=f"with {column.name} below zero: taken as 0",
        )
        frame[column.name] = frame[column.name].mask(negative, 0)
    return found

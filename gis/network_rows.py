"""Rows of one network version: written with COPY, read back as columns or tables.

Knows the tables and nothing of versions' states; `gis.network_versions` owns those.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, cast

import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql
from sqlalchemy.orm import Session

from gis.network_columns import LAYERS, LayerColumns
from gis.phone_digits import phone_digits

_ROWS_PER_REPORT = 5_000
_SRID = 4326


def driver_connection(session: Session) -> "psycopg.Connection[tuple[Any, ...]]":
    """Return psycopg's own connection inside the session's transaction, for COPY."""
    return cast("psycopg.Connection[tuple[Any, ...]]", session.connection().connection.driver_connection)


def copy_layer(
    session: Session,
    *,
    network_version: int,
    layer: LayerColumns,
    rows: pd.DataFrame,
    progress: Callable[[str, int, int], None] | None,
) -> None:
    """Write the rows of one layer; `progress` gets the layer, the rows done and all its rows."""
    columns = {column.name: _values(rows[column.name]) for column in layer.columns}
    if layer.name == "customer":
        columns["phone_digits"] = [phone_digits(phone) for phone in columns["phone"]]
    if layer.shape is not None:
        columns["geometry"] = _hex_geometry(rows["geometry"].to_numpy())
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(layer.name),
        sql.SQL(", ").join(sql.Identifier(name) for name in ("network_version", *columns)),
    )
    total, done = len(rows), 0
    stream: Iterator[tuple[Any, ...]] = zip([network_version] * total, *columns.values(), strict=True)
    with driver_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        while block := list(islice(stream, _ROWS_PER_REPORT)):
            for row in block:
                copy.write_row(row)
            done += len(block)
            if progress is not None:
                progress(layer.name, done, total)


def _values(column: "pd.Series[Any]") -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def _hex_geometry(geometry: "np.ndarray[Any, np.dtype[np.object_]]") -> list[str | None]:
    located = shapely.set_srid(geometry, _SRID)
    return cast("list[str | None]", shapely.to_wkb(located, hex=True, include_srid=True).tolist())


def fetch_columns(
    session: Session, *, network_version: int, table: str, columns: tuple[str, ...]
) -> list[list[Any]]:
    """Return columns of one version's table, in the order of its ids."""
    statement = sql.SQL('SELECT {} FROM {} WHERE network_version = %s ORDER BY {} COLLATE "C"').format(
        sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        sql.Identifier(table),
        sql.Identifier(LAYERS[table].key),
    )
    with driver_connection(session).cursor(binary=True) as cursor:
        rows = cursor.execute(statement, (network_version,)).fetchall()
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in columns]


def fetch_layer(session: Session, *, network_version: int, layer: LayerColumns) -> pd.DataFrame:
    """Return one version's layer as a table, in the order of its ids."""
    names = (*layer.names, "geometry") if layer.shape is not None else tuple(layer.names)
    columns = fetch_columns(session, network_version=network_version, table=layer.name, columns=names)
    frame = pd.DataFrame(
        {name: pd.Series(values, dtype=object) for name, values in zip(names, columns, strict=True)}
    )
    if layer.shape is not None:
        frame["geometry"] = shapely.from_wkb(frame["geometry"].to_numpy(dtype=object))
    return frame

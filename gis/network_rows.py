"""Rows of one network version: written with COPY, read back as columns or tables.

Knows the tables and nothing of versions' states; `gis.network_versions` owns those.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

import numpy as np
import pandas as pd
import psycopg
import shapely
from psycopg import sql
from sqlalchemy.orm import Session

from gis.network_columns import LAYERS, LayerColumns
from gis.network_partitions import partition_name
from gis.phone_digits import phone_digits

Progress = Callable[[str, int, int], None]

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
    progress: Progress | None,
    more: Mapping[str, Sequence[Any]] | None = None,
) -> None:
    """Write the rows of one layer into the version's partition.

    Args:
        session: In whose transaction.
        network_version: Which version; its partitions are there.
        layer: The layer.
        rows: Its rows.
        progress: Called with the layer, the rows done and all its rows.
        more: Columns that the layer itself does not have.
    """
    columns: dict[str, Sequence[Any]] = {column.name: _values(rows[column.name]) for column in layer.columns}
    if layer.name == "customer":
        columns["phone_digits"] = [phone_digits(phone) for phone in columns["phone"]]
    columns.update(more or {})
    if layer.shape is not None:
        columns["geometry"] = hex_geometry(rows["geometry"].to_numpy(), srid=_SRID)
    copy_columns(
        session, network_version=network_version, table=layer.name, columns=columns, progress=progress
    )


def copy_columns(
    session: Session,
    *,
    network_version: int,
    table: str,
    columns: Mapping[str, Sequence[Any]],
    progress: Progress | None,
) -> None:
    """Write columns of equal length into the version's partition of a table."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(partition_name(table, network_version)),
        sql.SQL(", ").join(sql.Identifier(name) for name in ("network_version", *columns)),
    )
    total, done = len(next(iter(columns.values()))), 0
    stream: Iterator[tuple[Any, ...]] = zip([network_version] * total, *columns.values(), strict=True)
    with driver_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        while block := list(islice(stream, _ROWS_PER_REPORT)):
            for row in block:
                copy.write_row(row)
            done += len(block)
            if progress is not None:
                progress(table, done, total)


def _values(column: "pd.Series[Any]") -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()


def hex_geometry(geometry: "np.ndarray[Any, np.dtype[np.object_]]", *, srid: int) -> list[str | None]:
    """Return geometries as the database takes them in a COPY."""
    located = shapely.set_srid(geometry, srid)
    return cast("list[str | None]", shapely.to_wkb(located, hex=True, include_srid=True).tolist())


def fetch_arrays(
    session: Session, *, network_version: int, table: str, columns: tuple[str, ...]
) -> list[list[Any]]:
    """Return columns (no geometry) of one version's table, in the order of its ids, each as one array.

    Many times as fast as `fetch_columns`, which takes rows: a million of them come in a second.
    """
    statement = sql.SQL(
        'SELECT {} FROM (SELECT {} FROM {} WHERE network_version = %s ORDER BY {} COLLATE "C") AS in_order'
    ).format(
        sql.SQL(", ").join(sql.SQL("array_agg({})").format(sql.Identifier(name)) for name in columns),
        sql.SQL(", ").join(sql.Identifier(name) for name in columns),
        sql.Identifier(table),
        sql.Identifier(LAYERS[table].key),
    )
    with driver_connection(session).cursor(binary=True) as cursor:
        row = cursor.execute(statement, (network_version,)).fetchone()
    return [column or [] for column in row or ()]


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

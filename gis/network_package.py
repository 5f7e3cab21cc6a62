"""The network package (design §4.1): a network in one GeoPackage, read and written.

Reading is strict about layers, columns and types, and patient with single rows; writing puts
the whole file in place or nothing. Which rows make a sound network is `gis.check`'s to say.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataSourceError
from pyproj.exceptions import ProjError

from gis.errors import NetworkPackageError
from gis.geopackage import crs_of_layer, layer_names, package_metadata, read_layer, require_geopackage
from gis.network_columns import LAYERS, LayerColumns
from gis.network_tables import WGS84, NetworkTables, network_tables
from topology.findings import Finding

_NAME_KEY = "NETWORK_NAME"
_DATE_OPTION = "OGR_CURRENT_DATE"


def read_network_package(path: str | Path) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Read a network package, and say which single values and geometries were bad.

    Geometry in another CRS is transformed to EPSG:4326. NetworkPackageError when the file is
    missing, empty, damaged or no GeoPackage, or lacks a layer, a column or a type it must have.
    """
    path = Path(path)
    require_geopackage(path)
    present = layer_names(path)
    _require_layers(path, present)
    layers = {
        layer.name: _in_wgs84(layer, read_layer(path, layer.name))
        for layer in LAYERS.values()
        if layer.name in present
    }
    name = package_metadata(path, "node").get(_NAME_KEY) or path.stem
    return network_tables(name=name, layers=layers)


def _require_layers(path: Path, present: list[str]) -> None:
    missing = [layer.name for layer in LAYERS.values() if layer.required and layer.name not in present]
    if missing:
        wanted = ", ".join(f"'{name}'" for name in missing)
        has = ", ".join(present) or "none"
        raise NetworkPackageError(
            f"{path} has no layer {wanted}. Its layers are: {has}. "
            "Add the layer (it may have no rows), or rename the one that holds it."
        )


def _in_wgs84(layer: LayerColumns, frame: pd.DataFrame) -> pd.DataFrame:
    if layer.shape is None:
        return pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    if "geometry" not in frame:
        return pd.DataFrame(frame.assign(geometry=None))
    located = cast("gpd.GeoDataFrame", frame)
    if located.geometry.isna().all():
        return pd.DataFrame(located)
    crs = crs_of_layer(located)
    if crs is None:
        raise NetworkPackageError(
            f"Layer '{layer.name}' has geometry but no coordinate reference system. "
            "Assign the CRS it was drawn in (in QGIS: Layer > Set CRS) and write the file again."
        )
    try:
        return pd.DataFrame(located.to_crs(WGS84))
    except ProjError as error:
        raise NetworkPackageError(
            f"Layer '{layer.name}' is in the CRS '{crs.name}', which cannot be turned into EPSG:4326 "
            f"({error}). Reproject the layer to EPSG:4326 and write the file again."
        ) from error


def write_network_package(
    tables: NetworkTables,
    path: str | Path,
    *,
    written_at: datetime | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write a network package, whole or not at all; a file that stands there is replaced.

    A GeoPackage carries the moment it was written: with the same `written_at` (timezone-aware) the same
    tables make the same bytes; without it, it is the present. `progress` is told each layer, before and
    after its rows are written. NetworkPackageError when the folder is missing or cannot be written.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise NetworkPackageError(f"There is no folder {path.parent}. Make it, or name another.")
    if path.is_dir():
        raise NetworkPackageError(f"{path} is a folder. Name a file (*.gpkg) in it.")
    unfinished = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.gpkg")
    try:
        with _dated(written_at):
            for layer in LAYERS.values():
                rows = len(tables.layer(layer.name))
                if progress is not None:
                    progress(layer.name, 0, rows)
                _write_layer(tables, layer, unfinished)
                if progress is not None:
                    progress(layer.name, rows, rows)
        unfinished.replace(path)
    except (DataSourceError, OSError) as error:
        raise NetworkPackageError(
            f"{path} cannot be written ({error}). Check the folder's permissions and the free space."
        ) from error
    finally:
        for leftover in path.parent.glob(f"{unfinished.name}*"):
            with suppress(OSError):
                leftover.unlink()


@contextmanager
def _dated(moment: datetime | None) -> Iterator[None]:
    """Let GDAL take this moment for the present; it keeps that for the whole process, so it is taken back."""
    if moment is None:
        yield
        return
    pyogrio.set_gdal_config_options({_DATE_OPTION: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_DATE_OPTION: None})


def _write_layer(tables: NetworkTables, layer: LayerColumns, path: Path) -> None:
    pyogrio.write_dataframe(
        tables.layer(layer.name),
        path,
        driver="GPKG",
        layer=layer.name,
        geometry_type=layer.shape,
        layer_options={"GEOMETRY_NAME": "geometry"} if layer.shape else {},
        dataset_metadata={_NAME_KEY: tables.name},
    )

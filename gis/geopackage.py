"""A GeoPackage as a file: whether it is one, which layers it has, and reading a layer as it stands.

Knows nothing of networks; `gis.network_package` reads those.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio.errors import CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from gis.errors import NetworkPackageError

_SQLITE_HEADER = b"SQLite format 3\x00"
# From here on a 64-bit float no longer tells neighbouring whole numbers apart.
_EXACT_INTEGERS = 2**53
_READ_ERRORS = (CRSError, DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)

# Or GDAL leaves a file *.gpkg.aux.xml beside each package that it reads.
pyogrio.set_gdal_config_options({"GDAL_PAM_ENABLED": "NO"})


def require_geopackage(path: Path) -> None:
    """Raise NetworkPackageError, saying what the file is instead, unless it is a GeoPackage."""
    if not path.exists():
        raise NetworkPackageError(f"There is no file {path}. Check the path.")
    if path.is_dir():
        raise NetworkPackageError(f"{path} is a folder. Name the GeoPackage file (*.gpkg) in it.")
    try:
        with path.open("rb") as file:
            header = file.read(len(_SQLITE_HEADER))
    except OSError as error:
        raise NetworkPackageError(
            f"{path} cannot be read: {error.strerror}. Check its permissions."
        ) from error
    if not header:
        raise NetworkPackageError(f"{path} is empty (0 bytes). Export or copy it again.")
    if header != _SQLITE_HEADER:
        raise NetworkPackageError(
            f"{path} is not a GeoPackage. Save the network as GeoPackage (*.gpkg), "
            "or name its format with --format."
        )
    if not _has_contents(path):
        raise NetworkPackageError(
            f"{path} is an SQLite database, but not a GeoPackage (it has no table gpkg_contents). "
            "Save the network as GeoPackage (*.gpkg)."
        )


def _has_contents(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_contents'").fetchone()
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # A damaged schema can even break the message that says so.
        raise _damaged(path, error) from error
    return found is not None


def _damaged(path: Path, error: Exception) -> NetworkPackageError:
    return NetworkPackageError(f"{path} is damaged or cut short ({error}). Export or copy it again.")


def layer_names(path: Path) -> list[str]:
    """Return the names of the layers, with and without geometry."""
    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except _READ_ERRORS as error:
        raise _damaged(path, error) from error


def package_metadata(path: Path, layer: str) -> dict[str, str]:
    """Return the metadata of the whole file; empty when it has none."""
    try:
        found = pyogrio.read_info(path, layer=layer).get("dataset_metadata")
    except _READ_ERRORS as error:
        raise _damaged(path, error) from error
    return dict(found or {})


def read_layer(path: Path, layer: str) -> pd.DataFrame:
    """Read one layer as it stands: fields, the row's own key when nothing else bears its name, `geometry`.

    Geometry comes in the layer's CRS (see `crs_of_layer`); what cannot be parsed comes back as an
    empty point, which no check takes for sound.
    """
    try:
        info = pyogrio.read_info(path, layer=layer)
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=layer, fid_as_index=True, on_invalid="ignore"
        )
    except _READ_ERRORS as error:
        raise _damaged(path, error) from error
    except UnicodeDecodeError as error:
        raise NetworkPackageError(
            f"Layer '{layer}' holds text that is not UTF-8 (GBK, perhaps), as a GeoPackage must. "
            "Save it again with the right encoding."
        ) from error
    for name, ogr_type, subtype in zip(info["fields"], info["ogr_types"], info["ogr_subtypes"], strict=True):
        # GDAL hands whole numbers and booleans over as floats when there are nulls among them.
        if ogr_type in {"OFTInteger", "OFTInteger64"} and frame[name].dtype.kind == "f":
            _require_exact(layer, name, frame[name])
            frame[name] = frame[name].astype("boolean" if subtype == "OFSTBoolean" else "Int64")
    fid_column = info["fid_column"]
    if fid_column and fid_column not in frame:
        # An `id` that is the table's primary key is no field for GDAL, but it is one for us.
        frame[fid_column] = frame.index
    if info["geometry_name"]:
        frame = _with_lost_geometry_marked(path, layer, info["geometry_name"], frame)
    return frame.reset_index(drop=True)


def _require_exact(layer: str, column: str, values: "pd.Series") -> None:
    if (values.abs() >= _EXACT_INTEGERS).any():
        raise NetworkPackageError(
            f"Layer '{layer}', column '{column}' holds whole numbers too long to be read exactly. "
            "Store the column as text and write the file again."
        )


def _with_lost_geometry_marked(
    path: Path, layer: str, geometry_column: str, frame: pd.DataFrame
) -> gpd.GeoDataFrame:
    """GDAL reads a damaged geometry as none: tell the damaged from the missing."""
    located = gpd.GeoDataFrame(frame)
    lost = located.geometry.isna()
    if lost.any():
        quoted = '"' + geometry_column.replace('"', '""') + '"'
        table = '"' + layer.replace('"', '""') + '"'
        query = f"SELECT rowid FROM {table} WHERE {quoted} IS NOT NULL"  # noqa: S608 - names, quoted
        try:
            with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
                stored = {row[0] for row in database.execute(query)}
        except sqlite3.DatabaseError as error:
            raise _damaged(path, error) from error
        damaged = lost & located.index.isin(stored)
        located.loc[damaged, located.geometry.name] = shapely.Point()
    if located.geometry.name != "geometry":
        located = located.rename_geometry("geometry")
    return located


def crs_of_layer(frame: gpd.GeoDataFrame) -> pyproj.CRS | None:
    """Return the layer's CRS; None when it has none, or one that says only that it is undefined."""
    crs: pyproj.CRS | None = frame.crs
    if crs is None or crs.name.lower().startswith("undefined"):
        return None
    return crs

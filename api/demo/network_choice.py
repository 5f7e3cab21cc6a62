"""Which network the demo plays on: a GeoPackage of one's own, or a SimBench grid converted once and kept.

Owns the folder of converted networks. A kept file is used as long as the code that made it is the same.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.demo.errors import DemoError
from gis import fictional_customers
from gis.network_package import write_network_package
from gis.simbench import csv_files, read_simbench, reader

_SUFFIX = ".gpkg"
# Names a person can remember, for SimBench codes.
_SHORT_NAMES = {"simbench-all": "1-complete_data-mixed-all-0-sw"}


@dataclass(frozen=True, slots=True)
class ChosenNetwork:
    """A network package on disk, and where it comes from."""

    name: str
    path: Path
    format: str


def choose_network(*, network: str, folder: Path, report: Callable[[str], None]) -> ChosenNetwork:
    """Return the package of a network given by path or SimBench code; DemoError if there is none."""
    if network.endswith(_SUFFIX):
        path = Path(network).expanduser()
        if not path.is_file():
            raise DemoError(f"There is no file {path}. Name a network package, or a SimBench code.")
        return ChosenNetwork(name=path.stem, path=path, format="gpkg")
    if "/" in network or network.startswith("."):
        raise DemoError(f"{network!r} is neither a network package (*{_SUFFIX}) nor a SimBench code.")
    folder.mkdir(parents=True, exist_ok=True)
    network = _SHORT_NAMES.get(network, network)
    kept = folder / f"{network}.{_converter_version()}{_SUFFIX}"
    if not kept.exists():
        report(f"Converting the SimBench grid {network}, once; the next start takes it from {kept} …")
        tables, _ = read_simbench(network)
        write_network_package(tables, kept)
        _forget_older(folder, network, kept)
    return ChosenNetwork(name=network, path=kept, format="simbench")


def _converter_version() -> str:
    digest = hashlib.sha256()
    for module in (reader, csv_files, fictional_customers):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:12]


def _forget_older(folder: Path, network: str, kept: Path) -> None:
    for path in folder.glob(f"{network}.*{_SUFFIX}"):
        if path != kept:
            path.unlink(missing_ok=True)

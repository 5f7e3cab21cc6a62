"""Which network the demo plays on: a GeoPackage of one's own, a SimBench grid, or a city made to order.

Owns the folder of converted and made networks. A kept file is used while the code that made it is the same.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from api.demo.errors import DemoError
from gis import fictional_customers
from gis.network_package import write_network_package
from gis.simbench import csv_files, read_simbench, reader
from storm import city

CITY = "city"
CITY_CUSTOMERS = 10_000
# The same city for every storm, so that it is made once.
_CITY_SEED = 1
_SUFFIX = ".gpkg"
# Names a person can remember, for SimBench codes.
_SHORT_NAMES = {"simbench-all": "1-complete_data-mixed-all-0-sw"}


@dataclass(frozen=True, slots=True)
class ChosenNetwork:
    """A network package on disk, where it comes from, and the file of roads beside it, if any."""

    name: str
    path: Path
    format: str
    roads: Path | None = None


def choose_network(
    *, network: str, customers: int | None, folder: Path, report: Callable[[str], None]
) -> ChosenNetwork:
    """Return the package of a network given by path, by SimBench code, or as a city of so many customers.

    DemoError if there is none; of a city, what `storm.city.require_order` raises.
    """
    if network == CITY:
        wanted = CITY_CUSTOMERS if customers is None else customers
        return _city(customers=wanted, folder=folder, report=report)
    if customers is not None:
        raise DemoError(f"--customers says how large a city is to be; it goes with --network {CITY} only.")
    if network.endswith(_SUFFIX):
        path = Path(network).expanduser()
        if not path.is_file():
            raise DemoError(f"There is no file {path}. Name a network package, or a SimBench code.")
        beside = city.streets_path_beside(path)
        return ChosenNetwork(
            name=path.stem, path=path, format="gpkg", roads=beside if beside.is_file() else None
        )
    if "/" in network or network.startswith("."):
        raise DemoError(f"{network!r} is neither a network package (*{_SUFFIX}) nor a SimBench code.")
    folder.mkdir(parents=True, exist_ok=True)
    network = _SHORT_NAMES.get(network, network)
    kept = folder / f"{network}.{_version_of(reader, csv_files, fictional_customers)}{_SUFFIX}"
    if not kept.exists():
        report(f"Converting the SimBench grid {network}, once; the next start takes it from {kept} …")
        tables, _ = read_simbench(network)
        write_network_package(tables, kept)
        _forget_older(folder, network, kept)
    return ChosenNetwork(name=network, path=kept, format="simbench")


def _city(*, customers: int, folder: Path, report: Callable[[str], None]) -> ChosenNetwork:
    city.require_order(customers=customers, seed=_CITY_SEED)
    name = f"{CITY}-{customers}"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{name}.{_digest(sorted(Path(str(city.__file__)).parent.glob('*.py')))}{_SUFFIX}"
    streets = city.streets_path_beside(kept)
    if not (kept.exists() and streets.exists()):
        report(f"Making a city of {customers:,} customers, once; the next start takes it from {kept} …")
        made = city.make_city(customers=customers, seed=_CITY_SEED)
        city.write_city(made, package=kept, streets=streets)
        _forget_older(folder, name, kept)
    return ChosenNetwork(name=name, path=kept, format="gpkg", roads=streets)


def _version_of(*modules: ModuleType) -> str:
    return _digest([Path(str(module.__file__)) for module in modules])


def _digest(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _forget_older(folder: Path, network: str, kept: Path) -> None:
    for path in folder.glob(f"{network}.*"):
        if path not in {kept, city.streets_path_beside(kept)}:
            path.unlink(missing_ok=True)

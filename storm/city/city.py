"""A city made to order: its power network and its streets, all from one seed.

The order of making: streets, buildings along them, substations, feeders, transformers, customers, tables.
Each step draws from its own stream of random numbers, and none reads a clock: the same order gives the same
city.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gis.network_tables import NetworkTables
from storm.city.districts import make_districts
from storm.city.plane import Language
from storm.city.power import customers_by_corner, make_power
from storm.city.priorities import with_public_places
from storm.city.sizing import settle
from storm.city.street_runs import make_street_runs
from storm.city.streets import Streets, make_streets
from storm.city.tables import make_tables
from storm.errors import BadSeedError, CityTooLargeError, NoCustomersError

MOST_CUSTOMERS = 1_000_000
# Measured at a million customers, making and writing (docs/decisions/0026), and rounded up.
MEMORY_PER_CUSTOMER_BYTES = 2_400

Progress = Callable[[str, int, int], None]
_STEPS = ("streets", "power lines", "customers")


@dataclass(frozen=True, slots=True)
class City:
    """A network with all its customers, and the streets it lies along; both in EPSG:4326."""

    tables: NetworkTables
    streets: Streets


def make_city(
    *, customers: int, seed: int, language: Language = "en", progress: Progress | None = None
) -> City:
    """Return a city of exactly so many customers; the same arguments always give the same city.

    Args:
        customers: 1 to 1,000,000, each with a service point.
        seed: 0 or more.
        language: of addresses, names and most customers.
        progress: told the step, and how many are done of how many.

    NoCustomersError, BadSeedError; CityTooLargeError, naming the memory it would need.
    """
    require_order(customers=customers, seed=seed)

    def report(done: int) -> None:
        if progress is not None:
            progress("making the city", done, len(_STEPS))

    report(0)
    town, buildings = settle(seed=seed, customers=customers)
    plan = town.plan
    buildings = with_public_places(seed=seed, buildings=buildings, plan=plan)
    runs = make_street_runs(seed=seed, plan=plan)
    districts = make_districts(
        seed=seed,
        plan=plan,
        runs=runs,
        customers_at=customers_by_corner(buildings, plan),
        language=language,
    )
    streets = make_streets(
        seed=seed, plan=plan, runs=runs, street_names=districts.street_names, language=language
    )
    report(1)
    power = make_power(seed=seed, plan=plan, buildings=buildings)
    report(2)
    name = f"city-{customers}-{seed}"
    tables = make_tables(seed=seed, power=power, runs=runs, districts=districts, name=name, language=language)
    report(3)
    return City(tables=tables, streets=streets)


def require_order(*, customers: int, seed: int) -> None:
    """Raise NoCustomersError, CityTooLargeError or BadSeedError unless such a city can be made."""
    if customers < 1:
        raise NoCustomersError(customers=customers)
    if customers > MOST_CUSTOMERS:
        needed = customers * MEMORY_PER_CUSTOMER_BYTES / 2**30
        raise CityTooLargeError(customers=customers, most=MOST_CUSTOMERS, memory_gib=needed)
    if seed < 0:
        raise BadSeedError(seed=seed)

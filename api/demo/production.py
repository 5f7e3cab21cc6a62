"""What is prepared before the first process starts: the network read, the world built, the cast."""

from dataclasses import dataclass
from datetime import UTC, datetime

from api.demo.cast import CastAccount, CastCrew, choose_accounts, choose_crews, new_passphrase
from api.demo.district import choose_district
from api.demo.errors import DemoError
from api.demo.network_choice import ChosenNetwork
from api.demo.oracle import Oracle
from api.roles import Role
from gis.check import check_tables
from gis.network_package import read_network_package
from gis.network_tables import NetworkTables
from gis.place import Place
from gis.roads.reading import ReadRoads, read_roads
from gis.roads.travel_graph import TravelGraph
from storm.directory import Identity, read_identities, read_places
from storm.drives import Drives, RoadDrives, StraightDrives
from storm.errors import NoFaultPossible
from storm.faults import StormShape
from storm.randomness import stream
from storm.storm import Storm
from topology.findings import Finding
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

FIRST_STORM = "s1"
_CUSTOMERS_TO_TRY = 2
_PHONE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Production:
    """A network package turned into a world to play in, and who takes part."""

    chosen: ChosenNetwork
    tables: NetworkTables
    findings: tuple[Finding, ...]
    roads: ReadRoads | None
    drives: Drives
    storm: Storm
    places: dict[str, Place]
    crews: list[CastCrew]
    accounts: list[CastAccount]
    oracle: Oracle
    seed: int

    def supply_to_try(self) -> tuple[str, str] | None:
        """Return the account and the last four digits of the phone of a customer about to lose supply."""
        named = [one.account for one in self.accounts if one.role is Role.CUSTOMER]
        phones = self.tables.customer.set_index("account")["phone"].reindex(named).dropna()
        for account, phone in phones.items():
            digits = "".join(letter for letter in phone if letter.isdigit())
            if len(digits) >= _PHONE_DIGITS:
                return str(account), digits[-_PHONE_DIGITS:]
        return None


def prepare(*, chosen: ChosenNetwork, seed: int, first_storm: StormShape) -> Production:
    """Read a network and build the world on it; DemoError when no storm can be played on it."""
    tables, findings = read_network_package(chosen.path)
    network, _ = tables.to_network()
    identities, places = read_identities(tables), read_places(tables)
    if not places:
        raise DemoError(f"Nothing in {chosen.path} has a place on the map, so no crew could drive anywhere.")
    tree = SupplyTree(network, SwitchState.normal(network))
    district = choose_district(places=places, random=stream(seed, "district"))
    outside = set(tables.service_point["id"]).difference(district)
    storm = Storm(tree=tree, seed=seed, identities=identities, out_of_reach=outside)
    crews = choose_crews(places=district, random=stream(seed, "crews"))
    roads = read_roads(chosen.roads) if chosen.roads is not None else None
    accounts = choose_accounts(
        passphrase=new_passphrase(),
        crews=crews,
        customers=_customers_to_try(storm, first_storm, identities),
    )
    return Production(
        chosen=chosen,
        tables=tables,
        findings=(*findings, *check_tables(tables)),
        roads=roads,
        drives=RoadDrives(TravelGraph(roads.roads)) if roads is not None else StraightDrives(),
        storm=storm,
        places=places,
        crews=crews,
        accounts=accounts,
        oracle=Oracle(chosen.path),
        seed=seed,
    )


def _customers_to_try(storm: Storm, shape: StormShape, identities: dict[str, Identity]) -> list[str]:
    """Return accounts that the first storm will put out, from the largest faults: something to look at."""
    try:
        faults = storm.foresee(name=FIRST_STORM, shape=shape, started_from=datetime.now(UTC))
    except NoFaultPossible as error:
        raise DemoError(f"No storm can be played on this network: {error}") from error
    by_size = sorted(faults, key=lambda fault: -len(fault.service_points))
    accounts = (identities[fault.service_points[0]].account for fault in by_size)
    return [account for account in accounts if account is not None][:_CUSTOMERS_TO_TRY]

"""A small town as a network package: large enough for a storm, small enough for a test."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.network_package import write_network_package
from gis.network_tables import network_tables

FEEDERS, TRANSFORMERS, FUSES, POINTS = 16, 2, 2, 4
STEP = 0.004  # degrees: some 300 m


class Town:
    """Rows of the network package, added piece by piece; each node is some metres further out."""

    def __init__(self):
        self.rows = {layer: [] for layer in ("substation", "node", "line_section", "switch", "transformer")}
        self.rows |= {"service_point": [], "customer": []}
        self.rows["substation"].append({"id": "station", "name": "Station", "geometry": self.at(0, 0)})

    def at(self, east, north):
        return shapely.Point(11.36 + east * STEP, 53.64 + north * STEP)

    def node(self, id_, east, north, *, is_source=False):
        place = self.at(east, north)
        self.rows["node"].append({"id": id_, "is_source": is_source, "geometry": place})
        return place

    def device(self, layer, id_, ends, kind, geometry, **more):
        row = {"id": id_, "from_node": ends[0], "to_node": ends[1], "phases": "ABC", "kind": kind}
        self.rows[layer].append({**row, "geometry": geometry, **more})

    def switch(self, id_, ends, kind, place, *, normally_open=False):
        self.device("switch", id_, ends, kind, place, normally_open=normally_open)

    def household(self, id_, node, place):
        self.rows["service_point"].append(
            {
                "id": id_,
                "node": node,
                "phases": "ABC",
                "customers": 1,
                "meter": f"meter-{id_}",
                "account": f"account-{id_}",
                "address": f"House {id_}",
                "geometry": place,
            }
        )
        number = len(self.rows["customer"])
        self.rows["customer"].append(
            {
                "account": f"account-{id_}",
                "name": f"Customer {id_}",
                "phone": f"+999 {number:08d}",
                "language": "zh" if number % 3 == 0 else "en",
                "email": f"{id_}@customers.example",
            }
        )

    def tables(self):
        layers = {
            layer: pd.DataFrame(rows) if layer == "customer" else gpd.GeoDataFrame(rows, crs="EPSG:4326")
            for layer, rows in self.rows.items()
        }
        tables, findings = network_tables(name="small town", layers=layers)
        assert findings == ()
        return tables


def small_town():
    """Draw the town.

    station ──[B1]── 1-1 ══ 1-2 ──[tie, open]── 2-2      sixteen feeders, two and two joined by a tie
                      │
                    (T1-1)── fuses F1-1-1 and 2, four households below each
    """
    town = Town()
    town.node("station", 0, 0, is_source=True)
    for feeder in range(1, FEEDERS + 1):
        place = town.node(f"{feeder}-0", 0, feeder)
        town.switch(f"B{feeder}", ("station", f"{feeder}-0"), "breaker", place)
        for number in range(1, TRANSFORMERS + 1):
            add_transformer(town, feeder, number)
    for one in range(1, FEEDERS, 2):
        ends = (f"{one}-{TRANSFORMERS}", f"{one + 1}-{TRANSFORMERS}")
        town.switch(f"tie {one}", ends, "switch", town.at(TRANSFORMERS, one), normally_open=True)
    return town.tables()


def add_transformer(town, feeder, number):
    name = f"{feeder}-{number}"
    place = town.node(name, number, feeder)
    section = shapely.LineString([town.at(number - 1, feeder), place])
    town.device("line_section", f"L{name}", (f"{feeder}-{number - 1}", name), "overhead", section)
    town.node(f"low {name}", number, feeder)
    town.device("transformer", f"T{name}", (name, f"low {name}"), "distribution", place)
    for fuse in range(1, FUSES + 1):
        spot = town.node(f"street {name}-{fuse}", number + fuse / 10, feeder + 0.1)
        town.switch(f"F{name}-{fuse}", (f"low {name}", f"street {name}-{fuse}"), "fuse", spot)
        for house in range(1, POINTS + 1):
            home = town.at(number + fuse / 10, feeder + 0.1 + house / 20)
            town.household(f"p{name}-{fuse}-{house}", f"street {name}-{fuse}", home)


@pytest.fixture(scope="session")
def small_town_package(tmp_path_factory):
    """The town on disk."""
    path = tmp_path_factory.mktemp("town") / "small_town.gpkg"
    write_network_package(small_town(), path)
    return path

"""The SimBench data set: finding its CSV tables, and cutting one grid out of them.

The tables come with the PyPI package `simbench` (data under ODbL-1.0) and are read where that
package put them, never copied. The cut is the one its `get_extracted_csv_data` makes, written
again here for two reasons: that function also reads 95 MB of load profiles nobody needs for an
outage, and importing the package alone (it brings pandapower) takes longer than all of our
reading. A test holds our cut equal to the package's own.
"""

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gis.errors import SimbenchError

COMPLETE_DATA = "complete_data"

_GRID_NUMBERS = {
    "EHV": {"mixed": 1},
    "HV": {"mixed": 1, "urban": 2},
    "MV": {"rural": 1, "semiurb": 2, "urban": 3, "comm": 4},
    "LV": {"rural1": 1, "rural2": 2, "rural3": 3, "semiurb4": 4, "semiurb5": 5, "urban6": 6},
}
_LEVELS = "EHVHVMVLV|EHVHV|HVMV|MVLV|EHV|HV|MV|LV|complete_data"
_CODE = re.compile(
    rf"1-(?P<levels>{_LEVELS})-(?P<type>\w+)-(?P<grid>[\w.]*)-(?P<scenario>[012])-(?P<switches>sw|no_sw)"
)
_TABLES = (
    "Coordinates",
    "ExternalNet",
    "Line",
    "LineType",
    "Load",
    "Node",
    "PowerPlant",
    "Substation",
    "Switch",
    "Transformer",
    "TransformerType",
)
# In these tables a subnet "A_B" names the place where A and B meet, and belongs to both.
_SHARED = {"Node", "Coordinates", "Switch", "Substation"}


@dataclass(frozen=True, slots=True)
class SimbenchCode:
    """A SimBench code taken apart, e.g. 1-MVLV-urban-all-0-sw."""

    code: str
    upper_level: str
    lower_level: str
    type: str
    grid: str
    scenario: str


def parse_simbench_code(code: str) -> SimbenchCode:
    """Take a code apart; SimbenchError, with what is possible, when it names no grid we can read."""
    match = _CODE.fullmatch(code)
    if match is None:
        raise SimbenchError(
            f"'{code}' is not a SimBench code. A code reads like 1-MVLV-urban-all-0-sw: "
            "version, voltage levels, type, grid, scenario 0 to 2, sw."
        )
    if match["switches"] == "no_sw":
        raise SimbenchError(
            f"'{code}' has no switches, and without them no outage can be told from another. "
            f"Use '{code.removesuffix('no_sw')}sw'."
        )
    levels = match["levels"]
    if levels == COMPLETE_DATA:
        return SimbenchCode(code, COMPLETE_DATA, "", match["type"], match["grid"], match["scenario"])
    upper = levels.split("V")[0] + "V"
    lower = levels.removeprefix(upper)
    if match["type"] not in _GRID_NUMBERS[upper]:
        raise SimbenchError(
            f"SimBench has no {upper} grid of type '{match['type']}' (in '{code}'). "
            f"Its types are: {', '.join(_GRID_NUMBERS[upper])}."
        )
    return SimbenchCode(code, upper, lower, match["type"], match["grid"], match["scenario"])


def simbench_folder(scenario: str) -> Path:
    """Return the folder of the data set's tables; SimbenchError, with what to install, when absent."""
    spec = importlib.util.find_spec("simbench")
    if spec is None or spec.origin is None:
        raise SimbenchError(
            "The SimBench data set is not installed. Install it with: pip install relight[simbench]"
        )
    folder = Path(spec.origin).parent / "networks" / f"1-complete_data-mixed-all-{scenario}-sw"
    if not (folder / "Node.csv").is_file():
        raise SimbenchError(
            f"The package simbench is installed, but its tables are not in {folder}. "
            "Install it again with: pip install --force-reinstall relight[simbench]"
        )
    return folder


def read_simbench_tables(code: SimbenchCode, *, folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of one grid by name, rows in the order of the data set, indexed from 0.

    SimbenchError when the grid named in the code is not in the data set.
    """
    tables = {name: pd.read_csv(folder / f"{name}.csv", sep=";", low_memory=False) for name in _TABLES}
    if code.upper_level == COMPLETE_DATA:
        return tables
    uppers, lowers = _subnets(code, tables["Load"])
    real = set(tables["Node"].loc[tables["Node"]["type"] != "auxiliary", "id"])
    switch = tables["Switch"]
    couplers = switch["nodeA"].isin(real) & switch["nodeB"].isin(real)
    return {
        name: _cut(name, table, uppers=uppers, lowers=lowers, couplers=couplers)
        for name, table in tables.items()
    }


def _cut(
    name: str, table: pd.DataFrame, *, uppers: list[str], lowers: list[str], couplers: "pd.Series[bool]"
) -> pd.DataFrame:
    """Keep the rows of the wanted subnets.

    RULE 1: an element belongs to the subnet named first.
    RULE 2: what lies where two subnets meet belongs to the upper one too; of switches only
        those between two real busbars, since the others belong to the element they switch.
    RULE 3: an equivalent that stands for a subnet goes when that subnet itself is there.
    """
    if "subnet" not in table or table.empty:
        return table
    parts = table["subnet"].str.split("_", expand=True).reindex(columns=[0, 1])
    first_upper, first_lower = parts[0].isin(uppers), parts[0].isin(lowers)
    second_upper, second_lower = parts[1].isin(uppers), parts[1].isin(lowers)
    keep = first_upper | first_lower
    if name in _SHARED:
        keep |= second_upper & couplers if name == "Switch" else second_upper
    else:
        keep &= ~(first_upper & second_lower) & ~(first_lower & second_upper)
    return table[keep].reset_index(drop=True)


def _subnets(code: SimbenchCode, loads: pd.DataFrame) -> tuple[list[str], list[str]]:
    if code.lower_level != "HVMVLV":
        upper = _upper_subnet(code.upper_level, code.type)
        lowers = _lower_subnets(code, upper, loads)
        return [upper], lowers
    uppers: list[str] = []
    all_lowers: list[str] = []
    for upper_level, lower_level in (("EHV", "HV"), ("HV", "MV"), ("MV", "LV")):
        for type_ in _GRID_NUMBERS[upper_level]:
            upper = _upper_subnet(upper_level, type_)
            part = SimbenchCode(code.code, upper_level, lower_level, type_, "all", code.scenario)
            uppers.append(upper)
            all_lowers += _lower_subnets(part, upper, loads)
    return uppers, all_lowers


def _upper_subnet(level: str, type_: str) -> str:
    subnet = f"{level}{_GRID_NUMBERS[level][type_]}"
    if level not in {"MV", "LV"}:
        return subnet
    # These two stand only below the second medium-voltage grid.
    return f"{subnet}.201" if subnet in {"LV5", "LV6"} else f"{subnet}.101"


def _lower_subnets(code: SimbenchCode, upper: str, loads: pd.DataFrame) -> list[str]:
    """List the grids below: the equivalent loads of the upper grid say how many of each type there are."""
    lower = code.lower_level
    if not lower:
        return []
    if lower == "HV":
        found = [f"HV{number}" for number in _GRID_NUMBERS["HV"].values()]
    else:
        below = loads.loc[loads["subnet"].str.startswith(f"{upper}_{lower}"), "profile"].value_counts()
        hundreds = 100 * _GRID_NUMBERS[code.upper_level][code.type]
        found = []
        for profile, number in below.items():
            level, _, type_ = str(profile).partition("_")
            if level.upper() == lower and type_ in _GRID_NUMBERS[lower]:
                grid = _GRID_NUMBERS[lower][type_]
                found += [f"{lower}{grid}.{hundreds + i}" for i in range(1, 1 + number)]
    if code.grid == "all":
        return found
    if lower + code.grid not in found:
        raise SimbenchError(
            f"There is no grid '{code.grid}' in '{code.code}'. Use 'all', or one of: "
            f"{', '.join(name.removeprefix(lower) for name in sorted(found))}."
        )
    return [lower + code.grid]

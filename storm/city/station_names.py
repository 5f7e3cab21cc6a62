"""What substations, feeders and transformers are called, after the district or street they are in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from storm.city.arrays import Objects
from storm.city.districts import Districts
from storm.city.plane import Language
from storm.city.power import Power
from storm.city.street_runs import StreetRuns


@dataclass(frozen=True, slots=True)
class Names:
    """Names by number; that of feeder -1 is None."""

    substations: Objects
    feeders: Objects
    transformers: Objects


def make_names(power: Power, runs: StreetRuns, districts: Districts, language: Language) -> Names:
    """Return the names of a city's substations, feeders and transformers."""
    stems = _stems(power, districts, language)
    substations = [f"{stem}变电站" if language == "zh" else f"{stem} Substation" for stem in stems]
    pairs = zip(power.trees.substation.tolist(), power.trees.number.tolist(), strict=True)
    feeders = [
        f"{stems[station]}{number:02d}线" if language == "zh" else f"{stems[station]} {number:02d}"
        for station, number in pairs
    ]
    return Names(
        np.array(substations, dtype=object),
        np.array([*feeders, None], dtype=object),
        _transformer_names(power, runs, districts, stems, language),
    )


def _stems(power: Power, districts: Districts, language: Language) -> list[str]:
    """The district's name; the second substation in a district says so."""
    seen: Counter[str] = Counter()
    stems = []
    for corner in power.areas.corners.tolist():
        district = str(districts.names[districts.of_corner[corner]])
        stem = district.removesuffix("街道").removesuffix("镇") if language == "zh" else district
        seen[stem] += 1
        number = seen[stem]
        again = f"第{number}" if language == "zh" else f" {_ROMAN[min(number, len(_ROMAN)) - 1]}"
        stems.append(stem if number == 1 else f"{stem}{again}")
    return stems


_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def _transformer_names(
    power: Power, runs: StreetRuns, districts: Districts, stems: list[str], language: Language
) -> Objects:
    rows = power.transformers
    seen: Counter[tuple[int, str]] = Counter()
    names = []
    stations: Counter[int] = Counter()
    columns = zip(rows.edge.tolist(), rows.is_dedicated.tolist(), rows.from_node.tolist(), strict=True)
    station_of_source = {node: place for place, node in enumerate(power.source_nodes.tolist())}
    for edge, is_dedicated, from_node in columns:
        if edge < 0:
            station = station_of_source[from_node]
            stations[station] += 1
            names.append(
                f"{stems[station]}{stations[station]}号主变"
                if language == "zh"
                else f"{stems[station]} transformer {stations[station]}"
            )
            continue
        street, district = str(districts.street_names[runs.street[edge]]), int(districts.of_edge[edge])
        seen[district, street] += 1
        number = seen[district, street]
        kind = "专变" if is_dedicated else "公变"
        names.append(f"{street}{number}号{kind}" if language == "zh" else f"{street} {number}")
    made = np.empty(len(names), dtype=object)
    made[:] = names
    return made

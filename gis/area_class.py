"""What kind of area a place lies in, by the customers around it: the fallback where nobody has said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import pi


class AreaClass(StrEnum):
    """The kinds of area that promises of service tell apart, strictest first."""

    URBAN = "urban"  # 城区
    RURAL = "rural"  # 农村
    REMOTE = "remote"  # 边远、交通不便


class AreaSource(StrEnum):
    """Where the class of a place comes from, strongest first."""

    POLYGON = "polygon"
    FEEDER = "feeder"
    DENSITY = "density"  # a guess by the customers around it, and said as such
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DensityRule:
    """How to judge by customers: within `radius_m`, from so many customers per square kilometre on."""

    radius_m: float
    urban_from: float
    rural_from: float
    unknown: AreaClass


@dataclass(frozen=True, slots=True)
class PlaceClass:
    """The class of one place and where it comes from: a polygon's or feeder's name, or customers per km²."""

    area_class: AreaClass
    source: AreaSource
    named: str | None = None
    customers_per_km2: float | None = None


def class_by_customers(customers: int, *, rule: DensityRule) -> PlaceClass:
    """Judge a place by the customers within the rule's radius of it."""
    density = customers / (pi * (rule.radius_m / 1000) ** 2)
    if density >= rule.urban_from:
        area_class = AreaClass.URBAN
    elif density >= rule.rural_from:
        area_class = AreaClass.RURAL
    else:
        area_class = AreaClass.REMOTE
    return PlaceClass(area_class=area_class, source=AreaSource.DENSITY, customers_per_km2=round(density, 1))

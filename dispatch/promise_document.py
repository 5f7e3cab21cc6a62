"""The file of promises: what is promised for which kind of area, read and checked. docs/formats/promises.md.

Owns the shape of the rules (`PromiseRules`) and every error in a file of them. Reading needs no database.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from dispatch.errors import DispatchError
from dispatch.promise_reader import EntryReader
from gis.area_class import AreaClass, DensityRule

DEFAULTS = Path(__file__).with_name("promise_defaults.toml")
# Longer is no promise of emergency repair: a slip, such as seconds instead of minutes.
LONGEST_MINUTES = 30 * 24 * 60.0


class Measure(StrEnum):
    """What a promise is about, which also stops its clock."""

    ARRIVAL = "arrival"  # a crew is at the place
    RESTORATION = "restoration"  # supply is back for all


class Start(StrEnum):
    """What starts a clock."""

    FIRST_REPORT = "first_report"  # the first report that turned out true
    ARRIVAL = "arrival"


class PauseReason(StrEnum):
    """Why a crew cannot come or work, through no doing of its own."""

    ACCESS_REFUSED = "access_refused"
    UNSAFE_WEATHER = "unsafe_weather"
    UNSAFE_SITE = "unsafe_site"
    ROAD_BLOCKED = "road_blocked"
    CUSTOMER_ASKED = "customer_asked"


class ArrivalCounts(StrEnum):
    """Which of the two proofs of an arrival stops the clock."""

    HAND = "hand"
    POSITION = "position"
    LATER = "later"


REPORT_KINDS = ("trouble_call", "last_gasp", "switch_open", "fault_indicator")


class PromisesFileError(DispatchError):
    """A file of promises that cannot be taken; says where and what it would have to be."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise: minutes by class of area (a class without is promised nothing), and when to warn."""

    id: str
    measures: Measure
    starts: Start
    report_kinds: tuple[str, ...]
    minutes: Mapping[AreaClass, float]
    warn_minutes: Mapping[AreaClass, float]
    pauses: frozenset[PauseReason]
    source: str


@dataclass(frozen=True, slots=True)
class ProofRule:
    """How an arrival is proven; distances in metres."""

    arrival_counts: ArrivalCounts
    near_m: float
    differ_minutes: float
    told_late_minutes: float


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """All that a file of promises says. `version` is the file's own, with a digest of what it says."""

    version: str
    promises: tuple[Promise, ...]
    proof: ProofRule
    areas: DensityRule
    document: Mapping[str, Any]


def read_promise_rules(path: Path) -> PromiseRules:
    """Read a TOML or JSON (`.json`) file of promises; PromisesFileError names what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise PromisesFileError(f"{path}: cannot be read: {problem}") from problem
    try:
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as problem:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise PromisesFileError(f"{path}: is no {kind}: {problem}") from problem
    try:
        return promise_rules(document)
    except PromisesFileError as problem:
        raise PromisesFileError(f"{path}: {problem}") from problem


@cache
def default_promise_rules() -> PromiseRules:
    """Return the promises that Relight comes with."""
    return read_promise_rules(DEFAULTS)


def promise_rules(document: Any) -> PromiseRules:
    """Return the rules of a document; PromisesFileError names the entry and what it would have to be."""
    top = EntryReader(document, "the file", error=PromisesFileError)
    label = top.text("version")
    entries = top.entries("promises")
    promises = tuple(_promise(entry) for entry in entries)
    ids = [promise.id for promise in promises]
    for id in ids:
        if ids.count(id) > 1:
            raise PromisesFileError(f"promises: the id {id!r} stands there twice")
    rules = PromiseRules(
        version=f"{label}@{_digest(document)}",
        promises=promises,
        proof=_proof(top.entry("proof")),
        areas=_areas(top.entry("areas")),
        document=document,
    )
    top.nothing_else()
    return rules


def _promise(entry: EntryReader) -> Promise:
    starts = entry.one_of("starts", Start)
    measures = entry.one_of("measures", Measure)
    if starts is Start.ARRIVAL and measures is Measure.ARRIVAL:
        raise entry.problem("starts", "an arrival cannot be promised from the arrival on")
    minutes = _by_class(entry, "minutes", least=1.0)
    warn_minutes = _by_class(entry, "warn_minutes", least=0.0)
    for area_class, warn in warn_minutes.items():
        if warn >= minutes.get(area_class, float("inf")):
            raise entry.problem(f"warn_minutes.{area_class}", "must be shorter than the promise itself")
    kinds = entry.several("report_kinds", REPORT_KINDS) if starts is Start.FIRST_REPORT else ()
    if starts is Start.FIRST_REPORT and not kinds:
        raise entry.problem("report_kinds", "must name at least one kind of report")
    promise = Promise(
        id=entry.name("id"),
        measures=measures,
        starts=starts,
        report_kinds=kinds,
        minutes=minutes,
        warn_minutes=warn_minutes,
        pauses=frozenset(PauseReason(one) for one in entry.several("pauses", tuple(PauseReason))),
        source=entry.text("source"),
    )
    entry.nothing_else()
    return promise


def _by_class(entry: EntryReader, field: str, *, least: float) -> dict[AreaClass, float]:
    table = entry.entry(field)
    found = {
        area_class: table.number(area_class, least=least, most=LONGEST_MINUTES)
        for area_class in AreaClass
        if table.has(area_class)
    }
    table.nothing_else()
    return found


def _proof(entry: EntryReader) -> ProofRule:
    rule = ProofRule(
        arrival_counts=entry.one_of("arrival_counts", ArrivalCounts),
        near_m=entry.number("near_m", least=1.0, most=10_000.0),
        differ_minutes=entry.number("differ_minutes", least=0.0, most=1440.0),
        told_late_minutes=entry.number("told_late_minutes", least=0.0, most=1440.0),
    )
    entry.nothing_else()
    return rule


def _areas(entry: EntryReader) -> DensityRule:
    rural = entry.number("rural_from_customers_per_km2", least=0.0, most=1e6)
    rule = DensityRule(
        radius_m=entry.number("radius_m", least=100.0, most=20_000.0),
        urban_from=entry.number("urban_from_customers_per_km2", least=rural, most=1e6),
        rural_from=rural,
        unknown=entry.one_of("unknown", AreaClass),
    )
    entry.nothing_else()
    return rule


def _digest(document: Any) -> str:
    said = json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(said).hexdigest()[:8]

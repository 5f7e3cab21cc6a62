"""Evidence from a file, attached to the service points of a network in memory, for `relight infer`.

The reading is `dispatch.evidence_lines`; the attaching gives what `dispatch.intake` gives with a database:
ids, accounts, meters and phones by the tables, a location by the nearest service point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import geopandas
import numpy as np
from pyproj import Geod

from dispatch.evidence_lines import (
    Document,
    EvidenceDocument,
    EvidenceLines,
    Location,
    Rejection,
    read_document,
)
from dispatch.intake import NEAREST_WITHIN_M
from gis.coordinates import to_wgs84
from gis.errors import GisError
from gis.network_tables import NetworkTables
from gis.phone_digits import phone_digits
from topology.findings import Finding
from topology.network import Network
from topology.observations import Observation, ObservationKind
from topology.phases import parse_phases

_CHUNK_BYTES = 1 << 20


class OfflineEvidence:
    """Reads evidence for one network."""

    def __init__(self, tables: NetworkTables, network: Network) -> None:
        """Index the tables by everything evidence may name."""
        points = tables.service_point
        self._network = network
        self._by_meter = _index(points["meter"], points["id"])
        self._by_account = _index(points["account"], points["id"])
        numbers = tables.customer["phone"].map(phone_digits, na_action="ignore")
        self._accounts_by_phone = _index(numbers, tables.customer["account"])
        self._places = points[points["geometry"].notna()]

    def read(self, path: Path, *, until: datetime | None) -> tuple[list[Observation], list[Finding]]:
        """Return the observations up to a time, each id once, and what could not be read or attached."""
        observations: dict[str, Observation] = {}
        findings = []
        with path.open("rb") as file:
            for piece in _pieces(file):
                read = read_document(piece) if isinstance(piece, Document) else piece
                found = read if isinstance(read, Rejection) else self._observation(read)
                if isinstance(found, Rejection):
                    findings.append(_finding(found))
                elif until is None or found.at <= until:
                    observations.setdefault(found.id, found)
        return list(observations.values()), findings

    def _observation(self, document: EvidenceDocument) -> Observation | Rejection:
        subject = self._subject(document)
        if subject is None:
            reason = "It names nothing, or more than one thing, in this network."
            return Rejection(line=document.line, id=document.id, reason=reason, code="unknown")
        return Observation(
            id=document.id,
            kind=ObservationKind(document.kind),
            at=document.at,
            subject=subject,
            phases=parse_phases(document.phases or "ABC"),
            result=document.result,
        )

    def _subject(self, document: EvidenceDocument) -> str | None:
        if document.device is not None:
            known = self._network.has_device(document.device) or self._network.has_service_point(
                document.device
            )
            return document.device if known else None
        if document.service_point is not None:
            return document.service_point if self._network.has_service_point(document.service_point) else None
        if document.location is not None:
            return self._nearest(document.location)
        found = self._named(document)
        return found[0] if len(found) == 1 and self._network.has_service_point(found[0]) else None

    def _named(self, document: EvidenceDocument) -> list[str]:
        if document.meter is not None:
            return self._by_meter.get(document.meter, [])[:1]
        if document.account is not None:
            return self._by_account.get(document.account, [])
        accounts = self._accounts_by_phone.get(phone_digits(document.phone) or "", [])
        return [point for account in accounts for point in self._by_account.get(account, [])]

    def _nearest(self, location: Location) -> str | None:
        try:
            lon, lat = to_wgs84(lon=location.lon, lat=location.lat, crs=location.crs)
        except GisError:
            return None
        if self._places.empty:
            return None
        there = geopandas.GeoSeries(self._places["geometry"])
        distances = Geod(ellps="WGS84").inv(
            np.full(len(there), lon), np.full(len(there), lat), there.x.to_numpy(), there.y.to_numpy()
        )[2]
        best = int(np.argmin(distances))
        return str(self._places["id"].iloc[best]) if distances[best] <= NEAREST_WITHIN_M else None


def _pieces(file: BinaryIO) -> Iterator[Document | Rejection]:
    lines = EvidenceLines()
    while chunk := file.read(_CHUNK_BYTES):
        yield from lines.feed(chunk)
    yield from lines.end()


def _index(keys: Iterable[object], values: Iterable[object]) -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        if isinstance(key, str):
            index.setdefault(key, []).append(str(value))
    return index


def _finding(rejection: Rejection) -> Finding:
    ids = (rejection.id,) if rejection.id is not None else ()
    return Finding(
        rule=rejection.code, layer="evidence", ids=ids, text=f"Line {rejection.line}: {rejection.reason}"
    )

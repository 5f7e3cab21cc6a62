"""What a search answers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.shape import Answer


class SearchResult(Answer):
    """One thing found: where it is, and what it is found by. No names, phones or mail of customers."""

    kind: Literal["service_point", "device", "street", "district", "substation", "feeder"]
    id: str = Field(description="The id of the service point, device or substation; of a street its number.")
    title: str = Field(description="The address of a service point, else the name.")
    account: str | None
    matched: Literal["account", "meter", "phone", "id", "address", "place"]
    customers: int | None
    lon: float | None
    lat: float | None


class SearchAnswer(Answer):
    """All that was found in the network version in force, likeliest first."""

    network_version: int
    results: list[SearchResult]

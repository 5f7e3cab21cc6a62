"""The page of one account, put together: the state of each supply, its words, and the area of its outage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from api.call_words import call_words
from api.supply_map import OutageAreas, draw
from api.supply_view import AreaView, SupplyView, view_area, view_supply
from api.supply_words import Words
from dispatch.calls import CallAnswer, CallAnswerCode, answer_call, known_reason
from dispatch.errors import NoActiveNetwork
from dispatch.explained_evidence import spans_of
from dispatch.network_cache import NetworkCache
from dispatch.supply_calendar import planned_ahead
from dispatch.supply_status import SupplyStatus, supply_status
from dispatch.supply_versions import supply_versions
from gis.network_versions import active_network_version
from gis.place import Place
from gis.places import ServicePointDetail, service_point_details, service_points_of_account

# An account with hundreds of supplies, a city's lamps for instance, still gets a light page.
_TOLD_IN_FULL = 8
_TOLD_IN_SHORT = 100
_PLANNED_TOLD = 5
_OFF_ON_PURPOSE = (CallAnswerCode.DISCONNECTED, CallAnswerCode.PLANNED_OUTAGE)
_ORDER = ("out", "explained", "reported", "restored", "on")


@dataclass(frozen=True, slots=True)
class OwnSupply:
    """One supply of the account: how it is called, and what is said of it."""

    label: str
    view: SupplyView


@dataclass(frozen=True, slots=True)
class MySupply:
    """What an account sees: its supplies, those without power first, what is planned, and its version."""

    version: str
    supplies: tuple[OwnSupply, ...]
    others: tuple[OwnSupply, ...]
    planned: tuple[str, ...]

    @property
    def states(self) -> frozenset[str]:
        """The states that occur among the supplies."""
        return frozenset(supply.view.state for supply in (*self.supplies, *self.others))


def my_supply(
    session: Session, *, account: str, areas: OutageAreas | None, words: Words, now: datetime
) -> MySupply:
    """Return what an account sees at `now`, without areas if there are none; NoActiveNetwork."""
    version = supply_versions(session, accounts=[account], now=now)[account]
    statuses = supply_status(session, account=account, now=now)
    ids = [status.service_point for status in statuses]
    details = _details(session, ids)
    labels = _labels(ids, details, words)
    explained = spans_of(session, service_points=ids, after=now)
    supplies = []
    for label, status in zip(labels, statuses, strict=True):
        area = _area(session, status, details.get(status.service_point), areas=areas, words=words)
        view = view_supply(status, area=area, words=words, now=now)
        if not view.is_out and status.service_point in explained:
            view = _view_explained(session, view, status, words=words, now=now)
        supplies.append(OwnSupply(label=label, view=view))
    supplies.sort(key=lambda supply: _ORDER.index(supply.view.state))
    return MySupply(
        version=version,
        supplies=tuple(supplies[:_TOLD_IN_FULL]),
        others=tuple(supplies[_TOLD_IN_FULL:][:_TOLD_IN_SHORT]),
        planned=_planned(session, account=account, words=words, now=now),
    )


def _planned(session: Session, *, account: str, words: Words, now: datetime) -> tuple[str, ...]:
    """Return the planned work that lies ahead, a sentence each."""
    return tuple(
        words(
            "planned.called_off" if work.is_cancelled else "planned.work",
            starts=words.time(work.starts_at, now=now),
            ends=words.time(work.ends_at, now=now),
            text=work.text,
        )
        for work in planned_ahead(session, account=account, now=now)[:_PLANNED_TOLD]
    )


def _view_explained(
    session: Session, view: SupplyView, status: SupplyStatus, *, words: Words, now: datetime
) -> SupplyView:
    """Return the page of a supply that is off on purpose, said as an agent would; else the view as it is."""
    reason = known_reason(session, service_point=status.service_point, now=now)
    if reason is None or reason.code not in _OFF_ON_PURPOSE:
        return view
    sentence = call_words(reason, words=words, now=now)
    headline = words("explained.headline")
    return replace(
        view, state="explained", headline=headline, sentences=(sentence,), steps=(), outage_id=None
    )


def own_labels(session: Session, *, account: str, words: Words) -> list[str]:
    """Return how the account's supplies are called, in the order of their service points."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    own = service_points_of_account(session, network_version=network_version, account=account)
    return _labels(own, _details(session, own), words)


def own_answer(
    session: Session, *, account: str, place: int, networks: NetworkCache, now: datetime
) -> CallAnswer | None:
    """Return what a call about an account's supply (counted from 0) would be told; None without one."""
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    own = service_points_of_account(session, network_version=network_version, account=account)
    for service_point in own[place : place + 1]:
        return answer_call(session, service_point=service_point, networks=networks, now=now)
    return None


def _details(session: Session, ids: Sequence[str]) -> dict[str, ServicePointDetail]:
    network_version = active_network_version(session)
    if network_version is None:
        return {}
    found = service_point_details(session, network_version=network_version, ids=ids)
    return {detail.id: detail for detail in found}


def _labels(ids: Sequence[str], details: dict[str, ServicePointDetail], words: Words) -> list[str]:
    """Call each supply by its number and address; ids of the network are nothing to a customer."""
    labels = []
    for number, id in enumerate(ids, start=1):
        detail = details.get(id)
        name = words("mine.supply", number=number, count=len(ids))
        labels.append(f"{name} · {detail.address}" if detail is not None and detail.address else name)
    return labels


def _area(
    session: Session,
    status: SupplyStatus,
    detail: ServicePointDetail | None,
    *,
    areas: OutageAreas | None,
    words: Words,
) -> AreaView | None:
    if status.outage is None or status.supplied or areas is None:
        return None
    area = areas.of(session, outage_id=status.outage.outage_id)
    own = None
    if detail is not None and detail.lon is not None and detail.lat is not None:
        own = Place(lon=detail.lon, lat=detail.lat)
    return view_area(area.customers, draw(area, own=own), words=words)

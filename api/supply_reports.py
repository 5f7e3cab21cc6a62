"""A customer's report of an outage: what the form said, as one trouble call.

Rules:
1. A form carries a token. Sent twice as it is, it is one report; sent again with something changed, it is
   another, so that a danger added later is never lost.
2. A report says where: the customer's own supply, or for those without an account a position or an address.
3. What the person wrote goes along in their own words, never into an address or a log.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.evidence_batch import take_evidence
from api.supply_words import Words
from api.throttle import take_turn
from api.work import reading
from dispatch.errors import NoActiveNetwork
from dispatch.evidence_lines import Document
from gis.addresses import find_address
from gis.network_versions import active_network_version
from gis.places import service_points_of_account

DANGERS = ("wire_down", "fire", "burning_smell")
EXTENTS = ("only_me", "neighbours")
# In which system a browser, WeChat and AMap, or Baidu gives a position (gis/coordinates.py).
COORDINATES = ("wgs84", "gcj02", "bd09", "cgcs2000")
LONGEST_TEXT = 500
LONGEST_ADDRESS = 200
_LONGEST_TOKEN = 64


class ReportRefusedError(Exception):
    """A report cannot be passed on; `problem` names the words that say why and what to do."""

    def __init__(self, problem: str) -> None:
        """Carry the key of `customer.report.problem.<problem>`."""
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class ReportForm:
    """What the form said. `place` is which of the account's supplies, counted from 0."""

    token: str
    extent: str | None = None
    danger: str | None = None
    text: str = ""
    place: int = 0
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    coordinates: str = COORDINATES[0]


def new_form_token() -> str:
    """Return what makes one form's report one report."""
    return secrets.token_urlsafe(16)


def read_report(fields: Mapping[str, str]) -> ReportForm:
    """Return a form's fields as a report; what does not belong there is left out."""
    lon, lat = _number(fields.get("lon")), _number(fields.get("lat"))
    coordinates = fields.get("coordinates", "") or COORDINATES[0]
    if coordinates not in COORDINATES:
        # A position in a system that nobody knows is none: half a kilometre off is the wrong street.
        lon, coordinates = None, COORDINATES[0]
    place = fields.get("place", "0")
    return ReportForm(
        token=fields.get("token", "")[:_LONGEST_TOKEN] or new_form_token(),
        extent=_one_of(fields.get("extent"), EXTENTS),
        danger=_one_of(fields.get("danger"), DANGERS),
        text=_plain(fields.get("text", ""))[:LONGEST_TEXT],
        place=int(place) if place.isascii() and place.isdigit() and len(place) <= len("9999") else 0,
        address=_plain(fields.get("address", ""))[:LONGEST_ADDRESS],
        lon=lon if lat is not None else None,
        lat=lat if lon is not None else None,
        coordinates=coordinates,
    )


def report_own(engine: Engine, *, account: str, form: ReportForm, words: Words) -> str:
    """Report that an account's supply is out; ReportRefusedError where the account has none.

    Return the id of the call that it became.
    """
    with reading(engine) as work:
        network_version = _in_force(work.session)
        own = service_points_of_account(work.session, network_version=network_version, account=account)
        now = work.now
    if not own:
        raise ReportRefusedError("no_supply")
    where = {"service_point": own[min(form.place, len(own) - 1)]}
    document = _document(form, words=words, scope=account, where=where, now=now)
    return _take(engine, document, source="customer")


def report_place(engine: Engine, *, form: ReportForm, words: Words, address: str, now: datetime) -> str:
    """Report an outage at a position or an address; ReportRefusedError where it is not a place of ours.

    Return the id of the call that it became.
    `address` is where the request comes from, and `now` the real time: they hold back a flood of reports.
    """
    if form.lon is None and not form.address:
        raise ReportRefusedError("no_place")
    with Session(engine) as session, session.begin():
        may_report = take_turn(session, address=address, now=now)
    if not may_report:
        raise ReportRefusedError("too_many")
    with reading(engine) as work:
        where = _where(work.session, form)
        at = work.now
    document = _document(form, words=words, scope="", where=where, now=at)
    return _take(engine, document, source="public")


def _where(session: Session, form: ReportForm) -> dict[str, Any]:
    """Return the address's service point where one was written and found, else the position."""
    network_version = _in_force(session)
    is_ambiguous = False
    if form.address:
        found = find_address(session, network_version=network_version, address=form.address)
        if found.service_point is not None:
            return {"service_point": found.service_point}
        is_ambiguous = found.is_ambiguous
    if form.lon is not None:
        return {"location": {"lon": form.lon, "lat": form.lat, "crs": form.coordinates}}
    raise ReportRefusedError("address_ambiguous" if is_ambiguous else "address_unknown")


def _take(engine: Engine, document: dict[str, Any], *, source: str) -> str:
    receipt = take_evidence(engine, documents=[Document(line=1, fields=document)], source=source)
    for rejection in receipt.rejected:
        # The same form again, a moment later: the first one stands, and that is what was wanted.
        if rejection.code != "id_reused":
            raise ReportRefusedError("too_far" if "location" in document else "refused")
    return str(document["id"])


def _document(
    form: ReportForm, *, words: Words, scope: str, where: dict[str, Any], now: datetime
) -> dict[str, Any]:
    # The account is part of the id: nobody can use up the id of another's report.
    said = [scope, form.token, form.extent, form.danger, form.text, form.address, *sorted(where.items())]
    document = {
        "id": f"page-{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}",
        "kind": "trouble_call",
        "at": now.isoformat(),
        **where,
    }
    text = " ".join(part for part in (_extent_words(form, words), form.text) if part)
    if form.danger is not None:
        document["hazard"] = form.danger
    return {**document, "text": text} if text else document


def _extent_words(form: ReportForm, words: Words) -> str:
    # The call format has no field for it; the dispatcher reads it before the person's own words.
    return words(f"report.said.{form.extent}") if form.extent is not None else ""


def _in_force(session: Session) -> int:
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    return network_version


def _one_of(value: str | None, allowed: tuple[str, ...]) -> str | None:
    return value if value in allowed else None


def _plain(text: str) -> str:
    """Return text as one line of signs that can be stored and shown."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None

"""The consumers of a CIM model as service points, and the customers behind them where a profile tells them.

RULE 1: an energy consumer is one service point with its `customerCount` customers (1 when it says nothing).
RULE 2: where usage points refer to a consumer, each of them is a service point of one customer instead: that
    is what is metered and billed.
RULE 3: a meter is that of the usage point; an account is that of the customer whose agreement it is.
"""

from dataclasses import dataclass, field
from typing import Any

from gis.cim.classes import CONSUMERS
from gis.cim.containers import Units
from gis.cim.model import CimModel, CimObject
from gis.cim.phases import OWN_LETTER, consumer_conductors
from gis.cim.terminals import Terminals, symbols
from gis.conductor_letters import Letters
from topology.phases import format_phases

Row = dict[str, Any]


@dataclass(slots=True)
class ServiceRows:
    """Service points and customers, and the ids of consumers whose row could not be made as told."""

    service_point: list[Row] = field(default_factory=list)
    customer: dict[str, Row] = field(default_factory=dict)
    without_node: list[str] = field(default_factory=list)
    out_of_service: list[str] = field(default_factory=list)
    phases_unknown: list[str] = field(default_factory=list)
    customers_unknown: list[str] = field(default_factory=list)


def service_rows(model: CimModel, terminals: Terminals, letters: Letters, units: Units) -> ServiceRows:
    """Return a row for each service point, and one for each customer."""
    made = ServiceRows()
    for consumer in model.of(*CONSUMERS):
        ends = terminals.ends(consumer)
        if not ends:
            made.without_node.append(consumer.id)
        elif not consumer.is_in_service:
            made.out_of_service.append(consumer.id)
        else:
            conductors = consumer_conductors(model, consumer, ends)
            row: Row = {
                "id": consumer.id,
                "node": ends[0].node,
                "phases": _phases(made, letters, consumer.id, ends[0].node, conductors),
                "customers": _count(made, consumer),
                "peak_kw": _peak_kw(model, consumer, units),
                "place": consumer.id,
            }
            made.service_point += _by_usage_point(model, made, letters, consumer, row) or [row]
    return made


def _by_usage_point(
    model: CimModel, made: ServiceRows, letters: Letters, consumer: CimObject, row: Row
) -> list[Row]:
    points = [one for one in model.from_(consumer, "Equipments") if one.kind == "UsagePoint"]
    rows = []
    for point in points:
        told = symbols(point.text("phaseCode"))
        meters = [one for one in model.from_(point, "UsagePoint") if one.kind in {"Meter", "EndDevice"}]
        agreement = model.to(point, "CustomerAgreement")
        premise = model.to(point, "ServiceLocation", "UsagePointLocation")
        rows.append(
            row
            | {
                "id": point.id,
                "phases": _phases(made, letters, point.id, row["node"], told) if told else row["phases"],
                "customers": 1,
                # Only the whole is measured; a share of it would be made up.
                "peak_kw": row["peak_kw"] if len(points) == 1 else None,
                "meter": meters[0].text("serialNumber", "name", "mRID") or meters[0].id if meters else None,
                "account": _account(model, made, agreement),
                "address": premise.name if premise is not None else None,
                "place": premise.id if premise is not None else consumer.id,
            }
        )
    return rows


def _account(model: CimModel, made: ServiceRows, agreement: CimObject | None) -> str | None:
    """The account of an agreement's customer; it has the name of the account, else that of the customer."""
    customer = model.to(agreement, "Customer")
    if agreement is None or customer is None:
        return None
    account = model.to(agreement, "CustomerAccount")
    if account is None:
        accounts = [one for one in model.from_(customer, "Customer") if one.kind == "CustomerAccount"]
        account = accounts[0] if accounts else customer
    id_ = account.name or account.id
    made.customer.setdefault(
        id_, {"account": id_, "name": customer.name, "language": customer.text("locale")}
    )
    return id_


def _phases(made: ServiceRows, letters: Letters, id_: str, node: str, conductors: tuple[str, ...]) -> str:
    """The letters behind each conductor that it takes; s1 and s2 below no transformer might be any."""
    mask = 0
    for symbol in conductors:
        mask |= letters.of(node, [symbol]) or OWN_LETTER.get(symbol, 0)
    if not mask:
        made.phases_unknown.append(id_)
    return format_phases(mask) or "ABC"


def _count(made: ServiceRows, consumer: CimObject) -> int:
    text = consumer.text("customerCount")
    if text is None:
        return 1
    count = consumer.number("customerCount")
    if count is None or count < 0 or count % 1:
        made.customers_unknown.append(consumer.id)
        return 1
    return int(count)


def _peak_kw(model: CimModel, consumer: CimObject, units: Units) -> float | None:
    whole = consumer.number("p", "pfixed")
    phases = [one.number("p", "pfixed") for one in model.from_(consumer, "EnergyConsumer")]
    told = [one for one in phases if one is not None]
    if whole is None and not told:
        return None
    return (whole if whole is not None else sum(told)) * units.kva

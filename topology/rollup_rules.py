"""The knobs of the roll-up rules, as outage management systems document them (docs/rollup.md).

Owns the values and the named sets. What the rules do with them is `rollup_counting`.
"""

from __future__ import annotations

from dataclasses import dataclass

from topology.kinds import DeviceKind


@dataclass(frozen=True, slots=True)
class RuleTrust:
    """How often a rule was right on the training storms: of the device it names, the one above, one below.

    The rules know no probabilities; these shares are what such an engine can say of itself.
    """

    named: float
    above: float
    below: float


@dataclass(frozen=True, slots=True)
class RollupRules:
    """When reports are laid to a device.

    Args:
        gasp_weight: what one meter's last gasp counts for, where a call or a ping answered off counts 1.
        service_weight: a single service point is shown as out when its reports weigh this much.
        customer_reports: a device with no device below needs reports of this weight (or all its customers) …
        customer_share: … from this share of its service points.
        child_reports: a device (or service) below counts as affected with reports of this weight (for a
            service: any report) …
        child_share: … from this share of its service points.
        children: a device with devices below needs this many affected ones next below (or all) …
        children_share: … which are this share of those next below …
        upstream_reports: … and reports of this weight …
        upstream_share: … from this share of all its service points.
        feeder_devices: a feeder's breaker is taken when so many devices below it would be; 0: never.
        single_phase_share: a device that may blow one phase has blown one when the services on each other
            phase report at most this part of what those on that phase do; 0: never.
        minutes_apart: reports on a feeder after a pause of this length start another outage.
        trust_service: how far to trust an outage of one service point.
        trust_customers: how far to trust what the rule of a last device named.
        trust_upstream: how far to trust what the rule of a device with devices below named.
        single_phase_kinds: the kinds that open one phase alone.
    """

    gasp_weight: float = 1.0
    service_weight: float = 1.0
    customer_reports: float = 1.5
    customer_share: float = 0.1
    child_reports: float = 1.0
    child_share: float = 0.25
    children: int = 2
    children_share: float = 0.15
    upstream_reports: float = 1.0
    upstream_share: float = 0.1
    feeder_devices: int = 0
    single_phase_share: float = 0.1
    minutes_apart: float = 60.0
    trust_service: RuleTrust = RuleTrust(0.075, 0.014, 0.0)
    trust_customers: RuleTrust = RuleTrust(0.688, 0.094, 0.0)
    trust_upstream: RuleTrust = RuleTrust(0.934, 0.006, 0.028)
    single_phase_kinds: frozenset[DeviceKind] = frozenset({DeviceKind.FUSE})


DEFAULT_RULES = RollupRules()

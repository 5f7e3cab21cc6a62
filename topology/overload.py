"""Which devices a step would load beyond their ratings, and which were not checked, with the reason.

Rule 1: judged is what a step loads more than before, on any phase; a device that carries no more than it does
in the normal state is told apart, since sums of peaks that never fall together pass ratings by themselves.
Rule 2: nothing is guessed. A device without a rating, a rating in amperes without a voltage, a device behind
which no peak is known, and one on a ring are not checked, and counted by that reason.
Rule 3: a check with some peaks unknown is a check of the known ones: the share of them is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from topology.arrays import BoolArray, LongArray
from topology.load_flow import DeviceLoads, LoadMeter, loaded_otherwise
from topology.network_load import FloatArray
from topology.supply import Supply
from topology.temporary_supply import Jumper

_EPSILON_KW = 1e-6
# Sums in another order differ in their last digits; a device at its very rating is not beyond it.
_ROUNDING = 1 + 1e-9
_MOST_NAMED = 50


class WhyNotChecked(StrEnum):
    """Why a device that a step loads was not checked."""

    NO_RATING = "no_rating"
    NO_VOLTAGE = "no_voltage"
    NO_LOAD = "no_load"
    RING = "ring"


@dataclass(frozen=True, slots=True)
class LoadedDevice:
    """What a device would carry, and did before, against its rating; `unit` is A or kVA.

    `known_load_share` is the share of the service points behind it whose peak is known.
    """

    device: str
    carried: float
    before: float
    rated: float
    unit: str
    known_load_share: float

    @property
    def share(self) -> float:
        """What it carries, as a share of its rating."""
        return self.carried / self.rated


@dataclass(frozen=True, slots=True)
class NotChecked:
    """How many devices that a step loads were not checked, for one reason."""

    reason: WhyNotChecked
    devices: int


@dataclass(frozen=True, slots=True)
class LoadCheck:
    """The devices that a step loads more: the overloaded (worst first, 50 at most), and what was not checked.

    `overloaded` counts all. `tightest` is that with the least left of its rating, among those
    checked and not as in the normal state; `known_load_share` the lowest of all checked, None if none was.
    """

    overloads: tuple[LoadedDevice, ...]
    overloaded: int
    checked: int
    not_checked: tuple[NotChecked, ...]
    above_rating_as_normal: int
    known_load_share: float | None
    tightest: LoadedDevice | None

    @property
    def is_whole(self) -> bool:
        """Whether everything that the step loads was checked with all its peaks known."""
        return not self.not_checked and self.known_load_share in (None, 1.0)

    @property
    def margin(self) -> float | None:
        """The lowest share of a rating left, below 0 where one is passed; None if none was checked."""
        return None if self.tightest is None else 1 - self.tightest.share


def check_load(*, before: Supply, now: Supply, meter: LoadMeter) -> LoadCheck:
    """Return what the way from one supply to another loads more than before; both of the meter's tree."""
    devices = loaded_otherwise(before, now)
    return _Check(before, now, meter, devices).result()


class _Check:
    def __init__(self, before: Supply, now: Supply, meter: LoadMeter, devices: LongArray) -> None:
        self.now = now
        self.meter = meter
        after, earlier = meter.loads(now, devices), meter.loads(before, _in_numbers_of(before, now, devices))
        more = (after.kw > earlier.kw + _EPSILON_KW).any(axis=1) | after.in_ring | earlier.in_ring
        # Where no peak is known, more service points are all that can be told.
        kept = np.flatnonzero(more | (after.counted > earlier.counted))
        self.devices = devices[kept]
        self.after, self.earlier = _rows(after, kept), _rows(earlier, kept)
        self.normal = meter.loads(meter.normal, _in_numbers_of(meter.normal, now, self.devices))
        self.rated_a, self.rated_kva, self.nominal_kv = self._ratings()

    def result(self) -> LoadCheck:
        is_in_kva = np.isfinite(self.rated_kva)
        rated = np.where(is_in_kva, self.rated_kva, self.rated_a)
        reasons = self._reasons(rated, is_in_kva)
        checked = np.flatnonzero(reasons == "")
        carried, before, normal = (
            self._in_units(one, is_in_kva) for one in (self.after, self.earlier, self.normal)
        )
        is_as_normal = carried <= normal * _ROUNDING
        is_above = carried > rated * _ROUNDING
        judged = checked[~(is_above & is_as_normal)[checked]]
        by_share = judged[np.argsort(-(carried / rated)[judged], kind="stable")]
        over = by_share[is_above[by_share]]
        shares = np.where(self.after.counted > 0, self.after.known / self.after.counted.clip(min=1), 1.0)

        def told(rows: LongArray) -> Iterator[LoadedDevice]:
            for row in rows.tolist():
                yield LoadedDevice(
                    device=self.now.edge_ids([int(self.devices[row])])[0],
                    carried=float(carried[row]),
                    before=float(before[row]),
                    rated=float(rated[row]),
                    unit="kVA" if is_in_kva[row] else "A",
                    known_load_share=float(shares[row]),
                )

        return LoadCheck(
            overloads=tuple(told(over[:_MOST_NAMED])),
            overloaded=len(over),
            checked=len(checked),
            not_checked=tuple(
                NotChecked(reason, count)
                for reason in WhyNotChecked
                if (count := int((reasons == reason.value).sum()))
            ),
            above_rating_as_normal=int((is_above & is_as_normal)[checked].sum()),
            known_load_share=float(shares[checked].min()) if len(checked) else None,
            tightest=next(told(by_share[:1]), None),
        )

    def _reasons(self, rated: FloatArray, is_in_kva: BoolArray) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
        """Return why each is not checked, an empty text where it is (rule 2)."""
        reasons = np.full(len(rated), "", dtype="U16")
        reasons[(self.after.known == 0) & (self.after.counted > 0)] = WhyNotChecked.NO_LOAD
        reasons[self.after.in_ring] = WhyNotChecked.RING
        reasons[~is_in_kva & ~np.isfinite(self.nominal_kv)] = WhyNotChecked.NO_VOLTAGE
        reasons[~np.isfinite(rated)] = WhyNotChecked.NO_RATING
        return reasons

    def _in_units(self, loads: DeviceLoads, is_in_kva: BoolArray) -> FloatArray:
        """Return what devices carry in kVA or in A (`network_load`, rules 3 and 4)."""
        factor = self.meter.load.rules.power_factor
        amperes = loads.kw.max(axis=1, initial=0.0) * np.sqrt(3) / (self.nominal_kv * factor)
        carried: FloatArray = np.where(is_in_kva, loads.kw.sum(axis=1) / factor, amperes)
        return carried

    def _ratings(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return ratings and voltages of devices and of temporary edges; a rating of 0 is none."""
        load, network = self.meter.load, self.now.network
        rated_a, rated_kva, nominal_kv = (np.full(len(self.devices), np.nan) for _ in range(3))
        rows = np.flatnonzero(self.devices < network.device_count)
        devices = self.devices[rows]
        rated_a[rows] = load.device_rated_a[devices]
        rated_kva[rows] = load.device_rated_kva[devices]
        at_from = load.node_nominal_kv[network.device_from_nodes[devices]]
        at_to = load.node_nominal_kv[network.device_to_nodes[devices]]
        nominal_kv[rows] = np.where(np.isfinite(at_from), at_from, at_to)
        feeds = self.now.temporary.feeds
        for row in np.flatnonzero(self.devices >= network.device_count).tolist():
            one = feeds[int(self.devices[row]) - network.device_count]
            ends = [node for node in self.now.ends_of(int(self.devices[row])) if node >= 0]
            nominal_kv[row] = load.node_nominal_kv[ends[0]]
            if isinstance(one, Jumper):
                rated_a[row] = one.rated_a if one.rated_a is not None else np.nan
            else:
                rated_kva[row] = one.rated_kva if one.rated_kva is not None else np.nan
        for values in (rated_a, rated_kva, nominal_kv):
            values[values <= 0] = np.nan
        return rated_a, rated_kva, nominal_kv


def _in_numbers_of(other: Supply, supply: Supply, devices: LongArray) -> LongArray:
    """Return devices of one supply in the numbers of another one, -1 for temporary edges it does not have."""
    count = supply.network.device_count
    numbers = {edge.id: edge.number for edge in other.placed.edges}
    there = devices.copy()
    for row in np.flatnonzero(devices >= count).tolist():
        there[row] = numbers.get(supply.placed.edges[int(devices[row]) - count].id, -1)
    return there


def _rows(loads: DeviceLoads, rows: LongArray) -> DeviceLoads:
    return DeviceLoads(loads.kw[rows], loads.known[rows], loads.counted[rows], loads.in_ring[rows])

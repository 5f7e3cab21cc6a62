"""The networks that inference is measured on, made ready for trial storms and for the limit.

Real feeders go without their names: the page that shows the figures is public, their assets are not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.inference_limit import LimitModel, LimitPriors, LimitRates, LimitTree
from gis.network_formats import read_network
from gis.simbench import read_simbench
from storm.city import make_city
from storm.trials import Trial, TrialGround, TrialShape
from storm.trials.signals import CODE_OF_KIND
from topology.arrays import BoolArray, LongArray
from topology.network import Network
from topology.observations import ObservationKind
from topology.rollup_tree import RollupTree
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

DATA = Path(__file__).parents[2] / "shared" / "data"
CITY_SEED = 6
CITY_SIZES = (2_000, 10_000)
SIMBENCH = "1-MVLV-rural-all-0-sw"
_GASP, _CALL = (CODE_OF_KIND[kind] for kind in (ObservationKind.LAST_GASP, ObservationKind.TROUBLE_CALL))


@dataclass(frozen=True, slots=True)
class Told:
    """Who has told of no supply, by place in the limit's `points`."""

    gasped: BoolArray
    called: BoolArray

    @property
    def places(self) -> LongArray:
        """The places that tell anything."""
        return np.flatnonzero(self.gasped | self.called)


class Ground:
    """One network, with and without meters."""

    def __init__(self, name: str, network: Network) -> None:
        """Walk the network."""
        self.name = name
        self.network = network
        self.tree = SupplyTree(network, SwitchState.normal(network))
        self.rollup_tree = RollupTree(self.tree)
        self.metered = TrialGround(self.tree)
        self.limit_tree = LimitTree(self.tree)

    @cached_property
    def without_meters(self) -> TrialGround:
        """The same for storms that only people tell of."""
        return TrialGround(self.tree, np.zeros(self.network.service_point_count, dtype=np.bool_))

    @cached_property
    def limit_tree_without_meters(self) -> LimitTree:
        """The same for the limit."""
        return LimitTree(self.tree, np.zeros(self.network.service_point_count, dtype=np.bool_))

    def limit(self, shape: TrialShape, *, meters: bool = True) -> LimitModel:
        """Return the limit that is told the priors of a shape of storm."""
        ground = self.metered
        shares = {kind: share for kind, share in shape.shares.items() if kind in ground.candidates}
        expected = (shape.fewest_faults + shape.most_faults) / 2
        priors = LimitPriors(expected, shares, shape.single_phase)
        return LimitModel(self.limit_tree if meters else self.limit_tree_without_meters, priors)

    def told(self, trial: Trial) -> Told:
        """Return who has told of no supply in a storm."""
        rows = trial.signals
        told = Told(*(np.zeros(len(self.limit_tree.points), dtype=np.bool_) for _ in range(2)))
        for kind, mask in ((_GASP, told.gasped), (_CALL, told.called)):
            places = self.limit_tree.place_of[rows["subject"][rows["kind"] == kind]]
            mask[places[places >= 0]] = True
        return told


def limit_rates(trial: Trial, losses: tuple[float, ...]) -> LimitRates:
    """Return the true rates of a storm whose faults all began at its first moment."""
    shape = trial.shape
    minutes, shares = zip(*shape.calls_by_minute, strict=True)
    return LimitRates(
        losses=losses,
        arrived=-math.expm1(-shape.minutes * 60 / shape.gasp_delay_seconds),
        false_gasp=trial.false_gasp_probability,
        called=float(np.interp(shape.minutes, minutes, shares)),
        false_call=trial.false_call_probability,
    )


def _read(*parts: str) -> Network:
    tables, _, _ = read_network(str(DATA.joinpath(*parts)))
    return tables.to_network()[0]


def _simbench() -> Network:
    tables, _ = read_simbench(SIMBENCH)
    return tables.to_network()[0]


def _city(customers: int) -> Network:
    return make_city(customers=customers, seed=CITY_SEED).tables.to_network()[0]


MAKERS: dict[str, Callable[[], Network]] = {
    "IEEE 9500": lambda: _read("net_ieee9500", "dss", "protection.dss"),
    "WindMil feeder 1": lambda: _read("net_windmil", "ABEC-COLUMBIA.std"),
    "WindMil feeder 2": lambda: _read("net_windmil", "Olin-Barre.std"),
    "SimBench rural": _simbench,
    **{f"city of {size:,}": lambda size=size: _city(size) for size in CITY_SIZES},  # type: ignore[misc]
}


def make_grounds(names: Sequence[str] | None = None) -> list[Ground]:
    """Return the networks, all or some by name; those whose files are not here are left out."""
    grounds = []
    for name, make in MAKERS.items():
        is_here = DATA.exists() or not name.startswith(("IEEE", "WindMil"))
        if is_here and (names is None or name in names):
            grounds.append(Ground(name, make()))
    return grounds

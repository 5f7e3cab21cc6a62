"""What the passes leave out or add up as plain numbers changes nothing: it equals the same in logarithms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology import up_pass
from topology.blame_tree import ROOT, grow_blame_tree
from topology.evidence_weights import AGES
from topology.posterior import QUIET, Posterior
from topology.supply_tree import SupplyTree


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_plain_numbers_for_settings_that_differ_give_what_logarithms_for_all_give(
    data, twin: ModuleType, posterior_twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(posterior_twin.drawn_trees(twin.Drawn))
    blame = grow_blame_tree(tree_of_rows(drawn))
    ids = [point for point, *_ in drawn.service_points]
    points = blame.tree.network.find_service_points(ids)
    categories = np.array([data.draw(posterior_twin.categories) for _ in ids])
    feeders = [ROOT, *blame.feeders.tolist()]
    ages = {feeder: data.draw(st.integers(QUIET, AGES - 1)) for feeder in feeders}
    rates = replace(
        posterior_twin.RATES,
        loss=data.draw(st.sampled_from([posterior_twin.RATES.loss, None])),
        false_rate=data.draw(st.sampled_from([posterior_twin.RATES.false_rate, None])),
    )

    def tables() -> tuple[np.ndarray, ...]:
        posterior = Posterior(blame, rates)
        posterior.categorise(points, categories)
        for feeder, age in ages.items():
            posterior.set_age(feeder, age)
        posterior.receive(gasps=3, calls=2)
        posterior.refresh()
        return posterior.passes.whole, posterior.passes.within, posterior.weights

    plain = tables()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(up_pass, "FARTHEST", -1.0)
        patched.setattr(up_pass, "alike_but_for_delay", lambda _: up_pass.EACH)
        in_logarithms = tables()
    for one, other in zip(plain, in_logarithms, strict=True):
        assert one == pytest.approx(other, abs=1e-11)

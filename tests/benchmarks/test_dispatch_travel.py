"""The rows of travel by road, on a small lattice: the matrix equals the plain walk's."""

from benchmarks.dispatch_roads import lattice_roads
from benchmarks.dispatch_travel import CREWS, JOBS, matrix_rows


def test_the_matrix_is_compared_with_plain_walks():
    said = []
    roads = lattice_roads(side=30, seed=1)
    rows = {row.metric: row for row in matrix_rows("small", roads, said.append, target=5.0)}
    assert rows["for one crew"].equal is True
    assert rows[f"{CREWS} crews × {JOBS:,} jobs"].target == 5.0
    assert said

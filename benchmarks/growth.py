"""How cost grows with size: a plot of one benchmark at several sizes, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.report import Row


def plot_growth(*, rows: Sequence[Row], sizes: dict[str, int], unit: str, path: Path) -> None:
    """Draw every metric measured in a unit, and its peers, against the size of their case; write an SVG."""
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "relight"
    lines: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.unit == unit and row.case in sizes:
            lines.setdefault(row.metric, {})[sizes[row.case]] = row.value
            if row.peer and row.peer_value is not None and not row.peer.startswith("a "):
                lines.setdefault(f"{row.peer}: {row.metric}", {})[sizes[row.case]] = row.peer_value
    figure = Figure(figsize=(9, 6.5), layout="constrained")
    axes = figure.subplots()
    for name, points in lines.items():
        is_peer = any(name == f"{row.peer}: {row.metric}" for row in rows)
        axes.plot(
            list(points), list(points.values()), marker="o", linestyle="--" if is_peer else "-", label=name
        )
    axes.set(xscale="log", yscale="log", xlabel="customers", ylabel=unit)
    axes.grid(visible=True, which="major", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=1, fontsize="small")
    figure.savefig(path, format="svg", metadata={"Date": None})

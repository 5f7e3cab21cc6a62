"""The plot of `relight benchmark dispatch`: the gap of each storm, by its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure


def plot_gaps(gaps: Mapping[int, Sequence[float]], *, target: float, path: Path) -> None:
    """Draw a point for each storm, a line through the medians, and the aim; write an SVG."""
    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "relight"
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for size, values in gaps.items():
        axes.plot([size] * len(values), list(values), "o", color="tab:blue", alpha=0.6)
    axes.plot(list(gaps), [float(np.median(values)) for values in gaps.values()], "-", label="median")
    axes.axhline(target, linestyle="--", color="tab:grey", label="aim, in the median")
    axes.set(xscale="log", xlabel="jobs", ylabel="gap to the lower bound, %", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path, format="svg", metadata={"Date": None})

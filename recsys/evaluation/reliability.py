"""How well stated chances keep their word, as a picture: a panel a method, the diagonal is perfect."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from recsys.evaluation.charts import BEST, FAINT, OTHER, STYLE

Bins = Sequence[tuple[float, float, int]]
"""For each bin the mean chance stated, the share that was true, and how many."""


def reliability_chart(methods: Mapping[str, tuple[Bins, float]]) -> str:
    """One `<svg>` element.

    Args:
        methods: by name, the bins and the expected calibration error. A dot's area says how many are in its bin.
    """
    import matplotlib as mpl  # heavy, and only reports need it
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(3.9 * len(methods), 3.9), layout="constrained")
        panels = figure.subplots(1, len(methods), sharex=True, sharey=True, squeeze=False).ravel()
        for place, (panel, (name, (bins, error))) in enumerate(zip(panels, methods.items(), strict=True)):
            _draw(panel, bins, BEST if place == 0 else OTHER)
            panel.set_title(f"{name}  (ECE {error:.3f})", loc="left", fontsize=11, fontweight="bold")
            panel.set_xlabel("stated confidence")
        panels[0].set_ylabel("share that was true")
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return out.getvalue()[out.getvalue().index("<svg") :] + "\n"


def _draw(panel: Any, bins: Bins, colour: str) -> None:
    panel.plot([0, 1], [0, 1], color=FAINT, linewidth=1.5)
    stated, true, counts = zip(*bins, strict=True) if bins else ((), (), ())
    panel.plot(stated, true, "-", color=colour, linewidth=1.2)
    most = max(counts, default=1)
    panel.scatter(stated, true, s=[12 + 150 * n / most for n in counts], color=colour, zorder=3)
    panel.set_xlim(-0.03, 1.03)
    panel.set_ylim(-0.03, 1.03)
    panel.set_aspect("equal")
    panel.grid(color=FAINT, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0)
    panel.spines[:].set_visible(False)

"""Trade-offs as pictures: what a re-ranker is for against accuracy, a panel each, a point per strength."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recsys.evaluation.charts import BEST, FAINT, OTHER, STYLE
from recsys.evaluation.trade_off import Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AIM = {"MMR": "diversity", "DPP": "diversity", "calibration": "calibration", "cold exposure": "cold share"}
"""The metric that each re-ranker is for."""
WORDS = {
    "diversity": "diversity of the list, more to the right",
    "calibration": "divergence from the viewer's tag mix, better to the left",
    "cold share": "share of new videos, more to the right",
}
WHISKER: dict[str, Any] = {"color": OTHER, "linewidth": 1.0, "zorder": 1}


def curves(points: Sequence[Point], k: int = 10, title: str = "") -> str:
    """One `<svg>` element: NDCG against what each re-ranker is for, with 95% intervals, strengths beside points."""
    import matplotlib as mpl  # heavy, and only reports need it
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    names = list(dict.fromkeys(one.reranker for one in points))
    n_columns = min(len(names), 2)
    n_rows = -(-len(names) // n_columns)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.1 * n_rows), layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.14))
        panels = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False).ravel()
        for panel, name in zip(panels, names, strict=False):
            _draw(panel, [one for one in points if one.reranker == name], AIM.get(name, "diversity"), k)
            panel.set_title(name, loc="left", fontsize=12, fontweight="bold")
            panel.set_ylabel(f"NDCG@{k}")
        for panel in panels[len(names) :]:
            panel.set_visible(False)
        panels[0].set_ylim(bottom=0)
        if title:
            figure.suptitle(title, x=0.01, ha="left", fontsize=12)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor="white")
    return out.getvalue()[out.getvalue().index("<svg") :]


def _draw(panel: "Axes", points: Sequence[Point], aim: str, k: int) -> None:
    across = {one.strength: one for one in points if one.metric == f"{aim}@{k}"}
    up = {one.strength: one for one in points if one.metric == f"ndcg@{k}"}
    strengths = sorted(across)
    panel.plot([across[s].value for s in strengths], [up[s].value for s in strengths], color=BEST, linewidth=1.5)
    for s in strengths:
        x, y = across[s], up[s]
        panel.plot([x.value, x.value], [y.low, y.high], **WHISKER)
        panel.plot([x.low, x.high], [y.value, y.value], **WHISKER)
        panel.plot(x.value, y.value, "o" if s else "D", color=BEST, markersize=5.5)
        panel.annotate(f"{s:g}", (x.value, y.value), textcoords="offset points", xytext=(6, 6), fontsize=9)
    panel.set_xlabel(WORDS[aim])
    panel.grid(color=FAINT, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelleft=True)
    panel.spines[:].set_visible(False)

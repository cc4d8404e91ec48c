"""A grid as a picture: a dot per method with its interval as a whisker, a panel per slice."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.evaluation.grids import Cell, Grid

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT = "#1f2933", "#d5dae0"
BEST, OTHER = "#0072b2", "#6b7480"  # told apart by lightness and shape too, not by hue alone
PANELS_A_ROW = 3
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tagreel",  # ids in the file follow from its content, so equal reports are equal bytes
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def chart(grid: Grid) -> str:
    """One `<svg>` element, 1,100 px wide at its natural size.

    The best method of a panel is a filled diamond, what ties with it a hollow one, the others are dots.
    """
    import matplotlib as mpl  # heavy, and only reports need it
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    n_columns = min(len(grid.slices), PANELS_A_ROW)
    n_rows = -(-len(grid.slices) // n_columns)
    height = n_rows * (0.95 + 0.34 * len(grid.methods))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, height), layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.1))
        panels = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, part, n_viewers in zip(panels, grid.slices, grid.n_viewers, strict=False):
            _draw(panel, [grid.cells[method, part] for method in grid.methods])
            panel.set_title(f"{part}  (n = {n_viewers:,})", loc="left", fontsize=11, fontweight="bold")
        for panel in panels[len(grid.slices) :]:
            panel.set_visible(False)
        panels[0].set_yticks(range(len(grid.methods)), grid.methods)
        panels[0].set_ylim(len(grid.methods) - 0.5, -0.5)
        panels[0].locator_params(axis="x", nbins=5)
        panels[0].set_xlim(*_limits(list(grid.cells.values())))
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return out.getvalue()[out.getvalue().index("<svg") :]


def _draw(panel: "Axes", cells: list[Cell]) -> None:
    for place, cell in enumerate(cells):
        if np.isnan(cell.value):
            continue
        colour = BEST if cell.mark else OTHER
        if not np.isnan(cell.low):
            panel.plot([cell.low, cell.high], [place, place], color=colour, linewidth=1.5, solid_capstyle="butt")
            panel.plot([cell.low, cell.high], [place, place], "|", color=colour, markersize=9, markeredgewidth=1.5)
        shape = "D" if cell.mark else "o"
        fill = "white" if cell.mark == "tie" else colour
        panel.plot(cell.value, place, shape, color=colour, markerfacecolor=fill, markersize=5.5, markeredgewidth=1.5)
    panel.grid(axis="x", color=FAINT, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.tick_params(length=0, labelbottom=True)
    panel.spines[:].set_visible(False)


def _limits(cells: list[Cell]) -> tuple[float, float]:
    """From 0, or from below the lowest value, to a bit above the highest."""
    ends = np.array([(cell.value, cell.low, cell.high) for cell in cells]).ravel()
    ends = ends[~np.isnan(ends)]
    if not len(ends):
        return 0.0, 1.0
    low, high = min(0.0, float(ends.min())), max(float(ends.max()), 1e-9)
    margin = 0.04 * (high - low)
    return low - margin, high + margin

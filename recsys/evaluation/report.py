"""A comparison for machines (JSON, CSV) and as a table for people (plain text, Markdown). `page` makes the HTML."""

import csv
import io
import json
from itertools import zip_longest

import numpy as np

from recsys.evaluation.compare import Comparison
from recsys.evaluation.grids import Cell, Grid, grids

LEGEND = "Means over viewers with 95% bootstrap intervals. {best} is the best, {tie} a tie with it by a paired test."


def to_json(comparison: Comparison) -> str:
    """The records as a JSON list; null for what is not known."""
    return json.dumps(comparison.records(), indent=1, allow_nan=False) + "\n"


def to_csv(comparison: Comparison) -> str:
    """The records as CSV with a header; empty for what is not known."""
    records, out = comparison.records(), io.StringIO()
    writer = csv.DictWriter(out, list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def to_text(comparison: Comparison) -> str:
    """Tables for a terminal, columns aligned; `*` marks the best of a column and `=` what ties with it."""
    blocks = [_aligned(_rows(grid, {"best": "*", "tie": "="}), _title(grid)) for grid in grids(comparison)]
    return "\n\n".join([*blocks, LEGEND.format(best="*", tie="=")]) + "\n"


def to_markdown(comparison: Comparison) -> str:
    """Tables in Markdown; bold marks the best of a column and `≈` what ties with it."""
    blocks = [f"### {_title(grid)}\n\n{_piped(_rows(grid, {'best': '**', 'tie': '≈ '}))}" for grid in grids(comparison)]
    return "\n\n".join([*blocks, LEGEND.format(best="**Bold**", tie="≈")]) + "\n"


def cell_text(cell: Cell) -> str:
    """Value and interval; four digits below 1, as papers print them.

    >>> cell_text(Cell(0.20784, 0.2031, 0.2129)), cell_text(Cell(4.5271, np.nan, np.nan))
    ('0.2078 [0.2031, 0.2129]', '4.53')
    """
    if np.isnan(cell.value):
        return "–"
    digits = 4 if abs(cell.value) < 1 else 2
    value = f"{cell.value:.{digits}f}"
    return value if np.isnan(cell.low) else f"{value} [{cell.low:.{digits}f}, {cell.high:.{digits}f}]"


def _title(grid: Grid) -> str:
    return f"{grid.data} · {grid.split} · {grid.metric}"


def _rows(grid: Grid, marks: dict[str, str]) -> list[list[str]]:
    """A header and a row per method; the mark stands before a value, and behind it too where that is bold."""
    header = [f"{part} (n={n:,})" for part, n in zip(grid.slices, grid.n_viewers, strict=True)]
    rows = [["method", *header, "fit s", "peak MB"]]
    for method in grid.methods:
        cells = [grid.cells[method, part] for part in grid.slices]
        before = [marks.get(cell.mark, "") for cell in cells]
        texts = [b + cell_text(cell) + (b if b == "**" else "") for b, cell in zip(before, cells, strict=True)]
        cost = grid.costs[method]
        rows.append([method, *texts, f"{cost.fit_s:.1f}", f"{cost.peak_mb:.0f}"])
    return rows


def _aligned(rows: list[list[str]], title: str) -> str:
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = ["  ".join([row[0].ljust(widths[0]), *_right(row[1:], widths[1:])]) for row in rows]
    return "\n".join([title, lines[0], "-" * len(lines[0]), *lines[1:]])


def _right(cells: list[str], widths: list[int]) -> list[str]:
    return [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]


def _piped(rows: list[list[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(rows[0]) - 1)
    escaped = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in [escaped[0], rule, *escaped[1:]])

"""A comparison as one HTML page that needs nothing else: a heading per split, a chart and a table per metric."""

from html import escape
from itertools import groupby

from recsys.evaluation.charts import chart
from recsys.evaluation.compare import Comparison
from recsys.evaluation.grids import Cell, Grid, grids
from recsys.evaluation.report import cell_text

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1120px; padding: 24px 32px 64px; background: #fdfdfc; color: #1f2933;
       font: 15px/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
h1 { font-size: 28px; margin: 16px 0 4px; }
h2 { font-size: 22px; margin: 48px 0 4px; padding-top: 12px; border-top: 2px solid #1f2933; }
h3 { font-size: 16px; margin: 32px 0 8px; }
p { margin: 4px 0 12px; max-width: 95ch; }
nav a { margin-right: 18px; color: #00598c; }
.data { font-weight: normal; color: #52606d; }
svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 12px 0; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid #e4e7eb; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #9aa5b1; vertical-align: bottom; }
small { color: #52606d; font-weight: normal; font-size: 12px; }
.best { font-weight: bold; background: #dcecf7; }
.tie { background: #eef5fa; }
.tie::before { content: "≈ "; }
"""
LEGEND = (
    "Dots are means over viewers, whiskers their 95% bootstrap intervals. A filled diamond and a bold value mark the"
    " best method of a column; a hollow diamond and ≈ mark what a paired test does not tell from it."
)


def to_html(comparison: Comparison, title: str = "Evaluation") -> str:
    """The whole page."""
    splits = [list(group) for _, group in groupby(_by_split(comparison), key=lambda grid: (grid.data, grid.split))]
    links = "".join(f'<a href="#{_anchor(split[0])}">{escape(_name(split[0]))}</a>' for split in splits)
    body = "\n".join(_section(split) for split in splits)
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    top = f"<h1>{escape(title)}</h1>\n<p>{LEGEND}</p>\n<nav>{links}</nav>"
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{top}\n{body}\n</body>\n</html>\n'


def _by_split(comparison: Comparison) -> list[Grid]:
    order = list(dict.fromkeys((one.data, one.split) for one in comparison.results))
    return sorted(grids(comparison), key=lambda grid: order.index((grid.data, grid.split)))


def _name(grid: Grid) -> str:
    return f"{grid.split.replace('_', ' ')} ({grid.data})"


def _anchor(grid: Grid) -> str:
    return escape(f"{grid.data}-{grid.split}".replace(" ", "-"))


def _section(split: list[Grid]) -> str:
    first = split[0]
    heading = f'{escape(first.split.replace("_", " "))} <span class="data">· {escape(first.data)}</span>'
    metrics = "\n".join(f"<h3>{escape(grid.metric)}</h3>\n{chart(grid)}\n{_table(grid)}" for grid in split)
    return f'<section id="{_anchor(first)}">\n<h2>{heading}</h2>\n{metrics}\n{_costs(first)}\n</section>'


def _table(grid: Grid) -> str:
    viewers = zip(grid.slices, grid.n_viewers, strict=True)
    header = "".join(f"<th>{escape(part)}<br><small>{n:,} viewers</small></th>" for part, n in viewers)
    rows = [_row(method, "".join(_cell(grid.cells[method, part]) for part in grid.slices)) for method in grid.methods]
    return _framed(f"<th>method</th>{header}", rows)


def _costs(grid: Grid) -> str:
    rows = [
        _row(method, f"<td>{cost.fit_s:,.2f} s</td><td>{cost.peak_mb:,.0f} MB</td>")
        for method, cost in grid.costs.items()
    ]
    return "<h3>what fitting cost</h3>\n" + _framed("<th>method</th><th>time</th><th>peak memory</th>", rows)


def _row(method: str, cells: str) -> str:
    return f"<tr><td>{escape(method)}</td>{cells}</tr>"


def _cell(cell: Cell) -> str:
    value, _, interval = cell_text(cell).partition(" ")
    mark = f' class="{cell.mark}"' if cell.mark else ""
    return f"<td{mark}>{value}<br><small>{interval}</small></td>"


def _framed(header: str, rows: list[str]) -> str:
    return f'<div class="wide"><table><thead><tr>{header}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'

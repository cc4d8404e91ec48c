"""An audit as one HTML page that needs nothing else, and as tables for a terminal."""

import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys.analysis.ablation import Lift
from recsys.analysis.audit import Audit
from recsys.analysis.demand import Demand
from recsys.evaluation.charts import BEST, FAINT, INK, OTHER
from recsys.evaluation.charts import STYLE as PLOT
from recsys.evaluation.page import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Table = tuple[str, str, tuple[str, ...], list[tuple[str, ...]]]
"""Title, what it says, heads, rows."""
BARS = 15


def tables(found: Audit, most: int = 20) -> list[Table]:
    """What was found as tables, at most so many rows each."""
    return [
        ("Coverage", "Shares of videos, of events and of videos without events that have tags.",
         ("source", "taggings", "tags", "videos", "events", "cold videos", "tags a video"),
         [(c.source, f"{c.n_taggings:,}", f"{c.n_tags:,}", _share(c.videos), _share(c.events), _share(c.cold_videos),
           f"{c.tags_a_video:.1f}") for c in found.coverage]),
        ("Supply and demand", "Share of the catalogue, and of what viewers like, with a 95% interval.",
         ("tag", "videos", "supply", "demand", "ratio", "verdict"),
         [(d.tag, f"{d.n_videos:,}", _share(d.supply), f"{_share(d.demand)} [{_share(d.low)}, {_share(d.high)}]",
           f"{d.ratio:.2f}", d.verdict) for d in _ends(found.demand, most)]),
        ("One tag twice?", "Pairs on the same videos, of the same viewers, or named alike.",
         ("tag", "videos", "other", "videos", "overlap", "audience", "names", "why"),
         [(t.tag, f"{t.n_videos:,}", t.other, f"{t.n_other:,}", f"{t.videos:.2f}", f"{t.audience:.2f}",
           f"{t.names:.2f}", t.why) for t in found.redundancy[:most]]),
        ("Spam?", "Tags that say nothing; 1 is what videos drawn at random have in common.",
         ("tag", "videos", "audience", "other tags", "why"),
         [(s.tag, f"{s.n_videos:,}", f"{s.coherence:.2f}", f"{s.others:.2f}", s.why) for s in found.suspects[:most]]),
        ("Missing?", "Tags that videos of such an audience and such other tags have.",
         ("video", "tag", "confidence"),
         [(m.video, m.tag, f"{m.confidence:.2f}") for m in found.missing[:most]]),
        ("Wrong?", "Tags for which nothing else speaks.",
         ("video", "tag", "sources", "expected", "stated", "confidence"),
         [(d.video, d.tag, d.sources, f"{d.expected:.3f}", f"{d.stated:.2f}", f"{d.confidence:.3f}")
          for d in found.doubts[:most]]),
        ("Known too late?", "NDCG@10 on hidden videos, by what is known of them.", *_lifts("tags", found.leakage)),
        ("Known too late, over time?", "NDCG@10 on videos that came after a moment, by what was known.",
         *_lifts("tags", found.over_time)),
        ("What each source adds", "NDCG@10 on hidden videos without it, and the loss.",
         *_lifts("without", found.sources)),
        ("What each tag adds", "NDCG@10 on hidden videos without it, and the loss.",
         *_lifts("without", found.tags[:most])),
    ]  # fmt: skip


def to_text(found: Audit, most: int = 10) -> str:
    """For a terminal: the tables that have rows, columns aligned."""
    head = f"{found.n_videos:,} videos, {found.n_tags:,} tags, {found.n_events:,} events"
    return "\n\n".join([head, *(_aligned(*one) for one in tables(found, most) if one[3])]) + "\n"


def to_html(found: Audit, title: str = "Tag quality") -> str:
    """The whole page."""
    charts = {"Supply and demand": demand_chart(found.demand), "What each tag adds": lift_chart(found.tags)}
    body = "\n".join(
        f"<section><h2>{escape(name)}</h2>\n<p>{escape(says)}</p>\n{charts.get(name, '')}{_framed(*rest)}</section>"
        for name, says, *rest in tables(found, 50)
        if rest[1]
    )
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    top = (
        f"<h1>{escape(title)}</h1>\n<p>{found.n_videos:,} videos, {found.n_tags:,} tags, {found.n_events:,} events.</p>"
    )
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{top}\n{body}\n</body>\n</html>\n'


def demand_chart(found: Sequence[Demand]) -> str:
    """One `<svg>` element: the tags most short and most ample, demand over supply with intervals, 1 is even."""
    shown = _ends(found, 2 * BARS)
    rows = [(one.tag, one.ratio, one.low / one.supply, one.high / one.supply, one.verdict != "even") for one in shown]
    return _chart(rows, 1.0, "demand / supply") if rows else ""


def lift_chart(found: Sequence[Lift]) -> str:
    """One `<svg>` element: what each tag adds to NDCG, with intervals; empty without any."""
    rows = [(one.name, one.lift, one.lift_low, one.lift_high, one.verdict != "unclear") for one in found[: 2 * BARS]]
    return _chart(rows, 0.0, "NDCG@10 with the tag minus without") if rows else ""


def _chart(rows: list[tuple[str, float, float, float, bool]], even: float, label: str) -> str:
    import matplotlib as mpl  # heavy, and only reports need it
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    with mpl.rc_context(PLOT):
        figure = Figure(figsize=(11, 0.9 + 0.27 * len(rows)), layout=ConstrainedLayoutEngine(w_pad=0.14, h_pad=0.1))
        panel: Axes = figure.subplots()
        panel.axvline(even, color=INK, linewidth=1)
        for place, (_, value, low, high, clear) in enumerate(rows):
            colour = BEST if clear else OTHER
            panel.plot([low, high], [place, place], color=colour, linewidth=1.5)
            panel.plot(value, place, "D" if clear else "o", color=colour, markersize=5)
        panel.set_yticks(range(len(rows)), [name.replace("$", r"\$") for name, *_ in rows])
        panel.set_ylim(len(rows) - 0.5, -0.5)
        panel.set_xlabel(label)
        panel.grid(axis="x", color=FAINT, linewidth=0.8)
        panel.set_axisbelow(True)
        panel.tick_params(length=0)
        panel.spines[:].set_visible(False)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return out.getvalue()[out.getvalue().index("<svg") :]


def _ends(found: Sequence[Demand], most: int) -> list[Demand]:
    """The first and the last ones: most short, most ample."""
    half = most // 2
    return list(found) if len(found) <= most else [*found[:half], *found[-half:]]


def _lifts(head: str, found: Sequence[Lift]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    heads = (head, "NDCG@10", "loss", "verdict", "viewers")
    return heads, [
        (one.name, f"{one.value:.4f} [{one.low:.4f}, {one.high:.4f}]",
         f"{one.lift:+.4f} [{one.lift_low:+.4f}, {one.lift_high:+.4f}]", one.verdict, f"{one.n_viewers:,}")
        for one in found
    ]  # fmt: skip


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.1%}"


def _aligned(name: str, says: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (heads, *rows)]
    return "\n".join([f"{name}  {says}", lines[0].rstrip(), "-" * len(lines[0]), *(one.rstrip() for one in lines[1:])])


def _framed(heads: Sequence[Any], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'

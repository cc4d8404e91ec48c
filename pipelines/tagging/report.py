"""Tagged videos as one HTML page that needs nothing else: thumbnails, a timeline, the tags, what each analyser did."""

import base64
from collections.abc import Sequence
from html import escape

from pipelines.tagging.chain import Tagged
from pipelines.tagging.engines import engine
from pipelines.tagging.fused import tag_rows
from pipelines.tagging.tag_rows import TagRow, rows
from recsys.evaluation.page import STYLE
from recsys.tags.evidence import Evidence
from recsys.tags.fusion.fuse import FusedTag

THUMBNAIL, MOST_THUMBNAILS = 200, 60
NAMES, WIDTH, ROW = 300, 1100, 20
"""Pixels of the timeline: of the labels, of all, of a row."""
COLOURS = {
    "object": "#0072b2", "text": "#d55e00", "speech": "#009e73", "audio": "#cc79a7", "keyword": "#8a6d00",
    "category": "#56608f",
}  # fmt: skip
OTHER = "#6b7480"
MORE_STYLE = """
.shots { display: flex; flex-wrap: wrap; gap: 8px; margin: 12px 0; }
figure { margin: 0; } figcaption { font-size: 12px; color: #52606d; } img { display: block; height: 112px; }
td:nth-child(2), th:nth-child(2) { text-align: left; white-space: normal; }
"""
HEADS = ("dimension", "tag", "confidence", "seconds", "found by")


def page(tagged: Sequence[tuple[Tagged, list[FusedTag]]]) -> str:
    """The whole page; a section for each video and its tags."""
    body = "\n".join(_section(*one) for one in tagged)
    head = f'<meta charset="utf-8"><title>Tags</title><style>{STYLE}{MORE_STYLE}</style>'
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n<h1>Tags</h1>\n{body}\n</body>\n</html>\n'


def _section(found: Tagged, tags: list[FusedTag]) -> str:
    media, told, fused = found.media, rows(found.evidence), tag_rows(tags)
    facts = f"{media.duration_ms / 1000:.1f} s, {media.width} × {media.height}, {len(found.view.shots)} shots"
    parts = [
        f"<h2>{escape(media.path.name)}</h2>\n<p>{facts}</p>",
        f'<div class="shots">{_thumbnails(found)}</div>',
        _timeline(found, fused),
        _rows(fused),
        "<h3>Evidence</h3>",
        _timeline(found, told),
        _rows(told),
        "<h3>Analysers</h3>",
        _table(
            ("analyser", "what became of it", "pieces of evidence", "processor seconds"),
            [
                (one.analyser, f"{one.state} {one.says}".strip(), str(one.n_evidence), f"{one.cpu_s:.1f}")
                for one in found.outcomes
            ],
        ),
    ]
    return "<section>" + "\n".join(parts) + "</section>"


def _rows(told: Sequence[TagRow]) -> str:
    cells = [(row.dimension, row.label, f"{row.confidence:.2f}", _when(row), ", ".join(row.sources)) for row in told]
    return _table(HEADS, cells)


def _thumbnails(found: Tagged) -> str:
    cv2 = engine("cv2", "a report with pictures")
    made = []
    for sample, _ in zip(found.view.samples(), range(MOST_THUMBNAILS), strict=False):
        picture = sample.frame.picture
        height = max(1, round(picture.shape[0] * THUMBNAIL / picture.shape[1]))
        small = cv2.resize(picture, (THUMBNAIL, height), interpolation=cv2.INTER_AREA)
        packed = base64.b64encode(cv2.imencode(".jpg", small)[1].tobytes()).decode("ascii")
        begin, end = f"{sample.start_ms / 1000:.1f}", f"{sample.end_ms / 1000:.1f}"
        alt = escape(", ".join(_labels_at(found.evidence, sample.frame.at_ms)))
        image = f'<img alt="{alt}" src="data:image/jpeg;base64,{packed}">'
        made.append(f"<figure>{image}<figcaption>{begin}–{end} s</figcaption></figure>")
    return "".join(made)


def _labels_at(evidence: Sequence[Evidence], at_ms: int) -> list[str]:
    here = (one for one in evidence if one.dimension == "object" and one.start_ms <= at_ms < one.end_ms)
    return list(dict.fromkeys(one.label for one in here))


def _timeline(found: Tagged, told: Sequence[TagRow]) -> str:
    """One `<svg>` element: a line a tag, darker where the evidence is surer; faint lines where shots meet."""
    duration_ms = max(1, found.media.duration_ms)
    across = (WIDTH - NAMES) / duration_ms
    height = ROW * (len(told) + 1)
    places = (f"{NAMES + shot.start_ms * across:.1f}" for shot in found.view.shots)
    cuts = "".join(f'<line x1="{x}" x2="{x}" y1="0" y2="{height}" stroke="#d5dae0"/>' for x in places)
    drawn = []
    for number, row in enumerate(told):
        top = number * ROW
        drawn.append(f'<text x="{NAMES - 8}" y="{top + 14}" text-anchor="end">{escape(_short(row.label))}</text>')
        for start_ms, end_ms, confidence in row.spans:
            wide = max(2.0, (end_ms - start_ms) * across)
            drawn.append(
                f'<rect x="{NAMES + start_ms * across:.1f}" y="{top + 4}" width="{wide:.1f}" height="{ROW - 8}"'
                f' fill="{COLOURS.get(row.dimension, OTHER)}" fill-opacity="{0.25 + 0.75 * confidence:.2f}">'
                f"<title>{escape(row.label)} {confidence:.2f}</title></rect>"
            )
    foot = "".join(
        f'<text x="{NAMES + share * duration_ms * across:.1f}" y="{height - 4}" text-anchor="middle">'
        f"{share * duration_ms / 1000:.0f} s</text>"
        for share in (0, 0.25, 0.5, 0.75, 0.98)
    )
    return f'<svg viewBox="0 0 {WIDTH} {height}" font-size="12" fill="#1f2933">{cuts}{"".join(drawn)}{foot}</svg>'


def _short(label: str, most: int = 40) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _when(row: TagRow) -> str:
    spans = [f"{start / 1000:.1f}–{end / 1000:.1f}" for start, end, _ in row.spans]
    return ", ".join(spans[:4]) + (" …" if len(spans) > 4 else "")


def _table(heads: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in cells)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'

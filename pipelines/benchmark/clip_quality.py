"""How much of the clip's known content the analysers found."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.benchmark.clip import ENGLISH_WORDS, Span, Still, Truth
from pipelines.tagging.script import same_text
from pipelines.tagging.view import Shot
from recsys.tags.evidence import Evidence

SURE = 0.8
STREET = ("person", "car", "bicycle", "motorcycle", "bus", "truck", "traffic light")
"""What is in the street."""


@dataclass(frozen=True)
class Figure:
    """One number of one analyser."""

    analyser: str
    metric: str
    value: float


def quality(shots: Sequence[Shot], evidence: Sequence[Evidence], truth: Truth) -> list[Figure]:
    """Every figure, of evidence of all analysers."""
    return [
        Figure("shots", "boundaries_exact", boundaries_exact(shots, truth)),
        Figure("captions", "captions_exact", captions_exact(evidence, truth)),
        Figure("captions", "captions_false", float(len(captions_false(evidence, truth)))),
        Figure("speech", "wer_english", word_error_rate(said_within(evidence, truth.english, "en"), ENGLISH_WORDS)),
        Figure("speech", "chinese_iou", iou(_spans(evidence, "speech", language="zh"), [truth.chinese])),
        Figure("sounds", "speech_iou", iou(_spans(evidence, "sounds", "speech"), [truth.english, truth.chinese])),
        Figure("sounds", "music_iou", iou(_spans(evidence, "sounds", "music"), [truth.tune])),
        Figure("objects and classes", "stills_right", stills_right(evidence, truth)),
        Figure("objects and classes", "false_sure", float(len(false_sure(evidence, truth)))),
    ]


def boundaries_exact(shots: Sequence[Shot], truth: Truth) -> float:
    """Boundaries that are found and true, as a share of those that are either; to the millisecond."""
    found = {edge for shot in shots for edge in (shot.start_ms, shot.end_ms)}
    true = {edge for span in truth.shots for edge in span}
    return len(found & true) / len(found | true)


def captions_exact(evidence: Iterable[Evidence], truth: Truth) -> float:
    """Share of the captions that were read without an error, spaces aside, while they were shown."""
    read = [one for one in evidence if one.dimension == "text"]
    right = [
        any(same_text(one.label) == same_text(caption) and _meet((one.start_ms, one.end_ms), span) for one in read)
        for caption, span in truth.captions
    ]
    return sum(right) / len(right)


def captions_false(evidence: Iterable[Evidence], truth: Truth) -> list[str]:
    """What was read and does not stand there; letters on things in the photos are no captions, but they are there."""
    true = {same_text(caption) for caption, _ in truth.captions}
    return [one.label for one in evidence if one.dimension == "text" and same_text(one.label) not in true]


def said_within(evidence: Iterable[Evidence], span: Span, language: str) -> str:
    """The words heard in a stretch, in order."""
    heard = [one for one in evidence if one.source == "speech" and one.language == language]
    inside = [one for one in heard if _meet((one.start_ms, one.end_ms), span)]
    return " ".join(one.label for one in sorted(inside, key=lambda one: one.start_ms))


def word_error_rate(heard: str, said: str) -> float:
    """Least insertions, deletions and replacements that make one the other, a word that was said.

    >>> word_error_rate("It was, the best!", "it was the worst")
    0.25
    """
    got, true = (re.findall(r"[a-z']+", text.lower()) for text in (heard, said))
    row = list(range(len(got) + 1))
    for number, word in enumerate(true, start=1):
        before, row[0] = row[0], number
        for at, other in enumerate(got, start=1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1] / max(1, len(true))


def iou(found: Iterable[Span], true: Iterable[Span]) -> float:
    """Time in both, as a share of the time in either.

    >>> iou([(0, 100)], [(50, 150)])
    0.3333333333333333
    """
    ticks = [{tick for start, end in spans for tick in range(start // 10, end // 10)} for spans in (found, true)]
    return len(ticks[0] & ticks[1]) / max(1, len(ticks[0] | ticks[1]))


def stills_right(evidence: Sequence[Evidence], truth: Truth) -> float:
    """Share of the photos whose surest object is right."""
    photos = [(span, still) for span, still in truth.stills if still.photo]
    return sum(_top(evidence, span) in still.shows for span, still in photos) / len(photos)


def false_sure(evidence: Iterable[Evidence], truth: Truth) -> list[str]:
    """Objects claimed with `SURE` or more where they are not."""
    return [
        one.label
        for one in evidence
        if one.dimension == "object" and one.confidence >= SURE and one.label not in _there(one, truth)
    ]


def _there(one: Evidence, truth: Truth) -> set[str]:
    span = (one.start_ms, one.end_ms)
    stills: list[Still] = [still for where, still in truth.stills if _meet(where, span)]
    return {label for still in stills for label in still.shows} | ({*STREET} if _meet(truth.street, span) else set())


def _top(evidence: Iterable[Evidence], span: Span) -> str:
    middle = sum(span) // 2
    here = [one for one in evidence if one.dimension == "object" and one.start_ms <= middle < one.end_ms]
    return max(here, key=lambda one: one.confidence).label if here else ""


def _spans(evidence: Iterable[Evidence], source: str, label: str = "", language: str = "") -> list[Span]:
    return [
        (one.start_ms, one.end_ms)
        for one in evidence
        if one.source == source and label in ("", one.label) and language in ("", one.language)
    ]


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]

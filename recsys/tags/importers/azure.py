"""Azure AI Video Indexer: a video's index.

Times as `H:MM:SS.f`, now and then with blanks in them; confidences by instance or by item, now and then above 1;
rectangles in pixels; topics as paths.
"""

from collections.abc import Iterator

from recsys.tags.importers.result import Frame, Occurrence, Passage, VendorResult, VendorTag, combined
from recsys.tags.importers.values import clock, confidence, language, pixel_frame, status, stretch
from recsys.tags.payload import Field

NAME = "azure"
KINDS = {
    "labels": ("object", "name"), "keywords": ("keyword", "text"), "topics": ("category", "name"),
    "brands": ("logo", "name"), "faces": ("person", "name"), "namedPeople": ("person", "name"),
    "namedLocations": ("place", "name"), "emotions": ("emotion", "type"), "audioEffects": ("audio", "type"),
}  # fmt: skip
"""Lists of insights: their dimension, and the key of the label."""
_READ = {*KINDS, "ocr", "transcript", "shots"}
_PLAIN = {"version", "duration", "sourceLanguage", "sourceLanguages", "language", "languages"}
"""Keys that hold no insights."""
UNNAMED = "Unknown #"


def read(payload: Field) -> list[VendorResult]:
    """Every video's result in an index; one that failed or is not ready has no tags, and says so.

    Raises:
        DataError: it has none of the documented forms, or breaks one; the message names the place.
    """
    videos = list(payload["videos"])
    if not videos and not payload["state"]:
        raise payload.fail("it must hold videos or state")
    if not videos:
        return [VendorResult(vendor=NAME, media_id=payload["id"].text() or None, status=status(payload["state"]))]
    whole = payload["id"].text() if len(videos) == 1 else ""
    return [_result(one, whole) for one in videos]


def _result(video: Field, index_id: str) -> VendorResult:
    """Named by the platform's own id where the vendor was given it, else as the vendor calls the index."""
    media_id = video["externalId"].text() or index_id or video["id"].text() or None
    insights, found = video["insights"], status(video["state"])
    if found != "success":
        return VendorResult(vendor=NAME, media_id=media_id, status=found, message=video["failureMessage"].text())
    spoken = language(insights["sourceLanguage"])
    return VendorResult(
        vendor=NAME,
        media_id=media_id,
        tags=combined(_tags(insights)),
        passages=(*_written(insights["ocr"]), *_heard(insights["transcript"], spoken)),
        shots=tuple(_stretch(part) for shot in insights["shots"] for part in shot["instances"]),
        passed_over=tuple(key for key in insights.keys() if key not in _READ | _PLAIN and insights[key].value),  # noqa: SIM118
    )


def _tags(insights: Field) -> Iterator[VendorTag]:
    for key, (dimension, label_key) in KINDS.items():
        for one in insights[key]:
            label = one[label_key].text()
            if not label:
                raise one[label_key].fail("an insight has a name")
            where = tuple(_occurrence(part) for part in one["instances"])
            given = (confidence(one["confidence"]), *(part.confidence for part in where))
            sure = [each for each in given if each is not None]
            path = one["referenceId"].text().split("/") if key == "topics" else []
            yield VendorTag(
                dimension=dimension, label=label, language=language(one["language"]),
                confidence=max(sure, default=None), occurrences=where, parents=tuple(filter(None, path[:-1])),
                vendor_id=one["referenceId"].text() or None, is_named=not label.startswith(UNNAMED),
            )  # fmt: skip


def _occurrence(part: Field) -> Occurrence:
    start, end = _stretch(part)
    return Occurrence(start_ms=start, end_ms=end, confidence=confidence(part["confidence"]))


def _written(texts: Field) -> Iterator[Passage]:
    for one in texts:
        for part in one["instances"]:
            start, end = _stretch(part)
            if one["text"].text():
                yield Passage(
                    dimension="text", text=one["text"].text(), language=language(one["language"]),
                    confidence=confidence(one["confidence"]), start_ms=start, end_ms=end, frame=_frame(one),
                )  # fmt: skip


def _heard(lines: Field, spoken: str | None) -> Iterator[Passage]:
    for one in lines:
        for part in one["instances"]:
            start, end = _stretch(part)
            if one["text"].text():
                yield Passage(
                    dimension="speech", text=one["text"].text(), language=language(one["language"]) or spoken,
                    confidence=confidence(one["confidence"]), start_ms=start, end_ms=end,
                )  # fmt: skip


def _frame(one: Field) -> Frame | None:
    edges = [one[key] for key in ("left", "top", "width", "height")]
    if not all(edges):
        return None
    left, top, width, height = (edge.number() for edge in edges)
    return pixel_frame(one, left, top, left + width, top + height)


def _stretch(part: Field) -> tuple[int, int]:
    return stretch(clock(part["start"]), clock(part["end"]), part)

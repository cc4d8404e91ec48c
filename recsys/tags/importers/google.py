"""Google Video Intelligence: the answer of an operation, or the file that it wrote.

Times as `"1.5s"` or as seconds and nanos, keys in either case, zeros left out; confidences in [0, 1]; categories above
labels, one level.
"""

import re
from collections.abc import Iterable, Iterator

from recsys.tags.importers.result import Frame, Occurrence, Passage, VendorResult, VendorTag, combined
from recsys.tags.importers.values import confidence, duration, language, share_frame, stretch
from recsys.tags.payload import Field

NAME = "google"
LABELS = (
    "segmentLabelAnnotations", "segmentPresenceLabelAnnotations", "shotLabelAnnotations",
    "shotPresenceLabelAnnotations", "frameLabelAnnotations",
)  # fmt: skip
_READ = {
    *LABELS, "objectAnnotations", "logoRecognitionAnnotations", "textAnnotations", "speechTranscriptions",
    "shotAnnotations", "inputUri", "segment", "error",
}  # fmt: skip
_EDGES = ("left", "top", "right", "bottom")


def read(payload: Field) -> list[VendorResult]:
    """Every video's result in a payload; an operation that is not done has none.

    Raises:
        DataError: it has none of the documented forms, or breaks one; the message names the place.
    """
    job_id = payload["name"].text() or None
    if payload["error"]:
        return [VendorResult(vendor=NAME, job_id=job_id, status="failed", message=payload["error"]["message"].text())]
    if payload["name"] and not payload["done"].value:
        return [VendorResult(vendor=NAME, job_id=job_id, status="running")]
    answer = payload["response"] if payload["response"] else payload
    results = _at(answer, "annotationResults")
    if not results:
        raise payload.fail("it must hold annotationResults or response")
    return [_result(one, job_id) for one in results]


def _result(one: Field, job_id: str | None) -> VendorResult:
    media_id = _at(one, "inputUri").text() or None
    if one["error"]:
        why = one["error"]["message"].text()
        return VendorResult(vendor=NAME, media_id=media_id, job_id=job_id, status="failed", message=why)
    return VendorResult(
        vendor=NAME,
        media_id=media_id,
        job_id=job_id,
        tags=combined(_tags(one)),
        passages=(*_written(_at(one, "textAnnotations")), *_heard(_at(one, "speechTranscriptions"))),
        shots=tuple(_stretch(shot) for shot in _at(one, "shotAnnotations")),
        passed_over=tuple(key for key in one.keys() if _camel(key) not in _READ),  # noqa: SIM118 - no mapping
    )


def _tags(one: Field) -> Iterator[VendorTag]:
    for key in LABELS:
        for label in _at(one, key):
            yield _tag(label, "object", [_occurrence(part) for part in _parts(label)])
    for thing in _at(one, "objectAnnotations"):
        yield _tag(thing, "object", [_tracked(thing, thing["frames"])])
    for logo in _at(one, "logoRecognitionAnnotations"):
        tracks = [_tracked(track, _at(track, "timestampedObjects")) for track in logo["tracks"]]
        yield _tag(logo, "logo", tracks or [_occurrence(part) for part in logo["segments"]])


def _parts(label: Field) -> Iterable[Field]:
    return label["segments"] if label["segments"] else label["frames"]


def _tag(found: Field, dimension: str, where: list[Occurrence]) -> VendorTag:
    entity = found["entity"]
    label = entity["description"].text()
    if not label:
        raise entity["description"].fail("a label has a description")
    sure = [one.confidence for one in where if one.confidence is not None]
    return VendorTag(
        dimension=dimension, label=label, language=language(_at(entity, "languageCode")),
        confidence=max(sure, default=None), occurrences=tuple(where),
        parents=tuple(one["description"].text() for one in _at(found, "categoryEntities")),
        vendor_id=_at(entity, "entityId").text() or None,
    )  # fmt: skip


def _occurrence(part: Field) -> Occurrence:
    """A stretch with a confidence beside it, a bare stretch, or a frame at a moment."""
    if _at(part, "timeOffset"):
        at = duration(_at(part, "timeOffset"))
        return Occurrence(start_ms=at, end_ms=at, confidence=confidence(part["confidence"]), is_point=True)
    start, end = _stretch(part["segment"] if part["segment"] else part)
    return Occurrence(start_ms=start, end_ms=end, confidence=confidence(part["confidence"]))


def _tracked(track: Field, frames: Field) -> Occurrence:
    """A thing over its stretch; its rectangle is that of the middle frame."""
    start, end = _stretch(track["segment"])
    boxes = [_at(one, "normalizedBoundingBox") for one in frames]
    frame: Frame | None = share_frame(boxes[len(boxes) // 2], *_EDGES) if boxes else None
    return Occurrence(start_ms=start, end_ms=end, confidence=confidence(track["confidence"]), frame=frame)


def _written(texts: Field) -> Iterator[Passage]:
    for one in texts:
        for part in one["segments"]:
            start, end = _stretch(part["segment"])
            if one["text"].text():
                yield Passage(
                    dimension="text", text=one["text"].text(), confidence=confidence(part["confidence"]),
                    start_ms=start, end_ms=end,
                )  # fmt: skip


def _heard(speeches: Field) -> Iterator[Passage]:
    """The likeliest transcript of each; its words say when."""
    for one in speeches:
        for best in list(one["alternatives"])[:1]:
            words = list(best["words"])
            start = duration(_at(words[0], "startTime")) if words else 0
            end = duration(_at(words[-1], "endTime")) if words else 0
            stretch(start, end, best)
            if best["transcript"].text():
                yield Passage(
                    dimension="speech", text=best["transcript"].text(), language=language(_at(one, "languageCode")),
                    confidence=confidence(best["confidence"]), start_ms=start, end_ms=end,
                )  # fmt: skip


def _stretch(segment: Field) -> tuple[int, int]:
    start, end = (duration(_at(segment, key)) for key in ("startTimeOffset", "endTimeOffset"))
    return stretch(start, end, segment)


def _at(field: Field, key: str) -> Field:
    """The value at a key in camelCase, or in snake_case as the files have it."""
    found = field[key]
    return found if found else field[re.sub("([A-Z])", r"_\1", key).lower()]


def _camel(key: str) -> str:
    return re.sub("_([a-z])", lambda found: found[1].upper(), key)

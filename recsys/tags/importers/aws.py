"""Amazon Rekognition Video: labels, celebrities, texts and segments, as its Get… operations answer.

Moments or stretches in ms, confidences to 100, rectangles as shares. `Parents` are all ancestors in no order, so they
are groups, no hierarchy. The pages of one answer are separate payloads, and each holds a part.
"""

from collections import defaultdict
from collections.abc import Iterator

from recsys.tags.importers.result import Frame, Occurrence, Passage, Status, VendorResult, VendorTag, combined
from recsys.tags.importers.values import confidence, milliseconds, reach, sized_frame, status, stretch
from recsys.tags.payload import Field

NAME = "aws"
DIMENSIONS = {
    "Actions": "action", "Expressions and Emotions": "emotion", "Popular Landmarks": "place",
    "Nature and Outdoors": "scene", "Home and Indoors": "scene", "Buildings and Architecture": "scene",
    "Offices and Workspaces": "scene", "Person Description": "person", "Profession": "person",
}  # fmt: skip
"""What a category of labels is among ours; everything else is an object."""
_LISTS = ("Labels", "Celebrities", "TextDetections", "Segments")
_BOX = ("Left", "Top", "Width", "Height")


def read(payload: Field) -> list[VendorResult]:
    """The result in a payload; a job that failed or is not ready has no tags, and says so.

    Raises:
        DataError: it has none of the documented forms, or breaks one; the message names the place.
    """
    state = payload.first("JobStatus", "Status")
    if not state and not any(payload[key] for key in _LISTS):
        raise payload.fail(f"it must hold JobStatus, Status or one of {', '.join(_LISTS)}")
    found: Status = status(state)
    video = payload["Video"]
    return [
        VendorResult(
            vendor=NAME,
            media_id=(video["S3Object"]["Name"].text() or video["S3ObjectName"].text()) or None,
            job_id=payload["JobId"].text() or None,
            status=found,
            message=payload["StatusMessage"].text() if found == "failed" else "",
            tags=combined((*_labels(payload["Labels"]), *_celebrities(payload["Celebrities"]))),
            passages=tuple(_texts(payload["TextDetections"])),
            shots=tuple(_stretch(one) for one in payload["Segments"] if one["Type"].text() == "SHOT"),
        )
    ]


def _labels(given: Field) -> Iterator[VendorTag]:
    """One tag a name, of all the moments at which it was found."""
    step = reach([milliseconds(one["Timestamp"]) for one in given if one["Timestamp"]])
    by_name: dict[str, list[Field]] = defaultdict(list)
    for one in given:
        by_name[_name(one["Label"])].append(one)
    for name, found in by_name.items():
        where = [_occurrence(one, one["Label"], _largest(one["Label"]["Instances"]), step) for one in found]
        label = found[0]["Label"]
        yield VendorTag(
            dimension=_dimension(label["Categories"]), label=name, language="en",
            confidence=max((one.confidence for one in where if one.confidence is not None), default=None),
            occurrences=tuple(where), other_labels=_names(label["Aliases"]),
            groups=(*_names(label["Parents"]), *_names(label["Categories"])),
        )  # fmt: skip


def _names(listed: Field) -> tuple[str, ...]:
    return tuple(one["Name"].text() for one in listed if one["Name"].text())


def _celebrities(given: Field) -> Iterator[VendorTag]:
    step = reach([milliseconds(one["Timestamp"]) for one in given])
    for one in given:
        person = one["Celebrity"]
        box = person["BoundingBox"] if person["BoundingBox"] else person["Face"]["BoundingBox"]
        where = _occurrence(one, person, box, step)
        yield VendorTag(
            dimension="person", label=_name(person), language="en", confidence=where.confidence,
            occurrences=(where,), vendor_id=person["Id"].text() or None,
        )  # fmt: skip


def _texts(given: Field) -> Iterator[Passage]:
    """Lines; the words in them are listed again, and left out."""
    for one in given:
        text = one["TextDetection"]
        if text["Type"].text() != "WORD" and text["DetectedText"].text():
            at = milliseconds(one["Timestamp"])
            yield Passage(
                dimension="text", text=text["DetectedText"].text(), confidence=confidence(text["Confidence"], 100),
                start_ms=at, end_ms=at, frame=_frame(text["Geometry"]["BoundingBox"]),
            )  # fmt: skip


def _name(label: Field) -> str:
    found = label["Name"].text()
    if not found:
        raise label["Name"].fail("a label has a name")
    return found


def _occurrence(one: Field, label: Field, box: Field, step: int) -> Occurrence:
    """A stretch where the answer has one, else the moment and how far the sampling reaches."""
    sure, frame = confidence(label["Confidence"], 100), _frame(box)
    if one["EndTimestampMillis"]:
        start, end = _stretch(one)
        return Occurrence(start_ms=start, end_ms=end, confidence=sure, frame=frame)
    at = milliseconds(one["Timestamp"])
    return Occurrence(start_ms=at, end_ms=at + step, confidence=sure, frame=frame, is_point=True)


def _stretch(one: Field) -> tuple[int, int]:
    start = one["StartTimestampMillis"]
    return stretch(milliseconds(start) if start else 0, milliseconds(one["EndTimestampMillis"]), one)


def _largest(instances: Field) -> Field:
    """The rectangle of the largest instance; a missing field where there is none."""
    boxes = [one["BoundingBox"] for one in instances if one["BoundingBox"]]
    none = Field(None, instances.path, instances.limits)
    return max(boxes, key=lambda box: box["Width"].number() * box["Height"].number(), default=none)


def _frame(box: Field) -> Frame | None:
    return sized_frame(box, _BOX) if box else None


def _dimension(categories: Field) -> str:
    named = [DIMENSIONS[one["Name"].text()] for one in categories if one["Name"].text() in DIMENSIONS]
    return named[0] if named else "object"

"""Alibaba Cloud VOD smart tags: a callback, a list of jobs, a video's result, or the bare result inside them.

Five kinds of tags, without confidence, at moments in ms written as texts. `Data` is JSON in a text; now and then so is
an element of `Times`.
"""

from collections.abc import Iterable, Iterator

from recsys.tags.importers.result import Occurrence, Passage, VendorResult, VendorTag, combined
from recsys.tags.importers.values import LONGEST_MS, milliseconds, reach, status
from recsys.tags.payload import Field

NAME = "alibaba-vod"
DIMENSIONS = {
    "Category": "category", "Keyword": "keyword", "Person": "person", "Location": "place", "Time": "keyword",
}  # fmt: skip
SPEECH = "OrigASRData"
_FORMS = ("EventType", "AIJobList", "VideoTagResult", *DIMENSIONS, SPEECH)


def read(payload: Field) -> list[VendorResult]:
    """Every video's result in a payload; one that failed or is not ready has no tags, and says so.

    Raises:
        DataError: it has none of the documented forms, or breaks one; the message names the place.
    """
    if payload["AIJobList"]:
        jobs = payload["AIJobList"]["AIJob"] if isinstance(payload["AIJobList"].value, dict) else payload["AIJobList"]
        return [_job(one, one["Type"].text() or "AIVideoTag") for one in jobs]
    if payload["EventType"]:
        return [_job(payload, payload["EventType"].text())]
    if payload["VideoTagResult"]:
        return [_result(payload["VideoTagResult"].embedded(), payload["MediaId"].text() or None, None)]
    if not any(payload[key] for key in _FORMS):
        raise payload.fail(f"it must hold one of {', '.join(_FORMS)}")
    return [_result(payload, None, None)]


def _job(job: Field, kind: str) -> VendorResult:
    media_id, job_id = job.first("MediaId", "VideoId").text() or None, job["JobId"].text() or None
    if not kind.startswith("AIVideoTag"):
        return VendorResult(vendor=NAME, media_id=media_id, job_id=job_id, passed_over=(kind,))
    found = status(job["Status"])
    if found != "success":
        why = ": ".join(one for one in (job["Code"].text(), job["Message"].text()) if one)
        return VendorResult(vendor=NAME, media_id=media_id, job_id=job_id, status=found, message=why)
    return _result(job["Data"].embedded(), media_id, job_id)


def _result(data: Field, media_id: str | None, job_id: str | None) -> VendorResult:
    step = reach([at for key in DIMENSIONS for one in data[key] for at in _moments(one["Times"])])
    return VendorResult(
        vendor=NAME,
        media_id=media_id,
        job_id=job_id,
        tags=combined(_tag(one, dimension, step) for key, dimension in DIMENSIONS.items() for one in data[key]),
        passages=tuple(_passages(data[SPEECH])),
        passed_over=tuple(key for key in data.keys() if key not in (*DIMENSIONS, SPEECH)),  # noqa: SIM118 - no mapping
    )


def _tag(one: Field, dimension: str, step: int) -> VendorTag:
    label = one["Tag"].text()
    if not label:
        raise one["Tag"].fail("a tag has a name")
    moments = sorted(set(_moments(one["Times"])))
    ends = [min(at + step, later) for at, later in zip(moments, [*moments[1:], LONGEST_MS], strict=bool(moments))]
    occurrences = [Occurrence(start_ms=at, end_ms=end, is_point=True) for at, end in zip(moments, ends, strict=True)]
    return VendorTag(dimension=dimension, label=label, occurrences=tuple(occurrences))


def _moments(times: Field) -> list[int]:
    """ms; a text in the list that is a list itself is spliced in."""
    found: list[int] = []
    for one in times.embedded():
        listed = isinstance(one.value, str) and one.value.lstrip().startswith("[")
        found.extend(milliseconds(at) for at in (one.embedded() if listed else (one,)))
    return found


def _passages(speech: Field) -> Iterator[Passage]:
    """Documented as a list, sent as one object: both."""
    given: Iterable[Field] = speech if isinstance(speech.value, list) else (speech,)
    for part in given:
        for one in part["AsrTextList"]:
            if one["Text"].text():
                start, end = milliseconds(one["StartTime"]), milliseconds(one["EndTime"])
                yield Passage(dimension="speech", text=one["Text"].text(), start_ms=start, end_ms=max(start, end))

"""Alibaba Cloud MPS and IMS smart tags, answers to QuerySmarttagJob: labels of version 1.0, and of 2.0 as far as known.

Stretches in seconds, confidences in [0, 1] with -1 for an unnamed face, rectangles in pixels. Every `Data` is JSON in a
text. Messages about a job's state carry no result.
"""

import re
from collections.abc import Callable, Iterator

from recsys.tags.importers.result import Frame, Occurrence, Passage, VendorResult, VendorTag, combined
from recsys.tags.importers.values import confidence, milliseconds, pixel_frame, status, stretch
from recsys.tags.payload import Field

NAME = "alibaba-ims"
KINDS = {
    "节目": "keyword", "人物角色": "person", "人物": "person", "物体": "object", "标识": "logo", "动作事件": "action",
    "地域": "place", "场景": "scene", "表情": "emotion", "关键词": "keyword", "组织机构": "keyword",
}  # fmt: skip
"""Alibaba's names of kinds; a tag of another kind keeps it as its parent."""
LISTS_2 = {"cates": "category", "entities": "keyword", "hotwords": "keyword", "freeTags": "keyword"}
_COMMA = re.compile(r"[,，]")


def read(payload: Field) -> list[VendorResult]:
    """The result in a payload; a job that failed or is not ready has no tags, and says so.

    Raises:
        DataError: it has none of the documented forms, or breaks one; the message names the place.
    """
    state = payload.first("JobStatus", "State")
    results = payload["Results"]["Result"] if isinstance(payload["Results"].value, dict) else payload["Results"]
    if not state and not results:
        raise payload.fail("it must hold JobStatus, State or Results")
    tags: list[VendorTag] = []
    passages: list[Passage] = []
    passed_over: list[str] = []
    for one in results:
        kind, data = one["Type"].text(), one["Data"]
        if kind in TAGS:
            tags.extend(TAGS[kind](_succeeded(data.embedded())))
        elif kind in PASSAGES:
            passages.extend(PASSAGES[kind](data.embedded()))
        else:
            passed_over.append(kind)
    return [
        VendorResult(
            vendor=NAME, job_id=payload["JobId"].text() or None, status=status(state), message=_why(payload, state),
            tags=combined(tags), passages=tuple(passages), passed_over=tuple(passed_over),
        )
    ]  # fmt: skip


def _why(payload: Field, state: Field) -> str:
    return payload["Message"].text() if status(state) == "failed" else ""


def _succeeded(data: Field) -> Field:
    """The same, unless it says that it failed: then nothing is in it."""
    return data if data["success"].value is not False else Field({}, data.path, data.limits)


def _video(data: Field) -> Iterator[VendorTag]:
    for one in data["persons"]:
        named = one["category"].text() != "unknown"
        yield _tag(one, "person", one["name"], (), is_named=named)
    for one in data["tags"]:
        dimension, parents = _kind(one["mainTagName"])
        yield _tag(one, dimension, one["subTagName"], parents)
    for one in data["classifications"]:
        above, label = one["category1"].text(), one["category2"]
        yield _tag(one, "category", label if label.text() else one["category1"], (above,) if label.text() else ())


def _text(data: Field) -> Iterator[VendorTag]:
    """Labels from what was said and written: lists with commas of both scripts, without time or confidence."""
    for one in data["tags"]:
        dimension, parents = _kind(one["name"])
        for label in _COMMA.split(one["value"].text()):
            if label.strip():
                yield VendorTag(dimension=dimension, label=label.strip(), language=None, parents=parents)


def _labels_2(data: Field) -> Iterator[VendorTag]:
    """Version 2.0 is not documented: any list of objects that hold a `label` is read."""
    for key in data.keys():  # noqa: SIM118 - no mapping
        listed = data[key]
        for one in listed if isinstance(listed.value, list) else ():
            if isinstance(one.value, dict) and one["label"].text():
                kind, second = one["labelLevel1"].text(), one["labelLevel2"].text()
                dimension = KINDS.get(kind) or LISTS_2.get(key, "keyword")
                above = [level for level in (kind, second) if level and level not in (*KINDS, one["label"].text())]
                yield _tag(one, dimension, one["label"], tuple(above))


def _kind(field: Field) -> tuple[str, tuple[str, ...]]:
    """The dimension of a kind, and what it adds as parents."""
    kind = field.text()
    return (KINDS[kind], ()) if kind in KINDS else ("custom", (kind,) if kind else ())


def _tag(one: Field, dimension: str, label: Field, parents: tuple[str, ...], is_named: bool = True) -> VendorTag:
    if not label.text():
        raise label.fail("a tag has a name")
    found = one.first("occurrences", "detail")
    where = tuple(_occurrence(part) for part in (found if isinstance(found.value, list) else ()))
    sure = [part.confidence for part in where if part.confidence is not None]
    return VendorTag(
        dimension=dimension, label=label.text(), confidence=max(sure, default=confidence(one["score"])),
        occurrences=where, parents=parents, share=confidence(one.first("ratio", "appearanceProbability")),
        is_named=is_named,
    )  # fmt: skip


def _occurrence(part: Field) -> Occurrence:
    start = part.first("from", "timestamp")
    start_ms = milliseconds(start, 1000)
    end_ms = milliseconds(part["to"], 1000) if part["to"] else start_ms
    stretch(start_ms, end_ms, part)
    return Occurrence(
        start_ms=start_ms, end_ms=end_ms, confidence=confidence(part["score"]), frame=_frame(part["position"]),
        is_point=not part["to"],
    )  # fmt: skip


def _frame(position: Field) -> Frame | None:
    if not position:
        return None
    corners = [[one.number() for one in position[key]] for key in ("leftTop", "rightBottom")]
    if [len(one) for one in corners] != [2, 2]:
        raise position.fail("it must hold leftTop and rightBottom, two numbers each")
    return pixel_frame(position, *corners[0], *corners[1])


def _heard(data: Field) -> Iterator[Passage]:
    for one in data["details"]:
        start, end = milliseconds(one["from"], 1000), milliseconds(one["to"], 1000)
        if one["content"].text():
            yield Passage(dimension="speech", text=one["content"].text(), start_ms=start, end_ms=max(start, end))


def _written(data: Field) -> Iterator[Passage]:
    for one in data["details"]:
        at = milliseconds(one["timestamp"], 1000)
        for part in one["info"]:
            if part["content"].text():
                yield Passage(
                    dimension="text", text=part["content"].text(), confidence=confidence(part["score"]), start_ms=at,
                    end_ms=at, frame=_frame(part["position"]),
                )  # fmt: skip


TAGS: dict[str, Callable[[Field], Iterator[VendorTag]]] = {
    "VideoLabel": _video, "ImageLabel": _video, "TextLabel": _text, "CPVLabel": _labels_2,
}  # fmt: skip
PASSAGES: dict[str, Callable[[Field], Iterator[Passage]]] = {"ASR": _heard, "OCR": _written}

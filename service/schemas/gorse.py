"""Gorse's words for what Tagreel has, and the way from each to the other.

An item is a video, a user a viewer, feedback an event. Labels are tags by `editor`; a category is a tag of the
dimension `category`, so `Categories: ["sport"]` is the tag `category:sport`. Labels that are no plain list, such as
`{"genre": ["drama"]}`, become tags `genre:drama` and are kept as they came.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError
from pydantic.alias_generators import to_pascal
from sqlalchemy import RowMapping

from recsys.errors import DataError
from recsys.schema import EVENT_TYPES
from recsys.timeline import iso
from service.problems import Fault, invalid
from service.schemas.fields import Attributes, Id, LongText, Time, from_json, to_json
from service.schemas.videos import MAX_TAGS

EDITOR = "editor"
CATEGORY = "category:"
FEEDBACK_TYPES: dict[str, str] = {
    **{one: one for one in EVENT_TYPES},
    **dict.fromkeys(("read", "view", "click", "watch", "open", "visit"), "play"),
    **dict.fromkeys(("star", "love", "favorite", "favourite", "upvote", "comment", "purchase", "follow"), "like"),
    **dict.fromkeys(("downvote", "unlike"), "dislike"),
    **dict.fromkeys(("bookmark", "collect", "cart"), "save"),
    **dict.fromkeys(("repost", "fork"), "share"),
    **dict.fromkeys(("complete", "completed"), "finish"),
    **dict.fromkeys(("block", "report"), "hide"),
}
"""Gorse's feedback types are the platform's own words; these are known without being told."""
ZERO_TIME = "0001-01-01T00:00:00Z"
"""How gorse writes a time that is not known."""
_COLUMNS = ("language", "published_at", "duration_s", "available_from", "available_until")
_TITLE = 200
_ID: TypeAdapter[str] = TypeAdapter(Id)


def _with_offset(value: Any) -> Any:
    """Gorse takes times without an offset as UTC, and an empty one as none."""
    if value in ("", ZERO_TIME):
        return None
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value.strip())
        except ValueError:
            return value
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).isoformat()
    return value


Moment = Annotated[Time | None, BeforeValidator(_with_offset)]


class Gorse(BaseModel):
    """Fields are called as gorse calls them; those that only gorse has a use for are left aside."""

    model_config = ConfigDict(
        alias_generator=to_pascal, populate_by_name=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class GorseItemPatch(Gorse):
    """What changes of an item; what is absent or null stays."""

    is_hidden: bool | None = None
    categories: list[str] | None = Field(default=None, max_length=MAX_TAGS)
    timestamp: Moment = None
    labels: JsonValue = None
    comment: LongText | None = None

    def row(self, video_id: str, before: RowMapping | None, now: int) -> dict[str, Any]:
        """The video as a row of the store.

        Args:
            video_id: whose.
            before: its row as it is, None where there is none.
            now: ms.
        """
        row = {name: None if before is None else before[name] for name in ("title", "description", *_COLUMNS)}
        kept = (from_json(before["attributes"]) if before is not None else None) or {}
        if self.labels is not None:
            kept.pop("labels", None)
            kept.update({} if _is_plain(self.labels) else {"labels": self.labels})
        if self.comment is not None:
            row |= {"title": self.comment.partition("\n")[0][:_TITLE] or None, "description": self.comment or None}
        if self.timestamp is not None:
            row["published_at"] = self.timestamp
        if self.is_hidden is not None and self.is_hidden != is_hidden(row, now):
            start = row["available_from"]
            window = (start, max(now, start or now)) if self.is_hidden else (None, None)
            row["available_from"], row["available_until"] = window
        return {**row, "video_id": video_id, "attributes": to_json(_attributes(kept)) if kept else None}

    def tags(self, before: list[str]) -> list[dict[str, Any]]:
        """Its tags as rows of the store; `before` are those that it has by `editor`."""
        old = {True: [one for one in before if one.startswith(CATEGORY)], False: []}
        old[False] = [one for one in before if one not in old[True]]
        categories = old[True] if self.categories is None else [f"{CATEGORY}{one}" for one in self.categories]
        labels = old[False] if self.labels is None else list(_texts(self.labels))
        tags = list(dict.fromkeys([*categories, *labels]))
        if len(tags) > MAX_TAGS:
            raise invalid([Fault("Labels", f"{len(tags)} labels", f"an item has at most {MAX_TAGS} labels")])
        return [{"tag_id": _tag(one), "source": EDITOR, "confidence": None} for one in tags]


class GorseItem(GorseItemPatch):
    """An item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ItemId": "v1", "Labels": ["genre:comedy"], "Categories": ["film"], "Comment": "Two cats"}]
        }
    )

    item_id: Id

    def whole(self) -> GorseItemPatch:
        """The change that makes any item this one."""
        return GorseItemPatch.model_construct(
            is_hidden=bool(self.is_hidden),
            categories=self.categories or [],
            timestamp=self.timestamp,
            labels=[] if self.labels is None else self.labels,
            comment=self.comment or "",
        )


class GorseItemReply(Gorse):
    """An item as the store has it."""

    item_id: str
    is_hidden: bool
    categories: list[str]
    timestamp: str
    labels: JsonValue
    comment: str


class GorseUser(Gorse):
    """A user."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"UserId": "u1", "Labels": {"country": "FI"}}]})

    user_id: Id
    labels: JsonValue = None
    subscribe: list[str] | None = None
    comment: str = ""

    def attributes(self) -> str | None:
        """What is kept with the viewer."""
        told = {"labels": self.labels, "subscribe": self.subscribe, "comment": self.comment}
        return to_json(_attributes({name: one for name, one in told.items() if one})) or None


class GorseFeedback(Gorse):
    """What a user did to an item."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"FeedbackType": "star", "UserId": "u1", "ItemId": "v1", "Timestamp": ""}]}
    )

    feedback_type: Id
    user_id: Id
    item_id: Id
    value: float | None = None
    timestamp: Moment = None
    comment: LongText = ""

    def row(self, event_type: str, now: int) -> dict[str, Any]:
        """The event as a row of the store. A user has one feedback of a type on an item, so its id is made of them."""
        named = "\0".join((self.feedback_type, self.user_id, self.item_id)).encode()
        return {
            "event_id": f"gorse-{hashlib.sha256(named).hexdigest()[:40]}",
            "viewer_id": self.user_id,
            "video_id": self.item_id,
            "event_type": event_type,
            "value": self.value,
            "watched_s": None,
            "occurred_at": now if self.timestamp is None else self.timestamp,
            "received_at": now,
            "request_id": None,
            "context": to_json(_attributes({"feedback_type": self.feedback_type, "comment": self.comment})),
        }


class SessionFeedback(GorseFeedback):
    """What somebody did to an item just now; nobody need be named."""

    user_id: str = ""


class GorseFeedbackReply(Gorse):
    """Feedback as the store has it."""

    feedback_type: str
    user_id: str
    item_id: str
    value: float
    timestamp: str
    comment: str


class GorseScore(Gorse):
    """An item of a list, the best first."""

    id: str
    score: float


class GorseSuccess(Gorse):
    """How many rows were written."""

    row_affected: int


class GorseItems(Gorse):
    """Items, and where to go on; the cursor is empty at the end."""

    cursor: str
    items: list[GorseItemReply]


class GorseUsers(Gorse):
    """Users, and where to go on."""

    cursor: str
    users: list[GorseUser]


class GorseFeedbacks(Gorse):
    """Feedback, and where to go on."""

    cursor: str
    feedback: list[GorseFeedbackReply]


def category(name: str) -> str:
    """The tag that a category is."""
    return _tag(f"{CATEGORY}{name}", "category")


def event_type(feedback_type: str, own: Mapping[str, str], field: str = "FeedbackType") -> Any:
    """The event type that a feedback type means.

    Args:
        feedback_type: as gorse's client calls it.
        own: what the platform's own types mean.
        field: that it stands in.

    Raises:
        ProblemError: 422; it means none that is known.
    """
    known = {**FEEDBACK_TYPES, **own}
    found = known.get(feedback_type) or known.get(feedback_type.lower())
    if found is None:
        rule = f"known are {', '.join(known)}; TAGREEL_GORSE_FEEDBACK names more, such as {feedback_type}=like"
        raise invalid([Fault(field, feedback_type, rule)])
    return found


def is_hidden(row: Any, now: int) -> bool:
    """Whether a video is shown to nobody any more."""
    return row["available_until"] is not None and row["available_until"] <= now


def item_of(row: RowMapping, tags: list[str], now: int) -> GorseItemReply:
    """A video as an item.

    Args:
        row: of the store.
        tags: that it has by `editor`.
        now: ms.
    """
    kept = (from_json(row["attributes"]) or {}).get("labels")
    return GorseItemReply(
        item_id=row["video_id"],
        is_hidden=is_hidden(row, now),
        categories=[one.removeprefix(CATEGORY) for one in tags if one.startswith(CATEGORY)],
        timestamp=_time(row["published_at"]),
        labels=[one for one in tags if not one.startswith(CATEGORY)] if kept is None else kept,
        comment=row["description"] or row["title"] or "",
    )


def user_of(viewer_id: str, attributes: str | None) -> GorseUser:
    """A viewer as a user; attributes that gorse never wrote are not shown."""
    told = from_json(attributes) or {}
    subscribe, comment = told.get("subscribe"), told.get("comment")
    return GorseUser.model_construct(
        user_id=viewer_id,
        labels=told.get("labels"),
        subscribe=subscribe if isinstance(subscribe, list) else None,
        comment=comment if isinstance(comment, str) else "",
    )


def feedback_of(row: RowMapping) -> GorseFeedbackReply:
    """An event as feedback."""
    told = from_json(row["context"]) or {}
    feedback_type, comment = told.get("feedback_type"), told.get("comment")
    return GorseFeedbackReply(
        feedback_type=feedback_type if isinstance(feedback_type, str) else row["event_type"],
        user_id=row["viewer_id"],
        item_id=row["video_id"],
        value=row["value"] or 0.0,
        timestamp=_time(row["occurred_at"]),
        comment=comment if isinstance(comment, str) else "",
    )


def _time(ms: int | None) -> str:
    return ZERO_TIME if ms is None else iso(ms)


def _is_plain(labels: JsonValue) -> bool:
    return isinstance(labels, list) and all(isinstance(one, str) for one in labels)


def _texts(labels: JsonValue, before: str = "") -> Iterator[str]:
    """Every text in labels, with the names that lead to it: `{"genre": ["drama"]}` has `genre:drama`."""
    if isinstance(labels, str):
        yield f"{before}{labels}"
    elif isinstance(labels, list):
        for one in labels:
            yield from _texts(one, before)
    elif isinstance(labels, dict):
        for name, one in labels.items():
            yield from _texts(one, f"{before}{name}:")


def _tag(text: str, field: str = "Labels") -> str:
    try:
        return _ID.validate_python(text)
    except ValidationError:
        raise invalid([Fault(field, text[:100], "a label has 1 to 200 characters and no control character")]) from None


def _attributes(values: dict[str, Any]) -> dict[str, Any]:
    try:
        return TypeAdapter(Attributes).validate_python(values)
    except ValidationError as error:
        raise DataError(f"Labels and Comment: {error.errors()[0]['msg']}") from None

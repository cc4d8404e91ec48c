"""The API's part tags. Written by `docs/client.py`; change that, or the service."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict, Unpack

from service.calls.call import Answer, Call, in_path


class TagMerge(TypedDict):
    """Where a tag goes."""

    into: str


class TagName(Answer):
    """One name of a tag."""

    name: str
    language: str = "en"
    is_alias: bool = False


class Tag(Answer):
    """A tag."""

    tag_id: str
    dimension: str
    parent_id: str | None
    status: str
    """`active`, `merged` or `banned`."""
    merged_into: str | None
    names: list[TagName]


class TagNameGiven(TypedDict):
    """One name of a tag."""

    name: str
    language: NotRequired[str]
    is_alias: NotRequired[bool]


class TagFields(TypedDict):
    """All of a tag but its id."""

    dimension: NotRequired[
        Literal[
            "category",
            "person",
            "object",
            "scene",
            "place",
            "action",
            "emotion",
            "logo",
            "text",
            "speech",
            "keyword",
            "audio",
            "custom",
        ]
    ]
    parent_id: NotRequired[str | None]
    names: NotRequired[Sequence[TagNameGiven]]


class Tags(Answer):
    """Tags that were looked for."""

    tags: list[Tag]


def look_for_tags(*, q: str | None = None, limit: int | None = None) -> Call[Tags]:
    """Look for tags by a part of their id or of a name in any language.

    Args:
        q: Part of the id or of a name; all tags where empty.
        limit: How many tags to return.
    """
    return Call("GET", "/v1/tags", Tags, query={"q": q, "limit": limit})


def read_tag(tag_id: str) -> Call[Tag]:
    """A tag and all of its names."""
    return Call("GET", f"/v1/tags/{in_path(tag_id)}", Tag)


def store_tag(
    tag_id: str, *, if_match: str | None = None, if_none_match: str | None = None, **body: Unpack[TagFields]
) -> Call[Tag]:
    """Put a tag, its place and its names; active again if it was merged or banned. It counts in the next answer."""
    return Call(
        "PUT",
        f"/v1/tags/{in_path(tag_id)}",
        Tag,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        body=body,
    )


def ban_one_tag(tag_id: str, *, if_match: str | None = None, if_none_match: str | None = None) -> Call[Tag]:
    """Ban a tag: it counts for nothing from the next answer on. Its taggings stay; putting it anew brings it back."""
    return Call(
        "DELETE", f"/v1/tags/{in_path(tag_id)}", Tag, headers={"if-match": if_match, "if-none-match": if_none_match}
    )


def merge_one_tag(
    tag_id: str, *, if_match: str | None = None, if_none_match: str | None = None, **body: Unpack[TagMerge]
) -> Call[Tag]:
    """Merge a tag into another, for which it stands from the next answer on. Taggings keep the tag they were given."""
    return Call(
        "POST",
        f"/v1/tags/{in_path(tag_id)}:merge",
        Tag,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        body=body,
    )

"""Tags in the API."""

from typing import Any

from pydantic import ConfigDict, Field

from service.schemas.fields import Body, Dimension, Id, Language, Reply, ShortText


class TagName(Body):
    """One name of a tag."""

    name: ShortText = Field(min_length=1)
    language: Language = "en"
    is_alias: bool = False


class TagFields(Body):
    """All of a tag but its id."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"dimension": "object", "parent_id": "animal", "names": [{"language": "en", "name": "Cat"}]},
            ]
        }
    )

    dimension: Dimension = "custom"
    parent_id: Id | None = None
    names: list[TagName] = Field(default=[], max_length=200)

    def name_rows(self) -> list[dict[str, Any]]:
        """The names as rows of the store, each once."""
        named = {(one.language, one.name): one.model_dump() for one in self.names}
        return list(named.values())


class TagMerge(Body):
    """Where a tag goes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "animal:cat"}]})

    into: Id


class Tag(Reply):
    """A tag."""

    tag_id: str
    dimension: str
    parent_id: str | None
    status: str = Field(examples=["active"])
    """`active`, `merged` or `banned`."""
    merged_into: str | None
    names: list[TagName]


class Tags(Reply):
    """Tags that were looked for."""

    tags: list[Tag]


def tag_of(row: Any, names: Any) -> Tag:
    """Rows of the store as a tag."""
    shown = [TagName.model_construct(name=n["name"], language=n["language"], is_alias=n["is_alias"]) for n in names]
    values = {name: row[name] for name in ("tag_id", "dimension", "parent_id", "status", "merged_into")}
    return Tag.model_construct(**values, names=shown)

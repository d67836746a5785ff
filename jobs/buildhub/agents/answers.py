"""What the tools take and return, as pydantic models: agents see their JSON schemas."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeAlias, TypeVar

from buildhub_schema.fields import FIELDS, Kind, iter_groups
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from buildhub.client.errors import Missing, NotCovered, NotFound, NotIndexedYet
from buildhub.client.values import MissingBuild

Value = TypeVar("Value")

Outcome: TypeAlias = Literal["found", "not_found", "not_covered", "not_indexed_yet"]

OUTCOMES: dict[type[Missing], Outcome] = {
    NotFound: "not_found",
    NotCovered: "not_covered",
    NotIndexedYet: "not_indexed_yet",
}
"""What each of the client's errors about nothing is called."""


class Answer(BaseModel, Generic[Value]):
    """What the catalogue knows."""

    outcome: Outcome = Field(
        description="found; or why there is nothing. not_found: no build is like that, and the "
        "catalogue would know. not_covered: the catalogue has no builds of such a product. "
        "not_indexed_yet: younger than complete_until, so nobody knows."
    )
    value: Value | None = Field(default=None, description="The answer; null where there is none.")
    message: str = Field(default="", description="Why there is nothing, in a sentence; else empty.")
    complete_until: datetime | None = Field(
        None,
        description="The catalogue is complete for builds from before this time, in UTC. What is "
        "younger may be missing. null: unknown.",
    )


def _record_schema() -> dict[str, Any]:
    """Return what a record looks like; short, as agents read it with each tool."""
    groups = {
        name: {
            "type": "object",
            "required": [field.leaf for field in fields if field.required],
            "properties": {
                field.leaf: {
                    "type": "integer" if field.kind is Kind.LONG else "string",
                    "description": field.help,
                }
                for field in fields
            },
        }
        for name, fields in iter_groups()
    }
    required = sorted({field.name.split(".")[0] for field in FIELDS if field.required})
    return {
        "type": "object",
        "description": "One downloadable build, as the catalogue has it.",
        "required": ["id", *required],
        "properties": {"id": {"type": "string"}, **groups},
    }


Record: TypeAlias = Annotated[Mapping[str, Any], WithJsonSchema(_record_schema())]


class Changeset(BaseModel):
    """A changeset, and where it is."""

    model_config = ConfigDict(from_attributes=True)

    revision: str
    repository: str | None
    tree: str | None
    url: str | None


class Build(BaseModel):
    """All records with one build ID."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    is_official: bool = Field(description="Whether at least one of them is not a candidate.")
    count: int = Field(description="Number of records.")
    products: list[str]
    channels: list[str]
    versions: list[str] = Field(description="In the order of versions.")
    platforms: list[str]
    locales: list[str]
    revisions: list[Changeset]


class Records(BaseModel):
    """Some records, in the order of their IDs."""

    records: list[Record]
    next_after: str | None = Field(
        description="There may be more: ask again with this as `after`. null: these were all."
    )


class Changed(BaseModel):
    """A record that was written, or deleted."""

    record_id: str
    timestamp: int = Field(description="In milliseconds.")
    record: Record | None = Field(description="null if it was deleted.")


class Changes(BaseModel):
    """What was written or deleted, in the order of timestamps."""

    changes: list[Changed]
    next_since: int = Field(description="Ask again with this as `since`.")
    is_all: bool = Field(description="Whether there is no more for now.")


class MissingBuilds(BaseModel):
    """What should exist and does not, and who says so."""

    total: int
    builds: list[MissingBuild] = Field(description="The first of them.")


class FoundBuilds(BaseModel):
    """What a text finds."""

    total: int
    understood_as: list[str] = Field(description="What each part of the text was taken for.")
    records: list[Record] = Field(description="The first of them.")


# Agents read each schema with each tool, so that what says nothing to them is left out.
Texts: TypeAlias = str | list[str] | SkipJsonSchema[None]
Moment: TypeAlias = str | SkipJsonSchema[None]


def _shorten(schema: dict[str, Any]) -> None:
    """Leave out titles, which repeat the names, and the defaults, all of which are null."""
    for each in schema["properties"].values():
        each.pop("title", None)
        each.pop("default", None)


class BuildFilters(BaseModel):
    """What builds have to be like; all that is given must hold. A list means any of these."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_shorten)

    product: Texts = Field(default=None, description="As `firefox`.")
    channel: Texts = Field(default=None, description="As `release`, `beta`, `nightly`, `esr`.")
    version: Texts = Field(default=None, description="As `53.0b9`.")
    platform: Texts = Field(default=None, description="As `win64`, `linux-x86_64`, `macosx`.")
    os: Texts = Field(default=None, description="`linux`, `win`, `mac`, `android` or `maemo`.")
    locale: Texts = Field(default=None, description="As `pt-BR`.")
    build_id: Texts = Field(default=None, description="Digits, as `20170914084942`.")
    revision: Texts = Field(default=None, description="A changeset, all of its digits.")
    tree: Texts = Field(default=None, description="As `releases/mozilla-beta`.")
    built_since: Moment = Field(
        default=None, description="A day or a time in UTC, as `2017-06-01`."
    )
    built_before: Moment = None
    published_since: Moment = None
    published_before: Moment = None
    candidates: bool | SkipJsonSchema[None] = Field(
        default=None, description="true: only release candidates; false: none of them."
    )

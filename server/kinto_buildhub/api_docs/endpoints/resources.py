"""Buckets, collections, groups and accounts: Kinto's own resources, all with the same methods.

The operations of a resource are made of one row, as Kinto makes its views of one class.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kinto_buildhub.api_docs.components import ANY_OBJECT, list_of, one_of, reference
from kinto_buildhub.api_docs.endpoints.kinto_parameters import (
    FIELDS,
    FILTERS,
    IF_MATCH,
    IF_NONE_MATCH,
    LISTING,
    ONLY_NEW,
    SELECTION,
)
from kinto_buildhub.api_operations import (
    BUCKET,
    JSON,
    Access,
    Answer,
    Body,
    Link,
    Operation,
    Parameter,
    Schema,
    path_parameter,
)

MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
_CHANGES = {
    JSON: "Fields that the body does not have stay as they are.",
    MERGE_PATCH: f"As `{MERGE_PATCH}`, `null` removes a field.",
    JSON_PATCH: f"As `{JSON_PATCH}`, the body is a list of operations.",
}
"""How an object is changed, by media type."""

_TAGGED = ("ETag", "Last-Modified")
_LISTED = (*_TAGGED, "Next-Page", "Total-Objects", "Total-Records")


class Resource(NamedTuple):
    """One of Kinto's resources.

    Attributes:
        noun: in the singular, as in an operation's ID.
        path: of the list, below ``/v1``.
        example_id: of an object that the catalogue has.
        example: data of an object, as it is written.
        changed: a part of the data, as it is changed.
        meaning: what one is, a sentence.
        parents: parameters of the path before the object's own ID.
        listed: a schema of the objects of a list, which may lack fields.
        filters: parameters that only its lists have.
        changes: media types of changes.
        children: nouns of what belongs to an object.
    """

    noun: str
    tag: str
    path: str
    example_id: str
    example: dict[str, Any]
    changed: dict[str, Any]
    meaning: str
    parents: tuple[Parameter, ...] = ()
    read: Schema = reference("Object")
    listed: tuple[Schema, ...] = (reference("Object"),)
    written: Schema = ANY_OBJECT
    filters: tuple[Parameter, ...] = (FILTERS,)
    changes: tuple[str, ...] = tuple(_CHANGES)
    children: tuple[str, ...] = ()

    @property
    def one(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"


def resource_operations(resource: Resource) -> tuple[Operation, ...]:
    """Return the operations of a resource: on its list, and on one object."""
    return (*_on_list(resource), *_on_object(resource))


def _links(row: Resource) -> tuple[Link, ...]:
    """Return what can be asked with the answer to a creation: the object, and what is in it."""
    parents = {each.name: f"$request.path.{each.name}" for each in row.parents}
    own = "$response.body#/data/id"
    return (
        *(
            Link(f"{verb}_{row.noun}", {**parents, "id": own})
            for verb in ("get", "update", "patch", "delete")
        ),
        *(
            Link(name, {**parents, f"{row.noun}_id": own})
            for child in row.children
            for name in (f"get_{child}s", f"create_{child}")
        ),
    )


def _on_list(row: Resource) -> Iterator[Operation]:
    nouns, path = f"{row.noun}s", row.path
    listed = list_of({"anyOf": [*row.listed, reference("Deleted")]})
    several = Answer("The objects.", {JSON: listed}, _LISTED)
    unchanged = Answer("Nothing has changed since `If-None-Match`.", headers=_TAGGED)
    yield Operation(
        "GET",
        path,
        f"get_{nouns}",
        f"List {nouns}",
        f"{row.meaning} The list is sorted by `last_modified`, newest first, unless `_sort` says "
        "otherwise.",
        row.tag,
        {200: several, 304: unchanged},
        (*row.parents, *LISTING, *row.filters, IF_NONE_MATCH, IF_MATCH),
        errors=(401, 404, 412),
    )
    yield Operation(
        "HEAD",
        path,
        f"count_{nouns}",
        f"Count {nouns}",
        "`Total-Records` is the number of all that match, whatever `_limit` is.",
        row.tag,
        {200: Answer("The count is in the headers.", headers=_LISTED), 304: unchanged},
        (*row.parents, *SELECTION, *row.filters, IF_NONE_MATCH, IF_MATCH),
        errors=(401, 404, 412),
    )
    yield Operation(
        "POST",
        path,
        f"create_{row.noun}",
        f"Create {row.one}",
        "Without an `id` in `data`, the server chooses one. If the ID exists already, the object "
        "that is there is returned, unchanged.",
        row.tag,
        {
            200: Answer("It exists already.", {JSON: one_of(row.read)}, _TAGGED),
            201: Answer("It was created.", {JSON: one_of(row.read)}, _TAGGED),
        },
        (*row.parents, IF_MATCH, ONLY_NEW),
        Body(
            f"The {row.noun}.",
            _written(row.written),
            {"data": {"id": row.example_id, **row.example}},
        ),
        errors=(401, 404, 409, 412, 413, 415),
        access=Access.WRITERS,
        links=_links(row),
    )
    yield Operation(
        "DELETE",
        path,
        f"delete_{nouns}",
        f"Delete several {nouns}",
        "Deletes all that match, **everything without a filter**. What is left of each is "
        "returned.",
        row.tag,
        {200: Answer("What is left.", {JSON: listed}, _LISTED)},
        (*row.parents, *SELECTION, *row.filters, IF_MATCH, ONLY_NEW),
        errors=(401, 404, 412),
        access=Access.WRITERS,
    )


def _on_object(row: Resource) -> Iterator[Operation]:
    path = f"{row.path}/{{id}}"
    parameters = (*row.parents, path_parameter("id", f"ID of the {row.noun}.", row.example_id))
    either = {"anyOf": [row.read, reference("Object")]}  # With `_fields`, a part of it.
    found = Answer(f"The {row.noun}.", {JSON: one_of(either)}, _TAGGED)
    yield Operation(
        "GET",
        path,
        f"get_{row.noun}",
        f"Read {row.one}",
        row.meaning,
        row.tag,
        {
            200: found,
            304: Answer("It has not changed since `If-None-Match`.", headers=_TAGGED),
        },
        (*parameters, FIELDS, IF_NONE_MATCH, IF_MATCH),
        errors=(401, 404, 412),
    )
    yield Operation(
        "PUT",
        path,
        f"update_{row.noun}",
        f"Create or replace {row.one}",
        "Fields that the body does not have are removed.",
        row.tag,
        {
            200: Answer("It was replaced.", {JSON: one_of(row.read)}, _TAGGED),
            201: Answer("It was created.", {JSON: one_of(row.read)}, _TAGGED),
        },
        (*parameters, IF_MATCH, ONLY_NEW),
        Body(f"The {row.noun}.", _written(row.written), {"data": row.example}),
        errors=(401, 404, 409, 412, 413, 415),
        access=Access.WRITERS,
        links=_links(row),
    )
    yield Operation(
        "PATCH",
        path,
        f"patch_{row.noun}",
        f"Change {row.one}",
        " ".join(_CHANGES[media_type] for media_type in row.changes),
        row.tag,
        {200: Answer("It was changed.", {JSON: one_of(row.read)}, _TAGGED)},
        (*parameters, IF_MATCH, ONLY_NEW, _BEHAVIOUR),
        Body(
            "What is to be changed.",
            {"type": ["object", "array"]},
            {"data": row.changed},
            row.changes,
        ),
        errors=(401, 404, 409, 412, 413, 415),
        access=Access.WRITERS,
    )
    yield Operation(
        "DELETE",
        path,
        f"delete_{row.noun}",
        f"Delete {row.one}",
        "What belongs to it is deleted with it.",
        row.tag,
        {200: Answer("What is left of it.", {JSON: one_of(reference("Deleted"))}, _TAGGED)},
        (*parameters, IF_MATCH, ONLY_NEW),
        errors=(401, 404, 412),
        access=Access.WRITERS,
    )


_BEHAVIOUR = Parameter(
    "Response-Behavior",
    "What is returned: the whole object, only the changed fields, or only those that differ from "
    "what was sent.",
    "full",
    {"enum": ["full", "light", "diff"]},
    place="header",
)


def _written(data: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"data": data, "permissions": reference("Permissions")},
    }


RESOURCES = tuple(
    operation
    for resource in (
        Resource(
            "bucket",
            "Buckets",
            "/buckets",
            "build-hub",
            {},
            {"title": "Builds"},
            "A bucket holds collections and groups.",
            children=("collection", "group"),
        ),
        Resource(
            "collection",
            "Collections",
            "/buckets/{bucket_id}/collections",
            "releases",
            {"title": "Builds"},
            {"title": "Builds"},
            "A collection holds records, which have its `schema`.",
            (BUCKET,),
            children=("record",),
        ),
        Resource(
            "group",
            "Groups",
            "/buckets/{bucket_id}/groups",
            "publishers",
            {"members": ["account:publisher"]},
            {"members": ["account:publisher", "account:colleague"]},
            "The members of a group share its permissions.",
            (BUCKET,),
            read=reference("Group"),
            written={
                "type": "object",
                "required": ["members"],
                "properties": {"members": {"type": "array", "items": {"type": "string"}}},
            },
        ),
        Resource(
            "account",
            "Accounts",
            "/accounts",
            "publisher",
            {"password": "correct horse battery staple"},
            {"password": "correct horse battery staple"},
            "An account is a name and a password. Everyone with one sees and changes their own.",
            written={
                "type": "object",
                "required": ["password"],
                "properties": {
                    "password": {"type": "string", "format": "password", "minLength": 1}
                },
            },
            changes=(JSON, MERGE_PATCH),
        ),
    )
    for operation in resource_operations(resource)
)

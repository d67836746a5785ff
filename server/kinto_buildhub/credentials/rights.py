"""Which requests a scope is for, and which rights go with it: a table, and what is not in it.

A request in the table is sent with the principal of its scope, which Kinto's settings give a right
to *all* records. So the table alone decides where a credential has it. All other requests are
answered as if nobody had sent them.
"""

import re
from dataclasses import dataclass
from typing import Any

from buildhub_schema.coverage import coverage_collection_id

from kinto_buildhub.credentials.values import Scope, Scopes
from kinto_buildhub.request_hooks.bodies.body_limits import is_search

# No name of an account, a group or a policy has a slash there.
PRINCIPALS = {scope: f"credential/{scope}" for scope in Scope}

# Kinto's own way to give rights without an entry for each object. Writing includes reading the
# record that is written: Kinto answers writes with records.
SETTINGS = {
    "record_read_principals": (Scope.READ,),
    "collection_read_principals": (Scope.READ,),
    "record_create_principals": (Scope.PUBLISH,),
    "record_write_principals": (Scope.PUBLISH, Scope.DELETE),
}

_BELOW_COLLECTION = re.compile(
    r"/v1/buckets/(?!default/)([a-zA-Z0-9][a-zA-Z0-9_-]*)"
    r"/collections/([a-zA-Z0-9][a-zA-Z0-9_-]*)(?:/(.+))?"
)
_RECORDS = re.compile(r"records")
_RECORD = re.compile(r"records/[^/]+")
_BULK = re.compile(r"bulk")

_WRITES = (
    ("POST", _RECORDS, Scope.PUBLISH),
    ("POST", _BULK, Scope.PUBLISH),
    ("PUT", _RECORD, Scope.PUBLISH),
    ("PATCH", _RECORD, Scope.PUBLISH),
    ("DELETE", _RECORD, Scope.DELETE),
    ("DELETE", _RECORDS, Scope.DELETE),
)
_WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Need:
    """What a request needs.

    Attributes:
        collection: as ``bucket/collection``.
        is_bulk: whether the body is a stream of records.
    """

    collection: str
    scope: Scope
    is_bulk: bool = False


def find_need(method: str, path: str) -> Need | None:
    """Return the scope that a request needs; None for requests that no scope is for.

    Args:
        path: decoded, with the version.
    """
    found = _BELOW_COLLECTION.fullmatch(path)
    if found is None:
        return None
    collection, endpoint = f"{found[1]}/{found[2]}", found[3] or ""
    if method not in _WRITE_METHODS or is_search(path):
        return Need(collection, Scope.READ)
    for write_method, pattern, scope in _WRITES:
        if method == write_method and pattern.fullmatch(endpoint):
            return Need(collection, scope, is_bulk=pattern is _BULK)
    return None


def is_granted(need: Need, scopes: Scopes) -> bool:
    """Return whether the scopes include what is needed.

    Whoever publishes to a collection also states what is complete in it, which is in a collection
    beside it.
    """
    if need.scope in scopes.get(need.collection, ()):
        return True
    return need.scope is not Scope.DELETE and any(
        need.scope in granted and need.collection == _coverage_of(collection)
        for collection, granted in scopes.items()
    )


def changes_permissions(body: Any) -> bool:
    """Return whether the JSON of a write, or its JSON Patch, is about permissions, too."""
    if isinstance(body, dict):
        return bool(body.get("permissions"))
    return isinstance(body, list) and not all(_is_about_data(step) for step in body)


def _is_about_data(step: Any) -> bool:
    if not isinstance(step, dict):
        return True  # Kinto refuses it.
    pointers = [step[name] for name in ("path", "from") if name in step]
    return all(
        isinstance(pointer, str) and (pointer == "/data" or pointer.startswith("/data/"))
        for pointer in pointers
    )


def _coverage_of(collection: str) -> str:
    bucket_id, _, collection_id = collection.partition("/")
    return f"{bucket_id}/{coverage_collection_id(collection_id)}"

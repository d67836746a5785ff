"""The fast path for lists of records.

Kinto's own resource reads the parameters and writes the headers. Cornice and the subscribers of
events do with request and response what they always do, access log and metrics included. Left out
is what only decides who may read, and the storage leaves records the JSON text that they are.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import transaction
from kinto.core.resource.model import Model
from kinto.core.utils import json
from kinto.views.records import Record
from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPException, HTTPNotModified
from pyramid.interfaces import IRoutesMapper
from webob.acceptparse import create_accept_header

from kinto_buildhub.anonymous.eligibility import EligibleRequest, everyone_may_read
from kinto_buildhub.anonymous.json_text import JsonRecords
from kinto_buildhub.anonymous.queries.database import Database
from kinto_buildhub.anonymous.queries.permissions import Collection
from kinto_buildhub.filters import rewrite, today_utc
from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.storage.indexed_queries import IndexedQueries

_METHODS = frozenset({"GET", "HEAD"})
_ROUTE = "record-plural"
_CONTENT_TYPE = "application/json"
_COLLECTION_KEY = "buildhub.collection"


class _InvalidRequest(Exception):
    """Kinto's validators found an error."""


# In a request.
_MISTAKES = (_InvalidRequest, BadFilter, HTTPException, UnicodeDecodeError)


class RecordLists:
    """Answers lists of records that everyone may read."""

    def __init__(self, router: Any, database: Database) -> None:
        registry = router.registry
        self._granted = everyone_may_read(registry.settings, "record")
        self._storage = IndexedQueries(
            client=database,
            max_fetch_size=registry.storage._max_fetch_size,
            readonly=True,
        )
        self._route = registry.queryUtility(IRoutesMapper).get_route(_ROUTE)
        service = registry.cornice_services[self._route.pattern]
        self._views = {method: args for method, _, args in service.definitions}
        # Pyramid's own, but for what it does between a request and its response.
        self._router = copy.copy(router)
        self._router.handle_request = self._handle

    def answer(self, request: EligibleRequest, collection: Collection) -> Any:
        """Return the response; None leaves the request to Kinto's own path."""
        if collection.timestamp is None:
            return None
        if not (collection.is_public or self._granted):
            return None
        # A copy: Kinto's own path must find the environment as it came.
        environ = request.environ | {_COLLECTION_KEY: collection}
        try:
            with _own_transaction(), self._router.request_context(environ) as own:
                own.matched_route, own.matchdict = self._route, request.index._asdict()
                return self._router.invoke_request(own)
        except _MISTAKES:
            return None  # Kinto's own path reports them.

    def _handle(self, request: Any) -> Any:
        """Answer the request, in place of Pyramid's tweens and Kinto's views."""
        collection: Collection = request.environ[_COLLECTION_KEY]
        pairs, schema = list(request.GET.items()), collection.metadata.get("schema")
        rewritten = rewrite(pairs, schema, today=today_utc())
        # It is logged as it came.
        request.registry.notify(NewRequest(request))
        if rewritten is not None:
            request.environ["QUERY_STRING"] = rewritten
        view = self._views[request.method]
        for validate in view["validators"]:
            validate(request, **view)
        if request.errors:
            raise _InvalidRequest
        return _list(request, collection, self._storage)


def is_read(request: EligibleRequest) -> bool:
    """Return whether a request reads JSON, and has no body."""
    environ = request.environ
    return (
        request.method in _METHODS
        and environ.get("CONTENT_LENGTH", "") in ("", "0")
        and _is_acceptable(environ.get("HTTP_ACCEPT"))
    )


@lru_cache(maxsize=256)
def _is_acceptable(accept: str | None) -> bool:
    return bool(create_accept_header(accept).acceptable_offers([_CONTENT_TYPE]))


@contextmanager
def _own_transaction() -> Iterator[None]:
    """Give subscribers that look for the request's transaction one; nothing is written in it."""
    transaction.begin()
    try:
        yield
    finally:
        transaction.abort()


def _list(request: Any, collection: Collection, storage: IndexedQueries) -> Any:
    """Return the response of Kinto's resource."""
    resource = _Records(request, collection, storage)
    try:
        found = resource.plural_head() if request.method == "HEAD" else resource.plural_get()
    except HTTPNotModified as not_modified:
        # It is another response than the one that was checked so far.
        request.info["cors_checked"] = False
        return not_modified
    response = request.response
    response.content_type = _CONTENT_TYPE
    if isinstance(found, JsonRecords):
        response.body = b'{"data":%b}' % found.as_json()
    else:
        response.body = json.dumps({"data": found}).encode()
    return response


class _Records(Record):
    """Kinto's resource of records, for somebody who may read them."""

    def __init__(self, request: Any, collection: Collection, storage: IndexedQueries) -> None:
        parent_id = self.get_parent_id(request)
        request.bound_data["collections"] = {parent_id: collection.metadata}
        self.model = _TextModel(storage, parent_id, collection)
        super().__init__(request, context=None)
        self.context = SimpleNamespace(resource_name="record", shared_ids=None)

    def postprocess(self, result: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave records as they are, and send no event: nobody listens."""
        return result


class _TextModel(Model):
    """Kinto's model of records, which are JSON text here."""

    def __init__(self, storage: IndexedQueries, parent_id: str, collection: Collection) -> None:
        super().__init__(
            storage=storage, permission=None, resource_name="record", parent_id=parent_id
        )
        self._collection = collection

    def timestamp(self, parent_id: str | None = None) -> Any:
        return self._collection.timestamp

    def get_objects(self, **query: Any) -> Any:
        return JsonRecords(self.storage.list_rows(self.resource_name, self.parent_id, **query))

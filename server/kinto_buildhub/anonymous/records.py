"""The short way for lists of records.

Kinto's own resource reads the parameters and says what goes into the headers, cornice and the
subscribers of events do with request and answer what they always do, the log of requests and the
metrics among them. Left out is what only decides about who may read, and in place of a storage that
makes objects of records there is one that leaves them the text that they are.
"""

import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import transaction
from kinto.core.events import AfterResourceRead, ResourceRead
from kinto.core.resource.model import Model
from kinto.core.utils import json
from kinto.views.records import Record
from pyramid.events import NewRequest
from pyramid.httpexceptions import HTTPNotModified
from pyramid.interfaces import IRoutesMapper
from webob.acceptparse import create_accept_header
from zope.interface import implementedBy

from kinto_buildhub.anonymous.count_cache import Counts
from kinto_buildhub.anonymous.eligibility import COLLECTION, everyone_may_read, is_plain
from kinto_buildhub.anonymous.json_text import Texts
from kinto_buildhub.anonymous.permissions import Collection, Readable
from kinto_buildhub.coverage import header as coverage_header
from kinto_buildhub.filters import rewrite, today_utc
from kinto_buildhub.storage import Storage
from kinto_buildhub.storage.indexed_queries import IndexedQueries

_PATH = re.compile(COLLECTION + "/records")
_METHODS = frozenset({"GET", "HEAD"})
_ROUTE = "record-plural"
_CONTENT_TYPE = "application/json"
_COLLECTION_KEY = "buildhub.collection"


def make_lane(router: Any, readable: Readable) -> "Lane | None":
    """Return the lane; None where somebody wants to know of each record that is read."""
    registry = router.registry
    events = (ResourceRead, AfterResourceRead)
    if any(registry.adapters.subscriptions((implementedBy(each),), None) for each in events):
        return None
    return Lane(router, readable) if type(registry.storage) is Storage else None


class _Extraordinary(Exception):
    """The request has to go the ordinary way."""


class Lane:
    """Answers lists of records that everyone may read."""

    def __init__(self, router: Any, readable: Readable) -> None:
        registry = router.registry
        self._readable = readable
        self._granted = everyone_may_read(registry.settings, "record")
        self._storage = IndexedQueries(
            client=readable, max_fetch_size=registry.storage._max_fetch_size, readonly=True
        )
        self._route = registry.queryUtility(IRoutesMapper).get_route(_ROUTE)
        self._counts = Counts()
        service = registry.cornice_services[self._route.pattern]
        self._views = {method: args for method, _, args in service.definitions}
        # Pyramid's own, but for what it does between a request and its answer.
        self._router = copy.copy(router)
        self._router.handle_request = coverage_header.tween_factory(self._handle, registry)

    def answer(self, environ: dict[str, Any]) -> Any:
        """Return the response; None, or whatever is raised, sends the request the ordinary way."""
        path = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if path is None or not _lists_plainly(environ):
            return None
        collection = self._readable.find(**path.groupdict(), with_timestamp=True)
        if collection is None or collection.timestamp is None:
            return None
        if not (collection.is_public or self._granted):
            return None
        # A copy: the ordinary way must find what it would have found without this one.
        own = environ | {_COLLECTION_KEY: collection}
        with _own_transaction(), self._router.request_context(own) as request:
            request.matched_route, request.matchdict = self._route, path.groupdict()
            return self._router.invoke_request(request)

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
            raise _Extraordinary
        return _list(request, collection, self._storage, self._counts)


def _lists_plainly(environ: dict[str, Any]) -> bool:
    return (
        environ["REQUEST_METHOD"] in _METHODS
        and environ.get("CONTENT_LENGTH", "") in ("", "0")
        and _is_acceptable(environ.get("HTTP_ACCEPT"))
        and is_plain(environ)
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


def _list(request: Any, collection: Collection, storage: IndexedQueries, counts: Counts) -> Any:
    """Return what Kinto's resource answers."""
    resource = _Records(request, collection, storage, counts)
    try:
        found = resource.plural_head() if request.method == "HEAD" else resource.plural_get()
    except HTTPNotModified as not_modified:
        # It is another response than the one that was checked so far.
        request.info["cors_checked"] = False
        return not_modified
    response = request.response
    response.content_type = _CONTENT_TYPE
    if isinstance(found, Texts):
        response.body = b'{"data":%b}' % found.as_json()
    else:
        response.body = json.dumps({"data": found}).encode()
    return response


class _Records(Record):
    """Kinto's resource of records, for somebody who may read them."""

    def __init__(
        self, request: Any, collection: Collection, storage: IndexedQueries, counts: Counts
    ) -> None:
        parent_id = self.get_parent_id(request)
        request.bound_data["collections"] = {parent_id: collection.metadata}
        self.model = _TextModel(storage, parent_id, collection, counts)
        super().__init__(request, context=None)
        self.context = SimpleNamespace(resource_name="record", shared_ids=None)

    def postprocess(self, result: Any, *args: Any, **kwargs: Any) -> Any:
        """Leave records as they are, and tell nobody: nobody listens."""
        return result


class _TextModel(Model):
    """Kinto's model of records, which are texts here."""

    def __init__(
        self, storage: IndexedQueries, parent_id: str, collection: Collection, counts: Counts
    ) -> None:
        super().__init__(
            storage=storage, permission=None, resource_name="record", parent_id=parent_id
        )
        self._collection, self._counts = collection, counts

    def timestamp(self, parent_id: str | None = None) -> Any:
        return self._collection.timestamp

    def get_objects(self, **query: Any) -> Any:
        return Texts(self.storage.list_texts(self.resource_name, self.parent_id, **query))

    def count_objects(self, filters: Any = None, parent_id: str | None = None) -> Any:
        key = (self.parent_id, repr(filters))
        return self._counts.find(
            key, self._collection.state, lambda: super(_TextModel, self).count_objects(filters)
        )

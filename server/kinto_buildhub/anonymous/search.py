"""The fast path for searches.

It bypasses all of Kinto: a search is answered in microseconds where its parts are kept, and a
request of Pyramid's takes longer than that. The headers are those that Kinto gave to the first
search of the same kind.
"""

import io
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from kinto_buildhub.anonymous.eligibility import EligibleRequest, everyone_may_read
from kinto_buildhub.anonymous.leases import Permissions
from kinto_buildhub.anonymous.queries.permissions import MAX_COLLECTIONS, Collection
from kinto_buildhub.anonymous.responses import KeptResponse, without_complete_until
from kinto_buildhub.execution import Headers
from kinto_buildhub.search.errors import FAILURE, SearchError
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import METADATA_KEY, Mapping, read_mapping
from kinto_buildhub.search.service import Search

ENDPOINTS = frozenset({"search", "_search"})

_METHODS = frozenset({"GET", "POST"})
# Their meaning is left to the view.
_PARAMETERS_OF_THE_VIEW = frozenset(
    {"error_trace", "filter_path", "human", "pretty", "scroll", "source", "source_content_type"}
)

# Clients that make up origins must not fill the memory.
_MAX_KINDS = 1000

_Kind = tuple[str, str, str | None]


class Searches:
    """Answers searches of collections that everyone may read.

    Args:
        permissions: who may read what.
        settings: of the server.
    """

    def __init__(self, search: Search, permissions: Permissions, settings: dict[str, Any]) -> None:
        self._search, self._permissions = search, permissions
        self._granted = everyone_may_read(settings, "record")
        self._mappings: dict[IndexId, _Known] = {}
        self._headers: dict[_Kind, Headers] = {}

    def answer(self, request: EligibleRequest) -> KeptResponse | None:
        """Return the response; None leaves the request to Kinto's own path."""
        headers = self._headers.get(_kind(request))
        parameters = _parameters(request.query)
        size = _body_size(request.environ)
        if headers is None or parameters is None or size > self._search.settings.limits.body_bytes:
            return None
        known = self._mappings.get(request.index) or self._learn_mapping(request.index)
        if known is None:
            return None
        content = self._search_if_public(request, known, size, parameters)
        if content is None:
            return None
        length = ("Content-Length", str(len(content)))
        return KeptResponse("200 OK", [*headers, length], content)

    def learn_headers(self, request: EligibleRequest, response: Any) -> Any:
        """Keep the headers that Kinto gave to a search, and return the response."""
        if response.status_code != 200 or request.method not in _METHODS:
            return response
        if len(self._headers) >= _MAX_KINDS:
            self._headers.clear()
        self._headers[_kind(request)] = [
            header
            for header in without_complete_until(response.headerlist)
            if header[0] != "Content-Length"
        ]
        return response

    def _search_if_public(
        self, request: EligibleRequest, known: "_Known", size: int, parameters: dict[str, str]
    ) -> bytes | None:
        """Search, and return the answer if everyone may have it."""
        body = _read_body(request.environ, size)
        # The database looks up the permission while the answer is made: both take as long.
        pending = self._permissions.send(request.index)
        if pending is None:
            return None
        content, failure, is_legacy = None, None, request.endpoint == "search"
        try:
            content = self._search.search(
                request.index, known.mapping, body, parameters, legacy=is_legacy
            )
        except SearchError as exc:
            failure = exc
        finally:
            collection = pending()
        if not self._is_current(known, collection):
            self._mappings.pop(request.index, None)
            return None
        if failure is not None:
            # Kinto's own path reports it, and must not take the time of a time limit once more.
            request.environ[FAILURE] = failure
        return content

    def _learn_mapping(self, index: IndexId) -> "_Known | None":
        """Return the mapping of a collection that everyone may read, and keep it."""
        collection = self._permissions.fetch_collection(index)
        if collection is None or METADATA_KEY not in collection.metadata:
            return None
        mapping = read_mapping(collection.metadata)
        if not isinstance(mapping, Mapping):
            return None
        known = _Known(collection.version, mapping)
        if not self._is_current(known, collection):
            return None
        if len(self._mappings) >= MAX_COLLECTIONS:
            self._mappings.clear()
        self._mappings[index] = known
        return known

    def _is_current(self, known: "_Known", collection: Collection | None) -> bool:
        """Return whether everyone may read the collection now, and its mapping is the same."""
        return (
            collection is not None
            and (collection.is_public or self._granted)
            and collection.version == known.version
        )


class _Known(NamedTuple):
    """The mapping of a version of a collection."""

    version: str
    mapping: Mapping


def _kind(request: EligibleRequest) -> _Kind:
    """Return all of a search that its headers depend on."""
    return request.method, request.endpoint, request.environ.get("HTTP_ORIGIN")


def _parameters(query: str) -> dict[str, str] | None:
    """Return the query string's parameters; None where they are left to the view."""
    if not query:
        return {}
    try:
        found = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        return None
    return None if found.keys() & _PARAMETERS_OF_THE_VIEW else found


def _read_body(environ: dict[str, Any], size: int) -> bytes:
    """Return the body, and leave it for Kinto's own path to read again."""
    body: bytes = environ["wsgi.input"].read(size) if size else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _body_size(environ: dict[str, Any]) -> int:
    return int(environ.get("CONTENT_LENGTH") or 0)

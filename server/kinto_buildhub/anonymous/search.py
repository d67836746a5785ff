"""The short way for searches; see `kinto_buildhub.anonymous`.

It passes by all of Kinto, its logs and its metrics too: a search is answered in less than a
millisecond where its parts are kept, and more than half of that would be Kinto's.
"""

import io
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pyramid.settings import aslist

from kinto_buildhub.anonymous.eligibility import COLLECTION, everyone_may_read, is_plain
from kinto_buildhub.anonymous.leases import Leased
from kinto_buildhub.anonymous.permissions import MOST_COLLECTIONS, Collection, Readable
from kinto_buildhub.search.errors import FAILURE, SearchError
from kinto_buildhub.search.follow.changes import read_mapping
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.mapping import METADATA_KEY, Mapping
from kinto_buildhub.search.service import Search

_PATH = re.compile(COLLECTION + r"/(?P<endpoint>_?search)")

# What the ordinary way answers with.
_HEADERS = [
    ("Content-Type", "application/json"),
    ("X-Elastic-Product", "Elasticsearch"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "),
]
_EXPOSED = ("Retry-After", "Content-Length", "Backoff", "Alert", "Content-Type")

Headers = list[tuple[str, str]]

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def make_lane(router: Any, readable: Readable | Leased) -> "Lane | None":
    """Return the lane; None where there can be none."""
    registry = router.registry
    settings, search = registry.settings, registry.buildhub_search
    if not search.enabled or search.settings.hosts:
        return None
    # These have answers carry something.
    if settings.get("backoff") or settings.get("http_scheme"):
        return None
    return Lane(
        search,
        readable,
        granted=everyone_may_read(settings, "collection"),
        any_origin=aslist(settings.get("cors_origins") or "") == ["*"],
        more_headers=registry.buildhub_search_headers,
    )


class Lane:
    """Answers anonymous searches.

    Args:
        readable: tells what may be read.
        granted: whether the settings let everyone read.
        any_origin: whether pages of any origin may ask.
        more_headers: asked before each search for what else is to be said of its answer.
    """

    def __init__(
        self,
        search: Search,
        readable: Readable | Leased,
        *,
        granted: bool,
        any_origin: bool,
        more_headers: Iterable[Callable[[IndexId], Headers]] = (),
    ) -> None:
        self._search, self._readable, self._granted = search, readable, granted
        self._any_origin = any_origin
        self._more_headers = tuple(more_headers)
        self._mappings: dict[IndexId, _Known] = {}

    def answer(self, environ: dict[str, Any]) -> Wsgi | None:
        """Return the answer; None, or whatever is raised, sends the request the ordinary way."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ["REQUEST_METHOD"] not in ("GET", "POST"):
            return None
        if not is_plain(environ):
            return None
        from_page = "HTTP_ORIGIN" in environ
        if from_page and not self._any_origin:
            return None
        size = int(environ.get("CONTENT_LENGTH") or 0)
        parameters = dict(_parameters(environ.get("QUERY_STRING", "")))
        if size > self._search.settings.limits.body_bytes:
            return None
        index = IndexId(found["bucket_id"], found["collection_id"])
        if parameters.keys() & {"scroll", "source"}:
            return None
        known = self._mappings.get(index) or self._learn(index)
        if known is None:
            return None
        body = environ["wsgi.input"].read(size) if size else b""
        # The ordinary way reads it again.
        environ["wsgi.input"] = io.BytesIO(body)
        more = [header for headers in self._more_headers for header in headers(index)]
        # The database tells what may be read now while the answer is made: both take as long.
        answer = self._readable.ask(*index)
        if answer is None:
            return None
        legacy = found["endpoint"] == "search"
        content, failure = b"", None
        try:
            content = self._search.search(index, known.mapping, body, parameters, legacy=legacy)
        except SearchError as exc:
            failure = exc
        finally:
            collection = answer()
        if not self._holds(known, collection):
            self._mappings.pop(index, None)
            return None
        if failure is not None:
            # The ordinary way tells it, and must not take a time limit's time once more.
            environ[FAILURE] = failure
            return None
        return _response(content, _HEADERS + more + (_any_origin(more) if from_page else []))

    def _learn(self, index: IndexId) -> "_Known | None":
        """Return what is known of a collection that everyone may read, and keep it."""
        collection = self._readable.find(index.bucket_id, index.collection_id)
        if collection is None or METADATA_KEY not in collection.metadata:
            return None
        mapping = read_mapping(collection.metadata)
        if not isinstance(mapping, Mapping):
            return None
        known = _Known(collection.version, mapping)
        if not self._holds(known, collection):
            return None
        if len(self._mappings) >= MOST_COLLECTIONS:
            self._mappings.clear()
        self._mappings[index] = known
        return known

    def _holds(self, known: "_Known", collection: Collection | None) -> bool:
        """Tell whether everyone may read the collection now, and its mapping is still the same."""
        return (
            collection is not None
            and (collection.is_public or self._granted)
            and collection.version == known.version
        )


class _Known(NamedTuple):
    """The mapping of a version of a collection."""

    version: str
    mapping: Mapping


def _parameters(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True, errors="strict") if query else []


def _any_origin(more: Headers) -> Headers:
    exposed = ", ".join((*_EXPOSED, *(name for name, _ in more)))
    return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", exposed)]


def _response(content: bytes, headers: list[tuple[str, str]]) -> Wsgi:
    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [*headers, ("Content-Length", str(len(content)))])
        return [content]

    return respond

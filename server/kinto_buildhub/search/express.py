"""The short way for what is asked most: a search without credentials.

Kinto's own way to an answer takes several milliseconds: a request of Pyramid's, a transaction over
three backends, an authorization, logs. For an anonymous search all of that comes down to one
statement: is there such a collection, which version of its metadata, may everyone read it? That is
asked each time, so a permission that is taken back, or a collection that is deleted, is gone at
once. Whatever is not plain (credentials, a mistake, no permission) goes the ordinary way.
"""

import io
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

import psycopg2
import sqlalchemy
from pyramid.events import ApplicationCreated
from pyramid.router import default_execution_policy
from pyramid.settings import aslist

from kinto_buildhub.search.errors import SearchError, Unavailable
from kinto_buildhub.search.mapping import METADATA_KEY, Mapping
from kinto_buildhub.search.names import IndexId
from kinto_buildhub.search.service import Search
from kinto_buildhub.search.store import read_mapping

EVERYONE = "system.Everyone"

_PATH = re.compile(
    r"/v1/buckets/([a-zA-Z0-9][a-zA-Z0-9_-]*)/collections/([a-zA-Z0-9][a-zA-Z0-9_-]*)/(_?search)"
)
_BACKENDS = {"kinto.core.permission.postgresql"}
# Headers that make a request one that is not plain.
_SPECIAL = (
    *("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_CONTENT_ENCODING", "HTTP_TRANSFER_ENCODING"),
    "HTTP_X_HTTP_METHOD_OVERRIDE",
)
# Planning the statement takes the database longer than executing it.
_PREPARE = """
    PREPARE readable (text, text, text) AS
    SELECT as_epoch(last_modified),
           EXISTS (
               SELECT 1 FROM access_control_entries
                WHERE principal = 'system.Everyone'
                  AND object_id IN ($1, $2)
                  AND permission IN ('read', 'write'))
      FROM objects
     WHERE resource_name = 'collection'
       AND parent_id = $1
       AND id = $3
       AND NOT deleted
"""
_EXECUTE = "EXECUTE readable (%s, %s, %s)"

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


def includeme(config: Any) -> None:
    """Put the short way before Pyramid's, once everything is configured."""
    lane: Lane | None = None

    def prepare(event: Any) -> None:
        nonlocal lane
        lane = make_lane(event.app.registry)

    def policy(environ: dict[str, Any], router: Any) -> Any:
        answer = None if lane is None else lane.answer(environ)
        return default_execution_policy(environ, router) if answer is None else answer

    config.add_subscriber(prepare, ApplicationCreated)
    config.set_execution_policy(policy)


def make_lane(registry: Any) -> "Lane | None":
    """Return the short way; None where there can be none."""
    settings, search = registry.settings, registry.buildhub_search
    if not search.enabled or search.settings.hosts:
        return None
    one_database = settings.get("storage_url") == settings.get("permission_url") != ""
    # These have answers carry something, or not be given.
    special = any(settings.get(name) for name in ("backoff", "eos", "http_scheme"))
    if not one_database or settings.get("permission_backend") not in _BACKENDS or special:
        return None
    url = sqlalchemy.make_url(settings["storage_url"]).set(drivername="postgresql")
    names = ("bucket_read", "bucket_write", "collection_read", "collection_write")
    granted = any(EVERYONE in aslist(settings.get(f"{name}_principals") or "") for name in names)
    any_origin = aslist(settings.get("cors_origins") or "") == ["*"]
    return Lane(
        search,
        registry.storage,
        url.render_as_string(hide_password=False),
        granted=granted,
        any_origin=any_origin,
        more_headers=registry.buildhub_search_headers,
    )


class Lane:
    """Answers anonymous searches.

    Args:
        url: of the database that holds records and permissions.
        granted: whether the settings let everyone read.
        any_origin: whether pages of any origin may ask.
        more_headers: asked before each search for what else is to be said of its answer.
    """

    def __init__(
        self,
        search: Search,
        storage: Any,
        url: str,
        *,
        granted: bool,
        any_origin: bool,
        more_headers: Iterable[Callable[[IndexId], Headers]] = (),
    ) -> None:
        self._search, self._storage, self._url, self._granted = search, storage, url, granted
        self._any_origin = any_origin
        self._more_headers = tuple(more_headers)
        self._local = threading.local()
        self._mappings: dict[IndexId, tuple[int, Mapping]] = {}

    def answer(self, environ: dict[str, Any]) -> Wsgi | None:
        """Return the answer; None if the request has to go the ordinary way."""
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if found is None or environ["REQUEST_METHOD"] not in ("GET", "POST"):
            return None
        if any(name in environ for name in _SPECIAL):
            return None
        from_page = "HTTP_ORIGIN" in environ
        if from_page and not self._any_origin:
            return None
        try:
            size = int(environ.get("CONTENT_LENGTH") or 0)
            parameters = dict(_parameters(environ.get("QUERY_STRING", "")))
        except ValueError:
            return None
        if size > self._search.settings.limits.body_bytes:
            return None
        index = IndexId(found[1], found[2])
        mapping = self._readable(index)
        if mapping is None or parameters.keys() & {"scroll", "source"}:
            return None
        body = environ["wsgi.input"].read(size) if size else b""
        # The ordinary way reads it again.
        environ["wsgi.input"] = io.BytesIO(body)
        more = [header for headers in self._more_headers for header in headers(index)]
        try:
            content = self._search.search(
                index, mapping, body, parameters, legacy=found[3] == "search"
            )
        except SearchError:
            return None
        return _response(content, _HEADERS + more + (_any_origin(more) if from_page else []))

    def _readable(self, index: IndexId) -> Mapping | None:
        """Return the mapping of a collection that everyone may read now."""
        row = self._ask(index)
        if row is None or not (row[1] or self._granted):
            return None
        known = self._mappings.get(index)
        if known is not None and known[0] == row[0]:
            return known[1]
        try:
            collection = self._search.store.collection(index)
        except Unavailable:
            return None  # The ordinary way tells what is wrong.
        if collection is None or METADATA_KEY not in collection:
            return None
        mapping = read_mapping(collection)
        if not isinstance(mapping, Mapping):
            return None
        self._mappings[index] = collection["last_modified"], mapping
        return mapping

    def _ask(self, index: IndexId) -> tuple[int, bool] | None:
        bucket = f"/buckets/{index.bucket_id}"
        values = (bucket, f"{bucket}/collections/{index.collection_id}", index.collection_id)
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = self._connect()
            with connection.cursor() as cursor:
                cursor.execute(_EXECUTE, values)
                row: tuple[int, bool] | None = cursor.fetchone()
                return row
        except psycopg2.Error:
            self._local.connection = None
            return None  # The ordinary way tells what is wrong.

    def _connect(self) -> Any:
        connection = psycopg2.connect(self._url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(_PREPARE)
        return connection


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

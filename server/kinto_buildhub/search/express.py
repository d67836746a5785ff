"""The short way for what is asked most: a search without credentials.

Kinto's own way to an answer takes several milliseconds: a transaction over three backends, an
authorization, logs. For an anonymous search all of that comes down to one statement: is there such
a collection, which version of its metadata, may everyone read it? That is asked each time, so a
permission that is taken back, or a collection that is deleted, is gone at once. Whatever is not
plain (credentials, another origin, a mistake, no permission) goes the ordinary way.
"""

import re
import threading
from collections.abc import Callable
from typing import Any

import psycopg2
import sqlalchemy
from pyramid.response import Response
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
_STATEMENT = """
    SELECT as_epoch(last_modified),
           %(granted)s OR EXISTS (
               SELECT 1 FROM access_control_entries
                WHERE principal = 'system.Everyone'
                  AND object_id IN (%(bucket)s, %(collection)s)
                  AND permission IN ('read', 'write'))
      FROM objects
     WHERE resource_name = 'collection'
       AND parent_id = %(bucket)s
       AND id = %(id)s
       AND NOT deleted
"""


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return *handler* with the short way before it, where there can be one."""
    lane = _lane(registry)
    if lane is None:
        return handler

    def tween(request: Any) -> Any:
        return lane.answer(request) or handler(request)

    return tween


def _lane(registry: Any) -> "Lane | None":
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
    return Lane(search, url.render_as_string(hide_password=False), granted)


class Lane:
    """Answers anonymous searches.

    Args:
        url: of the database that holds records and permissions.
        granted: whether the settings let everyone read.
    """

    def __init__(self, search: Search, url: str, granted: bool) -> None:
        self._search, self._url, self._granted = search, url, granted
        self._local = threading.local()
        self._mappings: dict[IndexId, tuple[int, Mapping]] = {}

    def answer(self, request: Any) -> Response | None:
        """Return the answer; None if the request has to go the ordinary way."""
        headers = request.headers
        if request.method not in ("GET", "POST") or any(
            name in headers for name in ("Authorization", "Cookie", "Origin", "Content-Encoding")
        ):
            return None
        found = _PATH.fullmatch(request.environ.get("PATH_INFO", ""))
        if found is None or (request.content_length or 0) > self._search.settings.limits.body_bytes:
            return None
        index = IndexId(found[1], found[2])
        mapping = self._readable(index)
        if mapping is None:
            return None
        try:
            parameters = dict(request.GET)
            if parameters.keys() & {"scroll", "source"}:
                return None
            body = self._search.search(
                index, mapping, request.body, parameters, legacy=found[3] == "search"
            )
        except (SearchError, UnicodeDecodeError):
            return None
        response = Response(body, content_type="application/json", charset="UTF-8")
        response.headers["X-Elastic-Product"] = "Elasticsearch"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _readable(self, index: IndexId) -> Mapping | None:
        """Return the mapping of a collection that everyone may read now."""
        row = self._ask(index)
        if row is None or not row[1]:
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
        values = {
            "granted": self._granted,
            "bucket": bucket,
            "collection": f"{bucket}/collections/{index.collection_id}",
            "id": index.collection_id,
        }
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = psycopg2.connect(self._url)
                connection.autocommit = True
                self._local.connection = connection
            with connection.cursor() as cursor:
                cursor.execute(_STATEMENT, values)
                row: tuple[int, bool] | None = cursor.fetchone()
                return row
        except psycopg2.Error:
            self._local.connection = None
            return None  # The ordinary way tells what is wrong.

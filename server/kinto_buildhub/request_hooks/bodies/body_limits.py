"""The largest body of a request. A larger one is refused before anybody is authenticated."""

import io
import re
from dataclasses import dataclass
from typing import Any

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

from kinto_buildhub.settings import PREFIX, Values

_BULK = "bulk.max_request_bytes"
_SEARCH = "search.max_body_bytes"
_OTHER = "buildhub.max_request_bytes"

# What follows the collection in the path: the endpoints whose bodies have a limit of their own.
_ENDPOINT = re.compile(
    r"/v[0-9]+/buckets/[^/]+/collections/[^/]+/"
    r"(?:(?P<bulk>bulk)|(?P<search>(?:(?!records/)[^/]+/)?(?:_?search|_count|_msearch|_mget|_pit"
    r"|_search/scroll(?:/.*)?)))/?"
)


def is_search(path: str) -> bool:
    """Return whether *path*, which includes the version, is that of a search endpoint."""
    found = _ENDPOINT.fullmatch(path)
    return found is not None and found["search"] is not None


def takes_gzip(path: str) -> bool:
    """Return whether bodies may be compressed at *path*, which includes the version."""
    return _ENDPOINT.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """A limit, and the setting that it comes from."""

    setting: str
    max_bytes: int


class BodyLimits:
    """The limits of all endpoints.

    Args:
        values: of all settings.
    """

    def __init__(self, values: Values) -> None:
        self._bulk, self._search, self._other = (
            BodyLimit(name, values[name]) for name in (_BULK, _SEARCH, _OTHER)
        )

    def find(self, path: str) -> BodyLimit:
        """Return the limit of the body of a request for *path*, which includes the version."""
        found = _ENDPOINT.fullmatch(path)
        if found is None:
            return self._other
        return self._bulk if found["bulk"] else self._search

    def max_bytes(self, path: str) -> int:
        """Return the limit in bytes. A server can use it to stop reading."""
        return self.find(path).max_bytes


def includeme(config: Any) -> None:
    """Check each request as it comes."""
    config.registry.buildhub_body_limits = BodyLimits(config.registry.buildhub_settings)
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    request = event.request
    if getattr(request, "parent", None) is not None:
        return  # Within a batch: the batch has a limit.
    limit = request.registry.buildhub_body_limits.find(request.environ.get("PATH_INFO", ""))
    length = request.content_length
    if length is None and request.is_body_readable and limit.setting != _BULK:
        # Chunked: only reading shows how long it is. Bulk counts what it reads itself.
        body = request.environ["wsgi.input"].read(limit.max_bytes + 1)
        request.environ["wsgi.input"] = io.BytesIO(body)
        length = request.content_length = len(body)
    if length is not None and length > limit.max_bytes:
        raise http_error(
            httpexceptions.HTTPRequestEntityTooLarge(),
            errno=ERRORS.REQUEST_TOO_LARGE,
            message=f"The body is larger than {limit.max_bytes} bytes ({PREFIX}{limit.setting}).",
        )

"""Responses that are sent without Pyramid, with the headers that Kinto wrote."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from kinto_buildhub.anonymous.eligibility import EligibleRequest
from kinto_buildhub.coverage.cache import CoverageCache
from kinto_buildhub.coverage.completeness import CollectionCoverage
from kinto_buildhub.coverage.header import HEADER, selected_complete_until, selected_values
from kinto_buildhub.execution import Headers

_EXPOSED = "Access-Control-Expose-Headers"
_ADDED = f", {HEADER}"

RECORDS = "records"
_STATUSES = ("200 OK", "304 Not Modified")
# Of their time, or of the one request.
_UNREPEATABLE = frozenset({"content-location", "expires", "set-cookie"})


class KeptResponse(NamedTuple):
    """A response, which is a WSGI application.

    Attributes:
        headers: without ``Complete-Until``, which is added when it is sent.
        body: to HEAD, too, which does not send it.
    """

    status: str
    headers: Headers
    body: bytes

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Send it."""
        # A copy: servers and middleware may add headers of their own.
        start_response(self.status, list(self.headers))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]

    @property
    def status_code(self) -> int:
        """The number of the status."""
        return int(self.status[:3])


def keep_response(response: Any, max_bytes: int) -> KeptResponse | None:
    """Return what can be sent again; None where the response is too long, or of its time.

    Takes the body of what it returns out of *response*.
    """
    headers = list(response.headerlist)
    if response.status not in _STATUSES or (response.content_length or 0) > max_bytes:
        return None
    if not _UNREPEATABLE.isdisjoint(name.lower() for name, _ in headers):
        return None
    body = b"".join(response.app_iter)
    return KeptResponse(response.status, without_complete_until(headers), body)


class CompleteUntil:
    """The header ``Complete-Until``, looked up before an answer is, and added to it."""

    def __init__(self, cache: CoverageCache) -> None:
        self._cache = cache

    def find_coverage(self, request: EligibleRequest) -> CollectionCoverage | None:
        """Return what holds of an answer that is made from now on; None if that is not known."""
        return self._cache.find_coverage(request.index, searched=request.endpoint != RECORDS)

    def add_to(
        self, response: Any, request: EligibleRequest, coverage: CollectionCoverage | None
    ) -> Any:
        """Return *response*, kept or Pyramid's, with the header if there is one."""
        if coverage is None:
            return response
        # What a search asks for is not looked into: it is complete where the whole catalogue is.
        selected = _selected(request.query) if request.endpoint == RECORDS else {}
        until = selected_complete_until(coverage, selected)
        if until is None:
            return response
        if isinstance(response, KeptResponse):
            return response._replace(headers=_with(until, response.headers))
        response.headerlist = _with(until, response.headerlist)
        return response


def _with(until: str, headers: Headers) -> Headers:
    """Return headers with the time, which pages of other origins may see too."""
    exposing = [(name, value + _ADDED if name == _EXPOSED else value) for name, value in headers]
    return [*exposing, (HEADER, until)]


def without_complete_until(headers: Headers) -> Headers:
    """Return headers as they were before `CompleteUntil`, or the tween, added theirs."""
    return [
        (name, value.removesuffix(_ADDED) if name == _EXPOSED else value)
        for name, value in headers
        if name != HEADER
    ]


@lru_cache(maxsize=256)
def _selected(query: str) -> dict[str, frozenset[str]]:
    return selected_values(parse_qsl(query, keep_blank_values=True))

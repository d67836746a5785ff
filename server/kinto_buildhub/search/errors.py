"""The errors of search.

::

    SearchError
      Unavailable     down, unreachable, full: 503 with Retry-After, try again
        StoreUnavailable  the storage is, not the search engine
        BeingRebuilt      another process rebuilds the index
      TimedOut        the request takes longer than its limit: narrow it
      BadQuery        the request is wrong; names the clause and what is expected there
      IndexMissing    the collection has no index (yet)
      ContextMissing  a scroll or a point in time has expired, or was closed
      IndexDamaged    the index does not hold what was written to it: rebuild it
      MappingChanged  the index was built from another mapping: rebuild it
"""

# Key of the WSGI environment. It holds the error with which the fast path ended this search, so
# that the views do not search a second time.
FAILURE = "buildhub.search_failure"


class SearchError(Exception):
    """A search, or a change to an index, failed."""


class Unavailable(SearchError):
    """The engine cannot answer now. Trying again helps."""

    def __init__(self, message: str, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StoreUnavailable(Unavailable):
    """The storage, which the indexes follow, does not answer now."""


class BeingRebuilt(Unavailable):
    """Another process is rebuilding the index."""


class TimedOut(SearchError):
    """The request took longer than its limit."""


class BadQuery(SearchError):
    """The request is wrong or not supported.

    Attributes:
        reason: what was found, and what was expected.
        path: where in the request, as ``query.bool.must[0].foo``; "" for the whole request.
        kind: Elasticsearch's name of this error type, for its clients.
    """

    def __init__(self, reason: str, path: str = "", kind: str = "parsing_exception") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason, self.path, self.kind = reason, path, kind


class IndexMissing(SearchError):
    """The collection has no index."""


class ContextMissing(SearchError):
    """A scroll or a point in time has expired, or was closed."""

    def __init__(self, context_id: str) -> None:
        super().__init__(f"No search context found for id [{context_id}]: it has expired.")


class IndexDamaged(SearchError):
    """The index does not hold what was written to it, and has to be rebuilt."""


class MappingChanged(SearchError):
    """The index was built from another mapping. It still answers, and has to be rebuilt."""

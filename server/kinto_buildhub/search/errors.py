"""What can go wrong in search.

::

    SearchError
      Unavailable     down, unreachable, full: 503 with Retry-After, try again
      TimedOut        the request takes longer than it may: narrow it
      BadQuery        the request cannot be answered, ever; names the clause and what would do
      IndexMissing    the collection has no index (yet)
      MappingChanged  the index was built from another mapping: rebuild it
"""

# Of a request's environment: the error with which the short way has ended the same search.
FAILURE = "buildhub.search_failure"


class SearchError(Exception):
    """A search, or a change to an index, that did not work."""


class Unavailable(SearchError):
    """The engine cannot answer now. Trying again helps."""

    def __init__(self, message: str, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TimedOut(SearchError):
    """The request took longer than it may."""


class BadQuery(SearchError):
    """The request is wrong or not supported.

    Attributes:
        reason: a sentence: what was found, what was expected.
        path: where in the request, as ``query.bool.must[0].foo``; "" if it is the whole.
        kind: Elasticsearch's name for this kind of mistake, as its clients read it.
    """

    def __init__(self, reason: str, path: str = "", kind: str = "parsing_exception") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason, self.path, self.kind = reason, path, kind


class IndexMissing(SearchError):
    """There is no index for the collection."""


class MappingChanged(SearchError):
    """The index was built from another mapping; it answers, and has to be rebuilt."""

"""Lists and single records, kept while nothing is written.

Between two loads an answer stays the same. It is kept with the database's snapshot
(``pg_current_snapshot()``), which changes whenever a transaction that wrote ends, whatever it
wrote: records, permissions, or metadata. The collection's timestamp would not do: a record may be
stored with a timestamp of the past, and purging leaves none.
"""

from collections.abc import Callable, Hashable
from datetime import date
from itertools import chain
from typing import Any

from kinto_buildhub.anonymous.eligibility import EligibleRequest
from kinto_buildhub.anonymous.responses import KeptResponse
from kinto_buildhub.filters import today_utc
from kinto_buildhub.search.cache import AnswerCache

Key = tuple[Any, ...]
"""All that an answer depends on."""

CACHE_BYTES = 32 * 2**20

# What `AnswerCache` keeps at most of one answer.
_MAX_SHARE = 16

# Whatever else of a request shows in the response to a list or a record.
_KEY_NAMES = (
    *("wsgi.url_scheme", "HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME"),
    *("HTTP_ACCEPT", "HTTP_ORIGIN", "CONTENT_TYPE", "HTTP_RANGE"),
    *("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_RANGE"),
    *("HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"),
)


class KeptAnswers:
    """The most recently used answers.

    Args:
        limit_bytes: what all of them may take.
        today: returns the day, which ``date_range`` counts from.
    """

    def __init__(
        self, limit_bytes: int = CACHE_BYTES, today: Callable[[], date] = today_utc
    ) -> None:
        self._today = today
        self._cache = AnswerCache(limit_bytes)
        self.max_bytes = limit_bytes // _MAX_SHARE

    def key(self, request: EligibleRequest, state: str | None) -> Key | None:
        """Return the key of the answer to a request now; None where nothing can be kept.

        An answer that is made from now on may be kept under it: if something is written
        meanwhile, the key never comes back.

        Args:
            state: of the database; None where it is not known.
        """
        if state is None:
            return None
        environ = request.environ
        return (
            state,
            request.method,
            request.index,
            request.endpoint,
            request.query,
            self._today(),
            *map(environ.get, _KEY_NAMES),
        )

    def get(self, key: Key | None) -> KeptResponse | None:
        """Return the answer; None if it is not kept."""
        found: KeptResponse | None = None if key is None else self._cache.get(key)
        return found

    def put(self, key: Key, answer: KeptResponse) -> None:
        """Keep an answer."""
        texts = chain(key, *answer.headers)
        self._cache.put(key, answer, len(answer.body) + sum(map(_length, texts)))


def _length(part: Hashable) -> int:
    return len(part) if isinstance(part, str) else 0

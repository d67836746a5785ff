"""Answers of a cluster, read no further than the request's own answer may be long."""

from dataclasses import dataclass
from typing import Any

import orjson

from kinto_buildhub.search import budget
from kinto_buildhub.search.errors import BadQuery, SearchError, TimedOut

_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class BoundedAnswer:
    """What the client uses of an answer of urllib3."""

    status: int
    headers: Any
    data: bytes


class BoundedPool:
    """Sends requests through a connection pool, and bounds what is read of each answer.

    An answer that is too long becomes an error in a server's own shape: the client takes anything
    else that goes wrong here for a broken connection, and tries again.

    Args:
        pool: of urllib3.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    def urlopen(self, method: str, target: str, **options: Any) -> BoundedAnswer:
        """Send a request, and read the answer. See urllib3's."""
        response = self._pool.urlopen(method, target, **options, preload_content=False)
        try:
            return _read(response)
        except SearchError as exc:
            response.close()  # Without the rest, the connection is of no further use.
            return _error(exc)
        finally:
            response.release_conn()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def _read(response: Any) -> BoundedAnswer:
    pieces = []
    for piece in response.stream(_PIECE_BYTES, decode_content=True):
        budget.add_answer_bytes(len(piece))
        pieces.append(piece)
    return BoundedAnswer(response.status, response.headers, b"".join(pieces))


def _error(exc: SearchError) -> BoundedAnswer:
    # Of these, the client tries none again.
    status = 413 if isinstance(exc, BadQuery) else 504 if isinstance(exc, TimedOut) else 429
    error = {"type": getattr(exc, "kind", "exception"), "reason": str(exc)}
    data = orjson.dumps({"error": error, "status": status})
    return BoundedAnswer(status, {"content-type": "application/json"}, data)

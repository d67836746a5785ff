"""Panics of Tantivy, which are not `Exception`s, as our errors."""

import contextlib
import logging
import time
from collections.abc import Iterator

from kinto_buildhub.search.errors import SearchError, Unavailable

logger = logging.getLogger(__name__)

# The least time between two lines about panics, which come with each request if at all.
_LOG_INTERVAL_SECONDS = 60.0
_next_log_at = 0.0


class EnginePanicked(Unavailable):
    """The engine failed on a request, for a reason of its own or because its files are damaged."""


@contextlib.contextmanager
def panics_raise(error: type[SearchError], message: str) -> Iterator[None]:
    """Raise *error* with *message* where the engine panics; other exceptions pass."""
    try:
        yield
    except Exception:
        raise
    except BaseException as exc:
        if type(exc).__name__ != "PanicException":
            raise
        _log(exc)
        raise error(message) from exc


def _log(exc: BaseException) -> None:
    global _next_log_at
    now = time.monotonic()
    if now >= _next_log_at:
        _next_log_at = now + _LOG_INTERVAL_SECONDS
        logger.error("search_engine_panicked", extra={"reason": str(exc)})

"""Panics of Tantivy, which are not `Exception`s, as our errors."""

import contextlib
import logging
from collections.abc import Iterator

from kinto_buildhub.search.errors import SearchError

logger = logging.getLogger(__name__)


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
        logger.error("search_engine_panicked", extra={"reason": str(exc)})
        raise error(message) from exc

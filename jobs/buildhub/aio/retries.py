"""When to try again, and how long to wait before: one policy for the archive and the server."""

import email.utils
import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import aiohttp
import stamina

from buildhub.errors import Unavailable

# 429 and 503 ask for patience; the other three come from proxies while a server restarts.
BUSY_STATUSES = frozenset({429, 500, 502, 503, 504})

# Longest wait that another side can impose on us: a typing error there must not stop us for a day.
LONGEST_WAIT_SECONDS = 300.0

# Our own waits double from the first to the last, each with some jitter on top, so that jobs that
# failed together do not come back together. They are added to what the other side asks for: Kinto
# asks for the same three seconds each time, also where its database needs half a minute to recover.
FIRST_WAIT_SECONDS = 0.5
LAST_WAIT_SECONDS = 30.0
JITTER_SECONDS = 1.0

BROKEN = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError)
"""What aiohttp raises when a connection cannot be made, breaks, or takes too long."""


class Busy(Unavailable):
    """One attempt that failed in a way that may pass.

    Attributes:
        wait_seconds: how long the other side asked us to wait, or None.
    """

    def __init__(self, message: str, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


def retrying(count: int) -> Any:
    """Return stamina's loop for an attempt and up to *count* more, each raising :class:`Busy`."""
    own_waits = _iter_own_waits()

    def wait_or_give_up(error: Exception) -> bool | float:
        if not isinstance(error, Busy):
            return False
        return (error.wait_seconds or 0.0) + next(own_waits)

    return stamina.retry_context(on=wait_or_give_up, attempts=count + 1, timeout=None)


def _iter_own_waits() -> Iterator[float]:
    wait_seconds = FIRST_WAIT_SECONDS
    while True:
        yield wait_seconds + random.uniform(0, JITTER_SECONDS)  # noqa: S311 - no secret.
        wait_seconds = min(2 * wait_seconds, LAST_WAIT_SECONDS)


def asked_wait_seconds(
    headers: Mapping[str, str],
    *,
    name: str = "Retry-After",
    clock: Callable[[], float] = time.time,
) -> float | None:
    """Read how long to wait, seconds or a date; None where it is absent or unreadable.

    Args:
        name: of the header.
    """
    value = headers.get(name, "").strip()
    if value.isdecimal():
        return min(float(value), LONGEST_WAIT_SECONDS)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return min(max(moment.timestamp() - clock(), 0.0), LONGEST_WAIT_SECONDS)


def describe_error(error: BaseException) -> str:
    """Say what broke, also for errors whose own text is empty."""
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    if isinstance(error, aiohttp.TooManyRedirects):
        return f"redirects without end, {len(error.history)} so far"
    return str(error) or type(error).__name__

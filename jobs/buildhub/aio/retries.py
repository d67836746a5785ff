"""Trying a request again where the other side is busy or gone, as a policy says."""

import email.utils
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import stamina

from buildhub.aio.retry_policy import RetryPolicy
from buildhub.errors import Unavailable

Result = TypeVar("Result")

# 429 and 503 ask for patience; the other three come from proxies while a server restarts.
BUSY_STATUSES = frozenset({429, 500, 502, 503, 504})


class Busy(Unavailable):
    """One attempt that failed in a way that may pass.

    Attributes:
        asked_wait_seconds: how long the other side asked us to wait, or None.
    """

    def __init__(self, message: str, asked_wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.asked_wait_seconds = asked_wait_seconds


async def retry(policy: RetryPolicy, attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Return what *attempt* returns; it is repeated, after a wait, where it raises :class:`Busy`.

    Raises:
        Busy: every attempt did; this is the last one's. Other errors are raised at once.
    """
    async for each in attempts(policy):
        with each:
            return await attempt()
    raise AssertionError("stamina returns or raises")


def attempts(policy: RetryPolicy) -> "stamina._core._RetryContextIterator":
    """Return stamina's attempts, after each of which :class:`Busy` means another, after a wait.

    For ``for`` and for ``async for``.
    """
    own_waits = policy.waits.iter_own()

    def wait_or_give_up(error: Exception) -> bool | float:
        if not isinstance(error, Busy):
            return False
        return policy.waits.limit(error.asked_wait_seconds) + next(own_waits)

    return stamina.retry_context(on=wait_or_give_up, attempts=policy.retry_count + 1, timeout=None)


def parse_wait_seconds(
    headers: Mapping[str, str],
    *,
    name: str = "Retry-After",
    clock: Callable[[], float] = time.time,
) -> float | None:
    """Return the wait that a header asks for, as seconds or a date; None where it has neither.

    Args:
        headers: of a response.
        name: of the header.
        clock: seconds since 1970.
    """
    value = headers.get(name, "").strip()
    if value.isdecimal():
        return float(value)
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return max(moment.timestamp() - clock(), 0.0)

"""Trying a request again where the other side is busy or gone, as a policy says."""

import email.utils
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import tenacity

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
    result: Result = await tenacity.AsyncRetrying(**_options(policy))(attempt)
    return result


def retry_blocking(policy: RetryPolicy, attempt: Callable[[], Result]) -> Result:
    """Do as :func:`retry`, in the caller's thread."""
    result: Result = tenacity.Retrying(**_options(policy))(attempt)
    return result


def _options(policy: RetryPolicy) -> dict[str, Any]:
    own_waits = policy.waits.iter_own()

    def wait_seconds(state: tenacity.RetryCallState) -> float:
        error = state.outcome and state.outcome.exception()
        asked = error.asked_wait_seconds if isinstance(error, Busy) else None
        return policy.waits.limit(asked) + next(own_waits)

    return {
        "retry": tenacity.retry_if_exception_type(Busy),
        "stop": tenacity.stop_after_attempt(policy.retry_count + 1),
        "wait": wait_seconds,
        "reraise": True,
    }


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

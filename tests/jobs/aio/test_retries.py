"""When it is tried again."""

import asyncio
import time
from itertools import islice, pairwise

import pytest
from buildhub.aio.retries import Busy, retry
from buildhub.aio.retry_policy import RetryPolicy, RetryWaits
from buildhub.errors import Unavailable

QUICK = RetryWaits(first_seconds=0.02, last_seconds=0.05, jitter_seconds=0.01)


def waits(asked_seconds: float | None, count: int) -> list[float]:
    """Return how long each of *count* retries waited."""
    tried: list[float] = []

    async def attempt() -> None:
        tried.append(time.monotonic())
        raise Busy("the other side is busy", asked_seconds)

    with pytest.raises(Busy):
        asyncio.run(retry(RetryPolicy(count, QUICK), attempt))
    return [later - earlier for earlier, later in pairwise(tried)]


@pytest.mark.parametrize("asked_seconds", [None, 0.1])
def test_waits_double_up_to_the_last_on_top_of_what_is_asked(asked_seconds):
    least = [(asked_seconds or 0) + own for own in (0.02, 0.04, *[0.05] * 6)]
    waited = waits(asked_seconds, len(least))
    assert len(waited) == len(least)
    assert all(took >= seconds for took, seconds in zip(waited, least, strict=True))
    # The eighth would be two seconds and a half, if waits went on doubling.
    assert sum(waited) < sum(least) + 2


def test_by_default_five_retries_bridge_a_restart():
    own = list(islice(RetryWaits(jitter_seconds=0.0).iter_own(), 8))
    assert own == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


@pytest.mark.parametrize(("asked", "granted"), [(None, 0.0), (3.0, 3.0), (86_400.0, 300.0)])
def test_what_the_other_side_asks_for_has_a_limit(asked, granted):
    assert RetryWaits().limit(asked) == granted


def test_what_waiting_cannot_help_is_tried_once():
    tried = []

    async def attempt() -> None:
        tried.append(1)
        raise Unavailable("gone for good")

    with pytest.raises(Unavailable):
        asyncio.run(retry(RetryPolicy(3, QUICK), attempt))
    assert len(tried) == 1

"""When it is tried again."""

import asyncio
import time
from itertools import pairwise

import pytest
from buildhub.aio import retries
from buildhub.aio.retries import Busy, retrying
from buildhub.errors import Unavailable


def waits(monkeypatch: pytest.MonkeyPatch, asked_seconds: float | None, count: int) -> list[float]:
    """Return how long each of *count* retries waited."""
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(retries, "LAST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(retries, "JITTER_SECONDS", 0.01)
    tried: list[float] = []

    async def work() -> None:
        async for attempt in retrying(count):
            with attempt:
                tried.append(time.monotonic())
                raise Busy("the other side is busy", asked_seconds)

    with pytest.raises(Busy):
        asyncio.run(work())
    return [later - earlier for earlier, later in pairwise(tried)]


@pytest.mark.parametrize("asked_seconds", [None, 0.1])
def test_waits_double_up_to_the_last_on_top_of_what_is_asked(monkeypatch, asked_seconds):
    least = [(asked_seconds or 0) + own for own in (0.02, 0.04, *[0.05] * 6)]
    waited = waits(monkeypatch, asked_seconds, len(least))
    assert len(waited) == len(least)
    assert all(took >= seconds for took, seconds in zip(waited, least, strict=True))
    # The eighth would be two seconds and a half, if waits went on doubling.
    assert sum(waited) < sum(least) + 2


def test_what_waiting_cannot_help_is_tried_once():
    tried = []

    async def work() -> None:
        async for attempt in retrying(3):
            with attempt:
                tried.append(1)
                raise Unavailable("gone for good")

    with pytest.raises(Unavailable):
        asyncio.run(work())
    assert len(tried) == 1

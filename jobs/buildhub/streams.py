"""Streams with a bound on what is under way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from typing import Any, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


async def map_ordered(
    make: Callable[[Given], Coroutine[Any, Any, Made]],
    stream: AsyncIterator[Given],
    *,
    limit: int,
) -> AsyncGenerator[Made, None]:
    """Yield *make* of each element, in order, working on up to *limit* of them at a time."""
    under_way: deque[asyncio.Task[Made]] = deque()
    try:
        async for element in stream:
            under_way.append(asyncio.create_task(make(element)))
            if len(under_way) >= limit:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def drain(
    work: Callable[[Given], Coroutine[Any, Any, None]],
    stream: AsyncIterator[Given],
    *,
    limit: int,
) -> None:
    """Do *work* on each element, up to *limit* at a time; the first error ends it."""
    async with aclosing(map_ordered(work, stream, limit=limit)) as results:
        async for _ in results:
            pass


def in_pieces(elements: Iterable[Given], size: int) -> Iterator[list[Given]]:
    """Cut *elements* into lists of *size*; the last one may be shorter."""
    piece: list[Given] = []
    for element in elements:
        piece.append(element)
        if len(piece) >= size:
            yield piece
            piece = []
    if piece:
        yield piece

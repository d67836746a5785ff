"""Streams with a bound on what is under way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


async def map_ordered(
    make: Callable[[Given], Coroutine[Any, Any, Made]],
    stream: AsyncIterator[Given],
    *,
    limit: int,
) -> AsyncGenerator[Made, None]:
    """Yield *make* of each element, in order, working on up to *limit* of them at a time.

    In the end, whatever it is, the stream is closed.
    """
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
        await close(stream)


async def as_stream(elements: Iterable[Given]) -> AsyncGenerator[Given, None]:
    """Yield *elements*."""
    for element in elements:
        yield element


async def close(stream: AsyncIterator[Any]) -> None:
    """Close a stream that can be closed.

    What is left to the garbage collector is closed while the event loop closes it, too.
    """
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()


async def grow(
    visit: Callable[[Given], Coroutine[Any, Any, tuple[Made, list[Given]]]],
    roots: list[Given],
    *,
    limit: int,
) -> AsyncGenerator[Made, None]:
    """Yield what *visit* makes of each element of a tree, working on up to *limit* at a time.

    Each visit also returns the children of its element. They are visited before what waits
    longer, so that no more wait than those beside the way to one place, however large the tree.
    """
    waiting = roots[::-1]
    under_way: set[asyncio.Task[tuple[Made, list[Given]]]] = set()
    done: set[asyncio.Task[tuple[Made, list[Given]]]] = set()
    try:
        while waiting or under_way:
            while waiting and len(under_way) < limit:
                under_way.add(asyncio.create_task(visit(waiting.pop())))
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                made, children = task.result()
                waiting += children[::-1]
                yield made
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, *done, return_exceptions=True)


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

"""Asynchronous streams with a limit on the work in flight."""

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
    """Yield *make* of each element, in order, with up to *limit* calls in flight.

    The stream is closed in the end, also after an error.
    """
    in_flight: deque[asyncio.Task[Made]] = deque()
    try:
        async for element in stream:
            in_flight.append(asyncio.create_task(make(element)))
            if len(in_flight) >= limit:
                yield await in_flight.popleft()
        while in_flight:
            yield await in_flight.popleft()
    finally:
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, return_exceptions=True)
        await close(stream)


async def as_stream(elements: Iterable[Given]) -> AsyncGenerator[Given, None]:
    """Yield *elements*."""
    for element in elements:
        yield element


async def close(stream: AsyncIterator[Any]) -> None:
    """Close a stream that can be closed.

    Otherwise the garbage collector would, perhaps while the event loop is being closed.
    """
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()


async def iter_tree(
    visit: Callable[[Given], Coroutine[Any, Any, tuple[Made, list[Given]]]],
    roots: list[Given],
    *,
    limit: int,
) -> AsyncGenerator[Made, None]:
    """Yield what *visit* makes of each element of a tree, with up to *limit* visits in flight.

    Each visit also returns the children of its element. They are visited before those that have
    waited longer, depth first, so that few wait at a time, however large the tree.
    """
    waiting = roots[::-1]
    in_flight: set[asyncio.Task[tuple[Made, list[Given]]]] = set()
    done: set[asyncio.Task[tuple[Made, list[Given]]]] = set()
    try:
        while waiting or in_flight:
            while waiting and len(in_flight) < limit:
                in_flight.add(asyncio.create_task(visit(waiting.pop())))
            done, in_flight = await asyncio.wait(in_flight, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                made, children = task.result()
                waiting += children[::-1]
                yield made
    finally:
        for task in in_flight:
            task.cancel()
        await asyncio.gather(*in_flight, *done, return_exceptions=True)


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

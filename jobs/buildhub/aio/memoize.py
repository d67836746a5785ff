"""Asking once: what several callers want at the same time, or again, is asked a single time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Memoizer(Generic[Value]):
    """Answers by key, the *size* last used ones. Failures are remembered as answers are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: OrderedDict[Hashable, asyncio.Task[Value]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return the answer for *key*; the first to want it calls *ask*."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(ask())
            if len(self._tasks) > self._size:
                self._tasks.popitem(last=False)
        else:
            self._tasks.move_to_end(key)
        # One caller's end must not take the answer from the others.
        return task.result() if task.done() else await asyncio.shield(task)

"""Memoization of asynchronous calls, with single flight: concurrent callers share one call."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Memoizer(Generic[Value]):
    """Results by key, the *size* last used ones. Failures are kept as results are."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: OrderedDict[Hashable, asyncio.Task[Value]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return the result for *key*; the first to want it calls *ask*."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(ask())
            if len(self._tasks) > self._size:
                self._tasks.popitem(last=False)
        else:
            self._tasks.move_to_end(key)
        # A caller that is cancelled must not cancel the call for the others.
        return task.result() if task.done() else await asyncio.shield(task)

    def find(self, key: Hashable) -> Value | None:
        """Return the result for *key* where there is one already."""
        task = self._tasks.get(key)
        has_result = task is not None and task.done() and not task.cancelled()
        return task.result() if task and has_result and task.exception() is None else None

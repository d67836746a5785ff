"""Answers that are still right: kept until the index changes, or memory runs out."""

import threading
from collections import OrderedDict
from collections.abc import Hashable


class AnswerCache:
    """The most recently used answers, up to a number of bytes.

    A key carries the state of the index, so nothing has to be thrown away when that changes: old
    answers are never asked for again, and give way to new ones.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._used = limit_bytes, 0
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> bytes | None:
        """Return the answer, if it is kept."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
            return found

    def put(self, key: Hashable, answer: bytes) -> None:
        """Keep an answer, unless it is large beside what there is room for."""
        size = len(answer) + 500  # The key, roughly.
        if size > self._limit // 8:
            return
        with self._lock:
            if key in self._answers:
                return
            self._answers[key] = answer
            self._used += size
            while self._used > self._limit:
                _, oldest = self._answers.popitem(last=False)
                self._used -= len(oldest) + 500

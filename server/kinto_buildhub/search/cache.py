"""A cache of answers, limited in bytes. Answers are valid until the index changes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

# Roughly the memory of a key.
_KEY_BYTES = 500


class AnswerCache:
    """The most recently used answers, or parts of them, up to a number of bytes.

    A key contains the state of the index, so nothing has to be invalidated when the index changes:
    nobody asks for old answers any more, and new ones replace them.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit, self._used = limit_bytes, 0
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """Return the answer; None if it is not in the cache."""
        with self._lock:
            found = self._answers.get(key)
            if found is None:
                return None
            self._answers.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, answer: Any, size: int) -> None:
        """Keep an answer of *size* bytes, unless it takes more than an eighth of the cache."""
        size += _KEY_BYTES
        if size > self._limit // 8:
            return
        with self._lock:
            if key in self._answers:
                self._used -= self._answers[key][1]
            self._answers[key] = answer, size
            self._used += size
            while self._used > self._limit:
                _, (_, oldest) = self._answers.popitem(last=False)
                self._used -= oldest

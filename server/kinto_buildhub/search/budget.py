"""What one HTTP request may cost in all: time, and bytes of its answer.

A batch and an ``_msearch`` spend the budget of one request. The budget is looked at while requests
are parsed and compiled, between the calls of the engine, and while hits and buckets are written.
It is a context variable, as functions of all rooms look at it, some of them far from any request.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kinto_buildhub.client_presence import CHECK_SECONDS, is_client_gone
from kinto_buildhub.search.errors import BadQuery, TimedOut, Unavailable
from kinto_buildhub.search.settings import Limits


class Budget:
    """The budget of one request, which starts now.

    Args:
        limits: what a request may cost.
        clock: of seconds.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        now = clock()
        self.deadline = now + limits.timeout_seconds
        self._check_at = min(self.deadline, now + CHECK_SECONDS)
        self._answer_bytes = 0

    def check_time(self) -> None:
        """Check the time, and now and then whether anybody waits for the answer.

        Raises:
            TimedOut: it is over.
            Unavailable: the client has gone.
        """
        now = self._clock()
        if now <= self._check_at:
            return
        if now > self.deadline:
            raise TimedOut(
                f"the request takes longer than {self._limits.timeout_seconds:g} s, all of its "
                "searches together (kinto.search.timeout_seconds); narrow it"
            )
        if is_client_gone():
            raise Unavailable("the client has not waited for the answer")
        self._check_at = min(self.deadline, now + CHECK_SECONDS)

    def add_answer_bytes(self, count: int) -> None:
        """Count bytes of the answer, about to be written, and check the time.

        Raises:
            BadQuery: the answer is too long.
            TimedOut: the time is over.
        """
        self._answer_bytes += count
        if self._answer_bytes > self._limits.answer_bytes:
            raise BadQuery(
                f"the answer is longer than {self._limits.answer_bytes} bytes, all searches of the "
                "request together (kinto.search.max_answer_bytes); ask for less",
                kind="too_long_answer_exception",
            )
        self.check_time()


_current: ContextVar[Budget | None] = ContextVar("search_budget", default=None)


@contextmanager
def spending(budget: Budget) -> Iterator[Budget]:
    """Spend *budget* in the context, or the one that is being spent already."""
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)


def check_time() -> None:
    """Check the time of the request that is being answered, if there is one; see `Budget`."""
    budget = _current.get()
    if budget is not None:
        budget.check_time()


def add_answer_bytes(count: int) -> None:
    """Count bytes of the answer to the request that is being answered; see `Budget`."""
    budget = _current.get()
    if budget is not None:
        budget.add_answer_bytes(count)


def deadline() -> float:
    """Return when the time of the request that is being answered is over."""
    budget = _current.get()
    return float("inf") if budget is None else budget.deadline

"""A server whose answers a test holds back, to see the page while it waits."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_TIMEOUT_SECONDS = 30


class HeldAnswers:
    """A WSGI application in front of another, which answers some requests only when let go."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._holds: list[tuple[str, threading.Event, threading.Event]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        address = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        for text, arrived, may_go in list(self._holds):
            if address.endswith(text):
                arrived.set()
                assert may_go.wait(_TIMEOUT_SECONDS), f"{address} was never let go"
        return self._application(environ, start_response)

    @contextmanager
    def holding(self, text: str) -> Iterator[threading.Event]:
        """Hold requests whose address ends in *text*; yield what says that one has arrived."""
        hold = (text, threading.Event(), threading.Event())
        self._holds.append(hold)
        try:
            yield hold[1]
        finally:
            self._holds.remove(hold)
            hold[2].set()

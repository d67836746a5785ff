"""A server whose accounts and catalogue come back after each change of them."""

from collections.abc import Callable, Iterable
from typing import Any

import webtest

from tests.server.api_docs.sending import listening_for_a_moment
from tests.server.api_docs.world import restore

_READS = ("GET", "HEAD", "OPTIONS")
# What is changed below them is no condition of other requests.
_OTHERS = ("search", "_count", "_mget", "_pit", "_repair", "/credentials")


class RestoringApplication:
    """The WSGI application of a world, which is restored after requests that change it."""

    def __init__(self, world: webtest.TestApp) -> None:
        self._world = world

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer a request, and restore what it has changed."""
        statuses: list[str] = []

        def start(status: str, headers: Any, *details: Any) -> Any:
            statuses.append(status)
            return start_response(status, headers, *details)

        is_read = environ["REQUEST_METHOD"] in _READS
        changes = not is_read and not any(each in environ["PATH_INFO"] for each in _OTHERS)
        with listening_for_a_moment():
            body = b"".join(self._world.app(environ, start))
        if changes and statuses[-1].startswith("2"):
            restore(self._world)
        return [body]

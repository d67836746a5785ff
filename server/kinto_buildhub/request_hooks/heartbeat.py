"""The heartbeat: one check at a time, and its result is kept for a second.

A check asks every backend in a thread for each. Anybody may ask for it, and a hundred at once kept
all other requests waiting for forty seconds.
"""

import copy
import threading
import time
from collections.abc import Callable
from typing import Any

from kinto.core.views.heartbeat import get_heartbeat, heartbeat

KEEP_SECONDS = 1.0


class KeptHeartbeat:
    """Checks once for all that ask at the same time.

    Args:
        check: Kinto's view, which sets the status of the request's response.
        keep_seconds: how long a result is good.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        check: Callable[[Any], dict[str, Any]] = get_heartbeat,
        *,
        keep_seconds: float = KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._checked_at: float | None = None
        self._result: dict[str, Any] = {}
        self._status_code = 200

    def answer(self, request: Any) -> dict[str, Any]:
        """Return what each backend says of itself; the response's status is 503 if one fails."""
        with self._lock:
            age = None if self._checked_at is None else self._clock() - self._checked_at
            if age is None or age >= self._keep_seconds:
                self._result = self._check(request)
                self._status_code = request.response.status_code
                self._checked_at = self._clock()
            request.response.status_code = self._status_code
            return copy.deepcopy(self._result)


def includeme(config: Any) -> None:
    """Have Kinto's endpoint answer with what is kept."""
    config.registry.buildhub_heartbeat = KeptHeartbeat()
    # Pyramid lets nobody replace a view that Kinto itself adds, so the service is changed before
    # Kinto adds it.
    heartbeat.definitions[:] = [
        (method, _get_heartbeat if view is get_heartbeat else view, options)
        for method, view, options in heartbeat.definitions
    ]


def _get_heartbeat(request: Any) -> dict[str, Any]:
    kept: KeptHeartbeat | None = getattr(request.registry, "buildhub_heartbeat", None)
    # Without it, this is another application in the same process: a stock Kinto, in tests.
    return get_heartbeat(request) if kept is None else kept.answer(request)

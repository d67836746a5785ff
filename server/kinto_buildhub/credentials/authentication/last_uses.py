"""When a credential was used last, to the minute, written while nobody waits for it."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kinto.core.storage.exceptions import BackendError

from kinto_buildhub.credentials.authentication.lookups import Lookups

NOTED_EVERY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class LastUses:
    """Writes the time of a use, and what else is due, in a thread of its own.

    Args:
        lookups: writes it.
        clock: of seconds.
    """

    def __init__(self, lookups: Lookups, clock: Callable[[], float] = time.monotonic) -> None:
        self._lookups = lookups
        self._clock = clock
        self._lock = threading.Lock()
        self._noted_at: dict[str, float] = {}
        # Its thread is started by the first use: the process may be forked until then.
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="credentials")

    def note(self, client_id: str) -> None:
        """Note that a credential is used now, if this process has not in the last minute."""
        now = self._clock()
        with self._lock:
            if now - self._noted_at.get(client_id, -NOTED_EVERY_SECONDS) < NOTED_EVERY_SECONDS:
                return
            self._noted_at[client_id] = now
        self._executor.submit(self._write, client_id)

    def wait(self) -> None:
        """Wait until all that was noted is written."""
        self._executor.submit(bool).result()

    def _write(self, client_id: str) -> None:
        try:
            self._lookups.note_use(client_id)
            self._lookups.forget_nonces()
        except BackendError as exc:  # The next use is noted again.
            logger.warning("credential_use_not_noted", extra={"reason": str(exc.original)})

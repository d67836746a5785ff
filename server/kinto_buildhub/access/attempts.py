"""How many passwords are checked: each check takes a processor a third of a second, by design."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kinto_buildhub.access.client_addresses import customer

# One is checked and one waits; the other threads of the process answer requests.
MAX_PENDING_CHECKS = 2

RETRY_AFTER_CHECK_SECONDS = 1
RETRY_AFTER_FAILURES_SECONDS = 60


# A day, for jobs that come once in it; and more than one address has.
VERIFIED_SECONDS = 24 * 3600.0
MAX_VERIFIED = 4096


class TooManyAttempts(Exception):
    """The password is not checked now.

    Attributes:
        retry_after_seconds: when to try again.
    """

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class FailureLimit:
    """Limits the wrong passwords, tokens and signatures from an address, in a process.

    Of IPv6, a network of 64 bits counts as one address: each customer has one at least. It does not
    count by account: then anybody could keep its owner out.

    Args:
        max_failures: from an address in a minute; 0 means any number.
    """

    def __init__(self, max_failures: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(max_failures) if max_failures else None

    def require_room(self, address: str) -> None:
        """Check that the address may try again.

        Raises:
            TooManyAttempts: it has had its share.
        """
        if self._rate is not None and not self._limiter.test(self._rate, customer(address)):
            raise TooManyAttempts(
                "Too many wrong passwords or credentials from this address.",
                RETRY_AFTER_FAILURES_SECONDS,
            )

    def count(self, address: str) -> None:
        """Count a failure."""
        if self._rate is not None:
            self._limiter.hit(self._rate, customer(address))


class Verified:
    """Who was right lately, in a process: failures of others at the same address do not stop them.

    It only says whether to look; whether they are right still, is looked up each time.

    Args:
        clock: of seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[Hashable, float] = {}

    def __contains__(self, who: Hashable) -> bool:
        """Return whether *who* was right."""
        return self._until.get(who, 0.0) > self._clock()

    def add(self, who: Hashable) -> None:
        """Note that *who* is right. The one that was for the longest time is forgotten."""
        with self._lock:
            self._until.pop(who, None)
            self._until[who] = self._clock() + VERIFIED_SECONDS
            if len(self._until) > MAX_VERIFIED:
                del self._until[next(iter(self._until))]


class PasswordAttempts:
    """Limits the wrong passwords from an address, and the checks at one time, in a process.

    Args:
        failures: the limit of wrong ones.
    """

    def __init__(self, failures: FailureLimit) -> None:
        self.failures = failures
        self._lock = threading.Lock()
        self._running: dict[str, Future[bool]] = {}
        self._pending = threading.BoundedSemaphore(MAX_PENDING_CHECKS)
        self._checking = threading.Lock()

    def check(self, address: str, credentials: str, verify: Callable[[], bool]) -> bool:
        """Return what *verify* returns. Requests with the same credentials share one check.

        Args:
            address: where the request comes from.
            credentials: a digest of account and password.
            verify: the check.

        Raises:
            TooManyAttempts: the address has had its share, or other checks are pending.
        """
        self.failures.require_room(address)
        with self._lock:
            running = self._running.get(credentials)
            if running is None:
                if not self._pending.acquire(blocking=False):
                    raise TooManyAttempts(
                        "The server is checking other passwords.", RETRY_AFTER_CHECK_SECONDS
                    )
                self._running[credentials] = Future()
        is_right = self._verify(credentials, verify) if running is None else running.result()
        if not is_right:
            self.failures.count(address)
        return is_right

    def _verify(self, credentials: str, verify: Callable[[], bool]) -> bool:
        future = self._running[credentials]
        try:
            with self._checking:
                future.set_result(verify())
        except Exception as exc:
            future.set_exception(exc)
            raise
        finally:
            with self._lock:
                del self._running[credentials]
            self._pending.release()
        return future.result()

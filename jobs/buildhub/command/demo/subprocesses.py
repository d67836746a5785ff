"""Child processes, which end with this one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from buildhub.errors import BuildhubError

POLL_SECONDS = 0.1
END_TIMEOUT_SECONDS = 30.0

# From Ctrl-C, from service managers, and from a terminal that is closed.
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildFailed(BuildhubError):
    """A child ended by itself; it has printed why."""

    def __init__(self, name: str, exit_code: int) -> None:
        super().__init__(f"{name} ended with exit code {exit_code}.")
        self.exit_code = exit_code


class Children:
    """Starts our modules as processes; leaving the context ends them, the last one first.

    Each has a session of its own, so that Ctrl-C reaches only the parent, which then ends them in
    order: the server must outlive the job that writes to it.
    """

    def __init__(self) -> None:
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _ignoring_signals():
            for _, process in reversed(self._running):
                _end(process)

    def start(self, name: str, *arguments: str, environment: Mapping[str, str]) -> None:
        """Start ``python -m ARGUMENTS…`` and leave it running."""
        self._start(name, arguments, environment)

    def run(self, name: str, *arguments: str, environment: Mapping[str, str]) -> int:
        """Start ``python -m ARGUMENTS…``, wait for its end and return its exit code.

        Raises:
            ChildFailed: a child that should keep running has ended meanwhile.
        """
        process = self._start(name, arguments, environment)
        while process.poll() is None:
            self._check(apart_from=process)
            time.sleep(POLL_SECONDS)
        self._running.remove((name, process))
        return process.returncode

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_seconds: float) -> bool:
        """Wait for *is_ready*; return False if time runs out.

        Raises:
            ChildFailed: a child has ended meanwhile.
        """
        give_up = time.monotonic() + timeout_seconds
        while time.monotonic() < give_up:
            self._check()
            if is_ready():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def wait(self) -> None:
        """Wait until a child ends.

        Raises:
            ChildFailed: always, when one does.
        """
        while True:
            self._check()
            time.sleep(5 * POLL_SECONDS)

    def _start(
        self, name: str, arguments: tuple[str, ...], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(  # noqa: S603 - our own modules, and no shell.
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment},
            start_new_session=True,
        )
        self._running.append((name, process))
        return process

    def _check(self, apart_from: subprocess.Popen[bytes] | None = None) -> None:
        for name, process in self._running:
            if process is not apart_from and process.poll() is not None:
                raise ChildFailed(name, process.returncode)


@contextmanager
def _ignoring_signals() -> Iterator[None]:
    """Ignore further signals, so that a second Ctrl-C leaves no children behind."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(END_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

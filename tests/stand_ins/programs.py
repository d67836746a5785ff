"""Programs of ours in processes of their own, and the ports that they listen on."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A program of ours, running as its users run it; its output is kept for messages."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._output, name = tempfile.mkstemp(prefix="buildhub-output-")
        os.unlink(name)  # It lives on for those who have it open.
        weakref.finalize(self, os.close, self._output)
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            env={**os.environ, **environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        length = os.fstat(self._output).st_size
        return os.pread(self._output, length, 0).decode(errors="replace")

    def wait_for(self, text: str, timeout_seconds: float = 90) -> None:
        """Wait until it has printed *text*; fail with what it printed if it does not."""
        give_up = time.monotonic() + timeout_seconds
        while text not in self.output:
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < give_up, f"{text!r} did not come:\n{self.output}"
            time.sleep(0.1)

    def interrupt(self, timeout_seconds: float = 60) -> int:
        """Press Ctrl-C; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

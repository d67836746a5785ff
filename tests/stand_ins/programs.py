"""Our programs in their own processes, and free ports for them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref


def free_port() -> int:
    """Return a free TCP port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """One of our programs, run as users run it; its output is kept for messages."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._output, name = tempfile.mkstemp(prefix="buildhub-output-")
        os.unlink(name)  # It remains readable as long as it is open.
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
        """The output so far."""
        length = os.fstat(self._output).st_size
        return os.pread(self._output, length, 0).decode(errors="replace")

    def wait_for(self, text: str, timeout_seconds: float = 90) -> None:
        """Wait until the output contains *text*; fail with the output if it does not."""
        give_up = time.monotonic() + timeout_seconds
        while text not in self.output:
            assert self.process.poll() is None, f"it ended:\n{self.output}"
            assert time.monotonic() < give_up, f"no {text!r} in the output:\n{self.output}"
            time.sleep(0.1)

    def interrupt(self, timeout_seconds: float = 60) -> int:
        """Send SIGINT, as Ctrl-C does; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise

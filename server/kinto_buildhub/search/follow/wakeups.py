"""How processes on one machine tell the one that writes the index that there is work.

A datagram on loopback: nobody waits for it, and one that is lost costs a poll's time. The writer
puts its port in a file that the others read.
"""

import contextlib
import json
import socket
from pathlib import Path
from typing import Any

_MAX_BYTES = 8192


class Doorbell:
    """Rings, and hears it.

    Args:
        path: where the writer leaves its port; None: rings stay in this process.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind(("127.0.0.1", 0))
        self._port = int(self._ear.getsockname()[1])
        self._mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def answer_here(self) -> None:
        """Let all rings come to this process from now on."""
        if self._path is not None:
            beside = self._path.with_name(f".{self._path.name}.{self._port}")
            beside.write_text(str(self._port))
            beside.replace(self._path)

    def ring(self, message: dict[str, Any]) -> None:
        """Tell the writer. Whether it hears cannot be known."""
        port = self._port
        if self._path is not None:
            with contextlib.suppress(OSError, ValueError):
                port = int(self._path.read_text())
        with contextlib.suppress(OSError):
            self._mouth.sendto(json.dumps(message).encode(), ("127.0.0.1", port))

    def wait(self, seconds: float) -> list[dict[str, Any]]:
        """Return the messages that came; wait for one at most so long."""
        found: list[dict[str, Any]] = []
        self._ear.settimeout(max(seconds, 0.001))
        while len(found) < 10_000:
            try:
                message = json.loads(self._ear.recv(_MAX_BYTES))
            except (TimeoutError, BlockingIOError):
                break
            except (OSError, ValueError):
                continue
            if isinstance(message, dict):
                found.append(message)
            self._ear.settimeout(0)
        return found

    def close(self) -> None:
        """Let go of the sockets."""
        self._ear.close()
        self._mouth.close()

"""Wakeups: server processes on one machine notify the one that writes the indexes.

A wakeup is a datagram on loopback. Nobody waits for it, and one that is lost costs no more than the
time until the next poll. The writing process leaves its port in a file, where the others read it.
"""

import contextlib
import json
import socket
from pathlib import Path
from typing import Any

MAX_MESSAGE_BYTES = 8192
_MAX_MESSAGES = 10_000


class Wakeups:
    """Sends and receives wakeups.

    Args:
        path: the file with the writing process's port; None keeps wakeups in this process.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receiver.bind(("127.0.0.1", 0))
        self._port = int(self._receiver.getsockname()[1])
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def receive_all(self) -> None:
        """Have all processes send their wakeups to this one from now on."""
        if self._path is not None:
            temporary = self._path.with_name(f".{self._path.name}.{self._port}")
            temporary.write_text(str(self._port))
            temporary.replace(self._path)

    def send(self, message: dict[str, Any]) -> None:
        """Wake up the writing process. Whether the message arrives cannot be known."""
        port = self._port
        if self._path is not None:
            with contextlib.suppress(OSError, ValueError):
                port = int(self._path.read_text())
        with contextlib.suppress(OSError):
            self._sender.sendto(json.dumps(message).encode(), ("127.0.0.1", port))

    def receive(self, seconds: float) -> list[dict[str, Any]]:
        """Return the messages that have arrived; wait up to *seconds* for the first."""
        found: list[dict[str, Any]] = []
        with contextlib.suppress(OSError):  # Nothing more has arrived, or the socket is closed.
            self._receiver.settimeout(max(seconds, 0.001))
            while len(found) < _MAX_MESSAGES:
                message = _parse(self._receiver.recv(MAX_MESSAGE_BYTES))
                if message is not None:
                    found.append(message)
                self._receiver.settimeout(0)
        return found

    def close(self) -> None:
        """Close the sockets."""
        self._receiver.close()
        self._sender.close()


def _parse(content: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(content)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None

"""Wakeups: server processes on one machine notify the one that writes the indexes.

A wakeup is a datagram on loopback. Nobody waits for it, and one that is lost costs no more than the
time until the next poll. The writing process leaves its port in a file, where the others read it,
and with it a secret that each wakeup begins with: every user of the machine can send datagrams.
"""

import contextlib
import hmac
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any

MAX_MESSAGE_BYTES = 8192
_MAX_MESSAGES = 10_000
_SECRET_BYTES = 32


class Wakeups:
    """Sends and receives wakeups.

    Args:
        path: the file with the writing process's port and secret; None keeps wakeups in this
            process.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._receiver.bind(("127.0.0.1", 0))
        self._port = int(self._receiver.getsockname()[1])
        self._secret = secrets.token_hex(_SECRET_BYTES // 2)
        self._sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def receive_all(self) -> None:
        """Have all processes send their wakeups to this one from now on."""
        if self._path is not None:
            temporary = self._path.with_name(f".{self._path.name}.{self._port}")
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{self._port} {self._secret}")
            temporary.replace(self._path)

    def send(self, message: dict[str, Any]) -> None:
        """Wake up the writing process. Whether the message arrives cannot be known."""
        port, secret = self._port, self._secret
        if self._path is not None:
            with contextlib.suppress(OSError, ValueError):
                written_port, written_secret = self._path.read_text().split(" ")
                port, secret = int(written_port), written_secret
        with contextlib.suppress(OSError):
            self._sender.sendto(f"{secret}{json.dumps(message)}".encode(), ("127.0.0.1", port))

    def receive(self, seconds: float) -> list[dict[str, Any]]:
        """Return the messages that have arrived; wait up to *seconds* for the first."""
        found: list[dict[str, Any]] = []
        with contextlib.suppress(OSError):  # Nothing more has arrived, or the socket is closed.
            self._receiver.settimeout(max(seconds, 0.001))
            while len(found) < _MAX_MESSAGES:
                message = self._parse(self._receiver.recv(_SECRET_BYTES + MAX_MESSAGE_BYTES))
                if message is not None:
                    found.append(message)
                self._receiver.settimeout(0)
        return found

    def close(self) -> None:
        """Close the sockets."""
        self._receiver.close()
        self._sender.close()

    def _parse(self, content: bytes) -> dict[str, Any] | None:
        if not hmac.compare_digest(content[:_SECRET_BYTES], self._secret.encode()):
            return None
        try:
            message = json.loads(content[_SECRET_BYTES:])
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

"""An HTTP client that takes hardly any time itself, so that measurements are the server's."""

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 120


class HttpClient:
    """One persistent connection, one request at a time.

    Args:
        url: base URL; request paths are appended to it.
        authorization: value of the Authorization header, "" for none.
    """

    def __init__(self, url: str, authorization: str = "") -> None:
        parts = urlsplit(url)
        self._root = parts.path.rstrip("/")
        self.authorize(authorization)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._socket = self._connect()

    def authorize(self, authorization: str) -> None:
        """Send this Authorization header from now on, "" for none."""
        self._more = f"Authorization: {authorization}\r\n" if authorization else ""

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(self._address, timeout=_TIMEOUT_SECONDS)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes, float]:
        """Return status, body, and the seconds from the first byte sent to the last received.

        A body that is not bytes is sent as JSON.
        """
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        kind = "application/x-ndjson" if isinstance(body, bytes) else "application/json"
        head = (
            f"{method} {self._root}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._more}"
            f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        message = head.encode() + content
        start = time.perf_counter()
        self._socket.sendall(message)
        status, answer = self._receive()
        return status, answer, time.perf_counter() - start

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """Return the parsed JSON of the response, or of its last line.

        Raises:
            SystemExit: the status is an error, so the measurement would mean nothing.
        """
        status, answer, _ = self.ask(method, path, body)
        if status not in (200, 201):
            raise SystemExit(f"{method} {self._root}{path}: {status} {answer[:500]!r}")
        return json.loads(answer.splitlines()[-1])

    def _receive(self) -> tuple[int, bytes]:
        received = self._socket.recv(65536)
        while b"\r\n\r\n" not in received:
            if not (more := self._socket.recv(65536)):
                raise ConnectionError(f"{self._address} closed the connection: {received[:200]!r}")
            received += more
        head, _, content = received.partition(b"\r\n\r\n")
        lowered = head.lower()
        if b"transfer-encoding: chunked" in lowered:
            return int(head[9:12]), self._chunks(content)
        size = int(lowered.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        parts, missing = [content], size - len(content)
        while missing > 0:
            parts.append(self._socket.recv(min(missing, 1 << 20)))
            missing -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _chunks(self, received: bytes) -> bytes:
        content = bytearray()
        while True:
            while b"\r\n" not in received:
                received += self._socket.recv(65536)
            size_text, _, received = received.partition(b"\r\n")
            size = int(size_text, 16)
            while len(received) < size + 2:
                received += self._socket.recv(1 << 20)
            content += received[:size]
            received = received[size + 2 :]
            if not size:
                return bytes(content)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

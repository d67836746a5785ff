"""A TCP proxy in front of a server, for network faults."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Proxy:
    """Forwards bytes between clients and a server, unless a fault is set.

    Attributes:
        url: of the proxy.
        is_cut: connections are closed immediately.
        loses_answers: requests are forwarded, responses are not.
        delay_seconds: delay of each piece of a response.
        says_instead: bytes to send instead of the response, before the connection is closed.
    """

    url: str
    is_cut: bool = False
    loses_answers: bool = False
    delay_seconds: float = 0
    says_instead: bytes | None = None

    def mend(self) -> None:
        """Clear all faults."""
        self.is_cut = self.loses_answers = False
        self.delay_seconds, self.says_instead = 0, None


@contextmanager
def proxy_for(url: str) -> Iterator[Proxy]:
    """Run a proxy in front of the server at *url*."""
    target = urlsplit(url)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if proxy.is_cut:
                return
            if proxy.says_instead is not None:
                self.request.recv(65536)
                self.request.sendall(proxy.says_instead)
                return
            with socket.create_connection((target.hostname, target.port)) as server:
                answers = threading.Thread(target=self.return_answers, args=(server,), daemon=True)
                answers.start()
                with contextlib.suppress(OSError):
                    while not proxy.is_cut and (data := self.request.recv(65536)):
                        if proxy.says_instead is not None:
                            self.request.sendall(proxy.says_instead)
                            break
                        server.sendall(data)
                with contextlib.suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
                answers.join()

        def return_answers(self, server: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := server.recv(65536):
                    if proxy.is_cut or proxy.loses_answers:
                        break
                    time.sleep(proxy.delay_seconds)
                    self.request.sendall(data)
            with contextlib.suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as listening:
        proxy = Proxy(f"http://127.0.0.1:{listening.server_address[1]}")
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.is_cut = True
            listening.shutdown()
            thread.join()

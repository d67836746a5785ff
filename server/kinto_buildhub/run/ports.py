"""Saying that a port is taken before anything is started that would need it."""

import socket
import time

from kinto_buildhub.errors import StartError

_POLL_SECONDS = 0.2


def check_port(
    host: str, port: int, *, variable: str = "PORT", patience_seconds: float = 0.0
) -> None:
    """See that nobody listens on a TCP port.

    Args:
        host: the address to listen on.
        port: its number.
        variable: that chooses another port, for the message.
        patience_seconds: how long whoever has it may take to leave.

    Raises:
        StartError: it cannot be used; tells why.
    """
    give_up = time.monotonic() + patience_seconds
    while (reason := _find_obstacle(host, port)) and time.monotonic() < give_up:
        time.sleep(_POLL_SECONDS)
    if reason:
        raise StartError(
            f"Port {port} on {host} cannot be used: {reason}. Choose another with {variable}."
        )


def _find_obstacle(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            return exc.strerror or str(exc)
        except OverflowError:
            return "no such port"
    return ""

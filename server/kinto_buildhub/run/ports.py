"""A check that a port is free, made before anything is started that needs it."""

import socket
import time

from kinto_buildhub.errors import StartError

_POLL_SECONDS = 0.2


def check_port(host: str, port: int, *, variable: str = "PORT", wait_seconds: float = 0.0) -> None:
    """Check that a TCP port can be listened on.

    Args:
        host: the address to listen on.
        port: its number.
        variable: the environment variable that chooses the port, for the message.
        wait_seconds: how long to wait for it to become free.

    Raises:
        StartError: it cannot be used; names the reason.
    """
    give_up = time.monotonic() + wait_seconds
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
            return "port numbers end at 65535"
    return ""

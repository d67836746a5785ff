"""Waiting for an asynchronous connection of psycopg2."""

import select
import time
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ


def wait(connection: Any, timeout_seconds: float) -> None:
    """Wait until an asynchronous connection is idle.

    Raises:
        psycopg2.Error: the statement failed, or takes too long.
    """
    deadline = time.monotonic() + timeout_seconds
    while (state := connection.poll()) != POLL_OK:
        ready = select.poll()
        ready.register(connection, select.POLLIN if state == POLL_READ else select.POLLOUT)
        if not ready.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise psycopg2.OperationalError(f"no answer within {timeout_seconds:g} s")

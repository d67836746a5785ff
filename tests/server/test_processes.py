"""The processes that answer requests."""

import gc
import json
import multiprocessing
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from kinto_buildhub import processes


def load() -> Callable[..., Iterable[bytes]]:
    """An application that tells how seldom its process collects garbage."""

    def application(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(gc.get_threshold()).encode()]

    return application


def serve(port: int) -> None:
    processes.run("127.0.0.1", port, 1, load=load)


@pytest.fixture
def url() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = multiprocessing.get_context("fork").Process(target=serve, args=(port,))
    server.start()
    yield f"http://127.0.0.1:{port}/"
    server.terminate()
    server.join()


def test_a_server_process_collects_garbage_seldom(url: str) -> None:
    give_up = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310
                found = json.load(answer)
            break
        except urllib.error.URLError:
            assert time.monotonic() < give_up
            time.sleep(0.05)
    # The process was forked from this one, whose own threshold is another.
    assert found[0] == processes.COLLECT_AFTER_OBJECTS != gc.get_threshold()[0]

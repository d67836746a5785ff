"""Watching: the time from a write to the event, for one listener and for many, beside polling.

Usage: python -m bench.watch [--writes N] [--listeners N]

The server has two processes, as in production. A record is PUT every now and then, on a connection
of its own, so that either process writes it; the time is from just before the request until the
change is read. The listeners are ours (`buildhub.watch.follow`), in this process; the last one is
measured, and the slowest of all. Polling is the same client's, with an entity tag, at the default
interval of `buildhub watch`; its median is half of that by nature, so a few writes are enough.

The price of listening is the processor time of the server while nothing happens.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from statistics import median, quantiles

import psutil
import requests
from buildhub.client.options import Options
from buildhub.settings import read_settings
from buildhub.watch.follow import Follower
from kinto_buildhub.postgres.embedded import embedded_postgresql

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.stand_ins.live_server import LiveServer, live_server

_PAUSE_SECONDS = 0.15
_IDLE_SECONDS = 10.0
_POLLED_WRITES = 12


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writes", type=int, default=200)
    parser.add_argument("--listeners", type=int, default=100)
    given = parser.parse_args()
    poll_seconds = read_settings({}).watch_poll_seconds
    with _serving(given.listeners) as server:
        catalogue = _make_catalogue(server)
        print(f"{'':28} {'p50 ms':>8} {'p99 ms':>8}")
        rows = [
            ("one listener", 1, given.writes, True),
            (f"{given.listeners} listeners", given.listeners, given.writes, True),
            (f"polling every {poll_seconds:g} s", 1, _POLLED_WRITES, False),
        ]
        medians = []
        for name, count, writes, has_stream in rows:
            measure = _measure(server, catalogue, count, writes, has_stream, poll_seconds)
            delays = asyncio.run(measure)
            medians.append(median(delays))
            p99 = quantiles(delays, n=100)[98]
            print(f"{name:28} {median(delays) * 1000:8.0f} {p99 * 1000:8.0f}")
        print(f"{'polling to one listener':28} {medians[2] / medians[0]:8.0f} times")
        for count in (0, given.listeners):
            cost = asyncio.run(_idle_cost(server, catalogue, count, poll_seconds))
            print(f"server while {count:3} listen idly: {cost:.2%} of a core")


@contextmanager
def _serving(listeners: int) -> Iterator[LiveServer]:
    most = {
        "kinto.buildhub.max_listeners": str(listeners),
        "kinto.buildhub.max_listeners_by_address": str(listeners),
    }
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder)) as url,
        live_server(kinto_settings(url, **most), workers=2) as server,
    ):
        yield server


def _make_catalogue(server: LiveServer) -> Options:
    options = Options(server.url, "bench", "releases")
    bucket = f"{server.url}/buckets/{options.bucket}"
    readable = {"permissions": {"read": ["system.Everyone"]}}
    for url, body in ((bucket, readable), (f"{bucket}/collections/{options.collection}", {})):
        requests.put(url, json=body, headers=PUBLISHER_HEADERS, timeout=30).raise_for_status()
    return options


async def _measure(
    server: LiveServer,
    options: Options,
    count: int,
    writes: int,
    has_stream: bool,
    poll_seconds: float,
) -> list[float]:
    """Return the seconds from each write until the slowest listener knew of it."""
    seen: list[dict[str, float]] = [{} for _ in range(count)]
    written: dict[str, float] = {}
    ready = asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(_listen(options, each, ready, poll_seconds, has_stream))
        for each in seen
    ]
    for _ in range(count):
        await ready.acquire()
    await asyncio.sleep(1)
    for number in range(writes):
        pause = _PAUSE_SECONDS if has_stream else poll_seconds / 3
        await asyncio.sleep(random.uniform(0.5, 1.5) * pause)  # noqa: S311
        record_id = f"{'s' if has_stream else 'p'}{count}-{number}"
        written[record_id] = time.perf_counter()
        await asyncio.to_thread(_put, server, options, record_id)
    give_up = time.monotonic() + 60
    while any(len(each) < writes for each in seen):
        assert time.monotonic() < give_up, [len(each) for each in seen]
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return [max(each[name] for each in seen) - began for name, began in written.items()]


async def _listen(
    options: Options,
    seen: dict[str, float],
    ready: asyncio.Semaphore,
    poll_seconds: float,
    has_stream: bool,
) -> None:
    follower = Follower(options, poll_seconds=poll_seconds, report=print)
    follower._has_stream = has_stream
    try:
        async with aclosing(follower.batches(None)) as batches:
            async for batch in batches:
                if not batch.documents:
                    ready.release()
                for document in batch.documents:
                    seen.setdefault(document["id"], time.perf_counter())
    finally:
        await follower.close()


def _put(server: LiveServer, options: Options, record_id: str) -> None:
    url = f"{server.url}/buckets/{options.bucket}/collections/{options.collection}/records"
    requests.put(
        f"{url}/{record_id}",
        json={"data": make_record(id=record_id)},
        headers=PUBLISHER_HEADERS,
        timeout=30,
    ).raise_for_status()


async def _idle_cost(
    server: LiveServer, options: Options, count: int, poll_seconds: float
) -> float:
    """Return how much of a core the server's processes take while nothing happens."""
    ready = asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(_listen(options, {}, ready, poll_seconds, has_stream=True))
        for _ in range(count)
    ]
    for _ in range(count):
        await ready.acquire()
    await asyncio.sleep(1)
    before = _processor_seconds(server)
    await asyncio.sleep(_IDLE_SECONDS)
    cost = (_processor_seconds(server) - before) / _IDLE_SECONDS
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cost


def _processor_seconds(server: LiveServer) -> float:
    times = [psutil.Process(each).cpu_times() for each in server.worker_ids()]
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    main()

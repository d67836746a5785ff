"""`buildhub listen`: messages per second, and the time from event to record.

Usage: python -m bench.listen [--messages N]

The queue is moto's server and the archive is the sample; everything runs on this machine. The peer
is the queue itself: receiving and deleting the same messages without processing them. Moto gets
slower with the number of messages, so a long queue would measure moto alone.
"""

import argparse
import asyncio
import dataclasses
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import requests
from buildhub.events.listen import listen
from buildhub.events.queues.sqs import open_sqs_queue
from buildhub.settings import Settings, read_settings
from buildhub_sample_archive import SampleArchive, running_sample_archive
from kinto_buildhub.postgres.embedded import embedded_postgresql
from kinto_buildhub.run.migrate import migrate
from moto.server import ThreadedMotoServer

from bench.kinto_server import settings as server_settings
from tests.stand_ins.programs import free_port
from tests.stand_ins.sqs import CREDENTIALS, TestQueue, direct, s3_record

SINGLE_EVENTS = 100


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200, help="in the queue")
    count = parser.parse_args().messages
    os.environ |= CREDENTIALS
    builds = [each for each in SampleArchive("tiny").iter_objects() if each.is_build][:count]
    events = [direct(s3_record(each.path, each.size, each.modified)) for each in builds]
    with everything() as settings:
        queue = TestQueue(settings.sqs_endpoint_url or "")
        settings = dataclasses.replace(settings, queue_url=queue.url)
        queue.send(events)
        alone = asyncio.run(_receive_and_delete(settings, len(events)))
        rates = []
        for bucket in ("first", "second"):
            queue.send(events)
            start = time.perf_counter()
            summary = asyncio.run(
                listen(dataclasses.replace(settings, bucket_id=bucket), once=True)
            )
            rates.append(len(events) / (time.perf_counter() - start))
            assert summary.exit_code == 0, summary.line()
        print(f"queue alone                    {alone:7.0f} messages/s")
        for name, rate in zip(("metadata from archive", "metadata cached"), rates, strict=True):
            print(f"listen, {name:22} {rate:7.0f} messages/s   {rate / alone:4.2f} x queue alone")
        waits = asyncio.run(_one_by_one(settings, queue, events[-SINGLE_EVENTS:]))
        cuts = quantiles(waits, n=100)
        p50, p99 = 1000 * cuts[49], 1000 * cuts[98]
        print(f"event sent to record published   p50 {p50:.0f} ms, p99 {p99:.0f} ms")


async def _receive_and_delete(settings: Settings, count: int) -> float:
    start = time.perf_counter()
    async with open_sqs_queue(
        settings.queue_url or "",
        dead_letter_url=None,
        endpoint_url=settings.sqs_endpoint_url,
        retry_count=1,
    ) as queue:
        while messages := await queue.receive_messages(
            10, wait_seconds=0, visibility_timeout_seconds=60
        ):
            await queue.delete_messages(messages)
    return count / (time.perf_counter() - start)


async def _one_by_one(
    settings: Settings, queue: TestQueue, events: list[dict[str, object]]
) -> list[float]:
    """Return the seconds from sending an event until its message is deleted."""
    stop = asyncio.Event()
    settings = dataclasses.replace(settings, bucket_id="third")
    listening = asyncio.create_task(listen(settings, stop=stop))
    waits = []
    for event in events:
        start = time.perf_counter()
        await asyncio.to_thread(queue.send, [event])
        while sum(await asyncio.to_thread(queue.counts)):  # noqa: ASYNC110 # The queue is another process.
            await asyncio.sleep(0.002)
        waits.append(time.perf_counter() - start)
    stop.set()
    await listening
    return waits[len(waits) // 10 :]


@contextmanager
def everything() -> Iterator[Settings]:
    """Run database, server, archive and queues; yield the settings of jobs."""
    port = free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgresql(Path(folder) / "postgresql") as url,
        running_sample_archive("tiny") as archive,
    ):
        migrate(server_settings("ours", url), progress=lambda _: None)
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.kinto_server", "ours", url, str(port)]
        )
        queues = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        queues.start()
        try:
            _wait(f"http://127.0.0.1:{port}/v1/__lbheartbeat__")
            host, queue_port = queues.get_host_and_port()
            yield read_settings(
                {
                    "SERVER_URL": f"http://127.0.0.1:{port}/v1",
                    "AUTH": "bench:bench",
                    "ARCHIVE_URL": archive,
                    "CACHE_FOLDER": folder,
                    "QUEUE_URL": "http://127.0.0.1/",
                    "SQS_ENDPOINT_URL": f"http://{host}:{queue_port}",
                    "METADATA_WAIT_MINUTES": "0",
                }
            )
        finally:
            queues.stop()
            process.terminate()
            process.wait()


def _wait(url: str) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            requests.get(url, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    main()

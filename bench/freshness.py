"""Freshness: the time from a new file in the archive until search finds it, by event and by walk.

Usage: python -m bench.freshness [--events N] [--folders N] [--pause SECONDS]

Queue (moto's), archive (the sample), server and embedded search run on the same machine as the job.

By event: a message is sent to `buildhub listen`, and search is polled until it finds the build. It
comes from a queue of SQS, is pulled from a subscription of Pub/Sub, or is pushed as Pub/Sub does it
(pstest and Go serve as Pub/Sub). The peer is the minimum for any job: the record itself is PUT, and
search polled for it.

By walk: folders of the archive are hidden, then shown one by one during repeated walks with a pause
in between. The limit is that of any schedule: the pause and one walk. In production the pause is
that of cron, and the archive's pages may come from a cache for up to 15 minutes; neither is
measured.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from statistics import median, quantiles
from typing import Any

import aiohttp
from aiohttp import web
from buildhub.counts.summary import Summary
from buildhub.events.listen import listen
from buildhub.events.webhook import serve_webhook
from buildhub.rules.walkable_folders import branch_of
from buildhub.settings import Settings
from buildhub.walk import walk
from buildhub_sample_archive import SampleArchive, running_sample_archive
from buildhub_sample_archive.notifications import notification
from buildhub_sample_archive.objects import File, Object

from bench.listen import everything
from tests.stand_ins.google_account import AUDIENCE, EMAIL, Certificates, GoogleAccount
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.pubsub import TestSubscription, pubsub_server, pushed
from tests.stand_ins.sqs import CREDENTIALS, TestQueue, direct, s3_record

POLL_SECONDS = 0.01
GIVE_UP_SECONDS = 60.0


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=100, help="number of events")
    parser.add_argument("--folders", type=int, default=30, help="number of folders")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two walks")
    given = parser.parse_args()
    os.environ |= CREDENTIALS
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["KINTO_SEARCH_PATH"] = folder
        account = GoogleAccount()
        with everything() as settings, running(Certificates(account).handle) as keys_url:
            settings = dataclasses.replace(
                settings, log_level="ERROR", pubsub_keys_url=f"{keys_url}/certs"
            )
            asyncio.run(_by_events(settings, account, given.events))
            _by_walk(settings, given.folders, given.pause)


class Catalogue:
    """The server, as its readers use it."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings) -> None:
        self._session = session
        self._url = (
            f"{settings.server_url}/buckets/{settings.bucket_id}"
            f"/collections/{settings.collection_id}"
        )

    async def records(self) -> list[dict[str, Any]]:
        """Return the stored records."""
        async with self._session.get(f"{self._url}/records") as answer:
            return list((await answer.json())["data"])

    async def replace(self, record: dict[str, Any]) -> None:
        """Write one record."""
        url = f"{self._url}/records/{record['id']}"
        async with self._session.put(url, json={"data": record}) as answer:
            answer.raise_for_status()

    async def found_count(self, field: str, values: list[str]) -> int:
        """Return the number of records that search finds with one of the values of a field."""
        body = {"size": 0, "query": {"terms": {field: values}}}
        async with self._session.post(f"{self._url}/search", json=body) as answer:
            if answer.status != 200:  # The index is being built.
                return 0
            return int((await answer.json())["hits"]["total"])

    async def wait_for(self, field: str, values: list[str]) -> list[float]:
        """Poll search until all values are found; return the seconds that each took."""
        start = time.perf_counter()
        waits: list[float] = []
        while len(waits) < len(values):
            passed = time.perf_counter() - start
            assert passed < GIVE_UP_SECONDS, f"{len(waits)} of {len(values)} were found"
            count = await self.found_count(field, values)
            waits += [time.perf_counter() - start] * (count - len(waits))
            await asyncio.sleep(POLL_SECONDS)
        return waits


Send = Callable[[Object], Awaitable[object]]
"""Tells the job of a file that was written."""


async def _by_events(settings: Settings, account: GoogleAccount, count: int) -> None:
    builds = [each for each in SampleArchive("tiny").iter_objects() if each.is_build]
    sample = random.Random(1).sample([each for each in builds if not each.loses_conflict], count)  # noqa: S311
    sources: dict[str, Callable[[Settings], AbstractAsyncContextManager[Send]]] = {
        "SQS": _sqs,
        "Pub/Sub, pulled": _pulled,
        "Pub/Sub, pushed": partial(_pushed, account),
    }
    waits = {}
    async with _client() as session:
        for number, (name, listening) in enumerate(sources.items()):
            own = dataclasses.replace(settings, bucket_id=f"by-event-{number}")
            catalogue = Catalogue(session, own)
            async with listening(own) as send:
                waits[name] = [await _by_event(catalogue, own, send, each) for each in sample]
        floor = [
            await _by_put(catalogue, number, record)
            for number, record in enumerate((await catalogue.records())[:count])
        ]
    least = median(floor)
    print(f"{'record PUT':24} {_figures(floor)}   1.0 x PUT")
    for name, each in waits.items():
        # The first ones create the collection and its index.
        settled = each[len(each) // 10 :]
        print(f"{name:24} {_figures(settled)}   {median(settled) / least:.1f} x PUT")


async def _by_event(catalogue: Catalogue, settings: Settings, send: Send, each: Object) -> float:
    start = time.perf_counter()
    sending = asyncio.ensure_future(send(each))
    await catalogue.wait_for("download.url", [f"{settings.archive_url}{each.path}"])
    waited = time.perf_counter() - start
    await sending
    return waited


async def _by_put(catalogue: Catalogue, number: int, record: dict[str, Any]) -> float:
    plain = {k: v for k, v in record.items() if k not in ("last_modified", "schema")}
    revision = f"{number:040x}"
    start = time.perf_counter()
    await catalogue.replace(plain | {"source": plain["source"] | {"revision": revision}})
    await catalogue.wait_for("source.revision", [revision])
    return time.perf_counter() - start


@asynccontextmanager
async def _sqs(settings: Settings) -> AsyncIterator[Send]:
    queue = TestQueue(settings.sqs_endpoint_url or "")

    async def send(each: Object) -> None:
        event = direct(s3_record(each.path, each.size, each.modified))
        await asyncio.to_thread(queue.send, [event])

    async with _running(listen, dataclasses.replace(settings, queue_url=queue.url)):
        yield send


@asynccontextmanager
async def _pulled(settings: Settings) -> AsyncIterator[Send]:
    with pubsub_server() as host:
        subscription = TestSubscription(host)

        async def send(each: Object) -> None:
            await asyncio.to_thread(subscription.send, [_notification(each)])

        own = dataclasses.replace(
            settings, queue_url=None, subscription=subscription.name, pubsub_emulator_host=host
        )
        async with _running(listen, own):
            yield send


@asynccontextmanager
async def _pushed(account: GoogleAccount, settings: Settings) -> AsyncIterator[Send]:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def serve(settings: Settings, stop: asyncio.Event) -> Awaitable[Summary]:
        return serve_webhook(settings, "127.0.0.1", 0, stop=stop, on_ready=ready.set_result)

    own = dataclasses.replace(settings, pubsub_audience=AUDIENCE, pubsub_account=EMAIL)
    async with _running(serve, own), aiohttp.ClientSession() as session:
        url, headers = await ready, {"Authorization": f"Bearer {account.token()}"}

        async def send(each: Object) -> None:
            body = pushed(*_notification(each))
            async with session.post(url, json=body, headers=headers) as answer:
                answer.raise_for_status()

        yield send


@asynccontextmanager
async def _running(
    job: Callable[..., Awaitable[Summary]], settings: Settings
) -> AsyncIterator[None]:
    stop = asyncio.Event()
    working = asyncio.ensure_future(job(settings, stop=stop))
    try:
        yield
    finally:
        stop.set()
        summary = await working
    assert summary.failure is None, summary.failure


def _notification(each: Object) -> tuple[dict[str, str], dict[str, Any]]:
    file = SampleArchive("tiny").find(each.path)
    assert isinstance(file, File)
    return notification("productdelivery", each.path, file)


def _by_walk(settings: Settings, count: int, pause: float) -> None:
    settings = dataclasses.replace(
        settings, bucket_id="by-walk", products=frozenset({"firefox"}), queue_url=None
    )
    branches: dict[str, list[str]] = defaultdict(list)
    for each in SampleArchive("tiny").iter_objects():
        branch = branch_of(each.path.rpartition("/")[0] + "/")
        if (
            branch
            and each.is_build
            and not each.loses_conflict
            and "/firefox/releases/" in each.path
        ):
            branches[branch].append(each.path)
    chosen = {branch: branches[branch] for branch in sorted(branches)[:count]}
    with (
        # In this style pages have exact sizes; the proxy does not support HEAD.
        running_sample_archive("tiny", "s3") as archive_url,
        _hiding(archive_url, set(chosen)) as (url, show),
    ):
        settings = dataclasses.replace(settings, archive_url=f"{url}/")
        waits, lengths = asyncio.run(_show_one_by_one(settings, chosen, show, pause))
    limit = pause + median(lengths)
    p99 = quantiles(waits, n=100)[98]
    print(f"{'a folder, by walks':24} {_figures(waits)}   p99 {p99 / limit:.1f} x pause and walk")
    print(f"{'':24} {len(waits)} builds, pause {pause:.1f} s, a walk {median(lengths):.2f} s")


async def _show_one_by_one(
    settings: Settings,
    branches: dict[str, list[str]],
    show: Callable[[str], None],
    pause: float,
) -> tuple[list[float], list[float]]:
    """Return the seconds until each build was found, and the seconds of each walk."""
    waits: list[float] = []
    lengths: list[float] = []
    await _walk(settings, lengths)
    lengths.clear()
    walking = asyncio.create_task(_walk_on(settings, pause, lengths))
    async with _client() as session:
        catalogue = Catalogue(session, settings)
        chance = random.Random(2)  # noqa: S311
        for branch, paths in branches.items():
            # At a random moment of a walk, or between two.
            await asyncio.sleep(chance.uniform(0, pause))
            show(branch)
            urls = [f"{settings.archive_url}{path}" for path in paths]
            waits += await catalogue.wait_for("download.url", urls)
    walking.cancel()
    await asyncio.gather(walking, return_exceptions=True)
    return waits, lengths


async def _walk_on(settings: Settings, pause: float, lengths: list[float]) -> None:
    while True:
        await _walk(settings, lengths)
        await asyncio.sleep(pause)


async def _walk(settings: Settings, lengths: list[float]) -> None:
    start = time.perf_counter()
    summary = await walk(settings)
    assert summary.failure is None, summary.failure
    lengths.append(time.perf_counter() - start)


@contextmanager
def _hiding(archive_url: str, hidden: set[str]) -> Iterator[tuple[str, Callable[[str], None]]]:
    """Serve the archive without some folders; yield its URL and a function that shows one."""
    target = archive_url.rstrip("/")
    forward = forwarding(target, lambda request, count: None)

    async def handle(request: web.Request) -> web.StreamResponse:
        path = request.path.lstrip("/")
        if any(path.startswith(folder) for folder in hidden):
            return web.Response(status=404)
        if not path.endswith("/"):
            return await forward(request)
        return await _shown(target, path, hidden)

    with running(handle) as url:
        yield url, hidden.remove


async def _shown(target: str, path: str, hidden: set[str]) -> web.Response:
    async with (
        aiohttp.ClientSession(headers={"Accept": "application/json"}) as session,
        session.get(f"{target}/{path}") as answer,
    ):
        body = await answer.read()
    if answer.status != 200:
        return web.Response(status=answer.status)
    page = json.loads(body)
    page["prefixes"] = [name for name in page["prefixes"] if path + name not in hidden]
    return web.json_response(page)


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(auth=aiohttp.BasicAuth("bench", "bench"))


def _figures(waits: list[float]) -> str:
    cuts = quantiles(waits, n=100)
    return f"found after p50 {cuts[49]:6.3f} s   p99 {cuts[98]:6.3f} s"


if __name__ == "__main__":
    main()

"""What can happen to the embedded index, and that it equals the store afterwards."""

import fcntl
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import webtest
from buildhub_schema import collection_metadata
from kinto_buildhub.run.application import opened_registry
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import PUBLISHER_HEADERS, kinto_settings, make_record
from tests.requirements import require
from tests.server.bulk import NDJSON, ndjson
from tests.server.bulk import post as post_bulk
from tests.server.search.collections import (
    index_of,
    make_collection,
    put_records,
    search_of,
    total,
    until,
)
from tests.server.search.index_content import Comparison, compare
from tests.stand_ins.live_server import LiveServer, live_server

COLLECTION = "buckets/build-hub/collections/releases"
INDEX = IndexId("build-hub", "releases")
BATCH_SIZE = 100
KILLS = 5


def records(first: int, count: int, locale: str = "fr") -> list[dict[str, Any]]:
    return [make_record(id=f"r{n:06}", target__locale=locale) for n in range(first, first + count)]


@pytest.fixture
def settings(make_database: Callable[[], str], tmp_path: Path) -> dict[str, str]:
    """Of a server whose index is in a folder of its own."""
    return kinto_settings(
        make_database(),
        **{
            "kinto.search.path": str(tmp_path / "search"),
            "kinto.search.poll_seconds": "0.2",
            # A batch would otherwise be one change of the index.
            "kinto.bulk.batch_size": "50",
        },
    )


def make_catalogue(url: str) -> None:
    """Make the collection."""
    everyone = {"permissions": {"read": ["system.Everyone"]}}
    bucket, collection = f"{url}/buckets/build-hub", f"{url}/{COLLECTION}"
    for each, body in ((bucket, everyone), (collection, {"data": collection_metadata()})):
        requests.put(each, json=body, headers=PUBLISHER_HEADERS, timeout=30).raise_for_status()


def is_caught_up(url: str) -> bool:
    try:
        found = requests.get(f"{url}/__heartbeat__", timeout=30).json()["search"]
    except requests.RequestException:
        return False
    return bool(found and found["behind_ms"] == found["missing"] == 0)


def compared(settings: dict[str, str]) -> Comparison:
    """Compare index and store, record by record, from outside of the server."""
    with opened_registry(settings, command="tests") as registry:
        search = registry.buildhub_search
        return compare(search.engine, search.store, INDEX)


def writing_process(folder: Path) -> int | None:
    """Return the ID of the process that holds the lock of the folder's writer."""
    inode = (folder / "writer.lock").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        _, kind, _, _, process_id, place, *_ = line.split()
        if kind == "FLOCK" and place.endswith(f":{inode}"):
            return int(process_id)
    return None


class Traffic(threading.Thread):
    """Writes, deletes and searches until it is stopped.

    Attributes:
        stored: how many records there are, as far as they were acknowledged.
        statuses: of the searches that were answered.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = f"{url}/{COLLECTION}"
        self._stopped = threading.Event()
        self.stored = 0
        self.statuses: set[int] = set()

    def run(self) -> None:
        first = 0
        while not self._stopped.is_set():
            self._acknowledged("POST", "/bulk", NDJSON, ndjson(records(first, BATCH_SIZE)))
            self._acknowledged("DELETE", f"/records/r{first:06}", {}, b"")
            self.stored += BATCH_SIZE - 1
            first += BATCH_SIZE
            try:
                self.statuses.add(requests.get(f"{self._url}/search", timeout=30).status_code)
            except requests.RequestException:
                continue

    def _acknowledged(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        """Send until it is answered; twice is harmless."""
        while True:
            try:
                answer = requests.request(
                    method,
                    self._url + path,
                    headers=PUBLISHER_HEADERS | headers,
                    data=body,
                    timeout=30,
                )
                summary = answer.content.rpartition(b'{"summary"')[1]
                if answer.status_code == 404 or (answer.ok and (summary or method == "DELETE")):
                    return
            except requests.RequestException:
                time.sleep(0.05)

    def stop(self) -> None:
        self._stopped.set()
        self.join(60)


def test_another_process_continues_when_the_writing_one_dies(
    settings: dict[str, str], tmp_path: Path
) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret.
    killed = set()
    with live_server(settings, workers=2) as server:
        make_catalogue(server.url)
        traffic = Traffic(server.url)
        traffic.start()
        for _ in range(KILLS):
            until(lambda: writing_process(tmp_path / "search") not in {None, *killed}, "a writer")
            time.sleep(chance.uniform(0.02, 0.8))
            victim = writing_process(tmp_path / "search")
            assert victim in server.worker_ids()
            os.kill(victim, signal.SIGKILL)
            killed.add(victim)
        traffic.stop()
        until(lambda: is_caught_up(server.url), "following")
        found = compared(settings)
        assert (found.equal, found.count) == (True, traffic.stored)
    assert len(killed) == KILLS
    assert traffic.stored > 0
    assert traffic.statuses <= {200, 503}


def test_acknowledged_writes_are_indexed_after_the_server_died(
    settings: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "search"
    with live_server(settings) as server:
        make_catalogue(server.url)
        send(server, records(0, 100))
        until(lambda: is_caught_up(server.url), "following")
        server.kill()
    # The process with the lock keeps all others from writing the index.
    with (folder / "writer.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with live_server(settings) as server:
            send(server, records(50, 3000, "de"))
            url = f"{server.url}/{COLLECTION}/records/r000007"
            requests.delete(url, headers=PUBLISHER_HEADERS, timeout=30).raise_for_status()
            server.kill()
    found = compared(settings)
    assert (len(found.missing), found.extra, len(found.stale)) == (2950, ["r000007"], 50)
    with live_server(settings) as server:
        until(lambda: is_caught_up(server.url), "following")
        found = compared(settings)
        assert (found.equal, found.count) == (True, 3049)


def send(server: LiveServer, lines: list[dict[str, Any]]) -> None:
    answer = requests.post(
        f"{server.url}/{COLLECTION}/bulk",
        data=ndjson(lines),
        headers=PUBLISHER_HEADERS | NDJSON,
        timeout=60,
    )
    summary = json.loads(answer.content.splitlines()[-1])["summary"]
    assert summary["created"] + summary["updated"] + summary["unchanged"] == len(lines)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    require(done.returncode == 0, f"a small disk cannot be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_searches_and_writes_work_with_a_full_disk(
    make_app: Callable[..., webtest.TestApp], small_disk: Path
) -> None:
    app = make_app(**{"kinto.search.path": str(small_disk), "kinto.search.poll_seconds": "0.1"})
    search = search_of(app)
    try:
        path = make_collection(app)
        put_records(app, path, records(0, 20))
        until(lambda: total(app, path) == 20, "following")
        ballast = small_disk / "ballast"
        fill_up(ballast)
        post_bulk(app, path, records(20, 1500))
        time.sleep(1)
        assert total(app, path) == 20
        assert app.get("/v1/__heartbeat__").json["search"]["behind_ms"] > 0
        assert app.get(f"{path}/records/r000999").json["data"]["id"] == "r000999"
        ballast.unlink()
        until(lambda: total(app, path) == 1520, "following")
        assert compare(search.engine, search.store, index_of(path)).equal
    finally:
        search.follower.stop()
        search.engine.close()


def fill_up(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return


@pytest.mark.parametrize(
    ("suffix", "length"),
    [
        pytest.param("meta.json", None, id="meta-gone"),
        pytest.param("mapping.json", 7, id="mapping-cut"),
        pytest.param(".store", 7, id="store-cut"),
        pytest.param(".fast", None, id="fast-gone"),
        pytest.param(".term", 2, id="term-cut"),
    ],
)
def test_an_index_with_damaged_files_is_rebuilt(
    make_app: Callable[..., webtest.TestApp],
    make_database: Callable[[], str],
    tmp_path: Path,
    suffix: str,
    length: int | None,
) -> None:
    changes = {"kinto.search.path": str(tmp_path), "kinto.search.poll_seconds": "0.1"}
    database_url = make_database()
    app = make_app(database_url, **changes)
    path = make_collection(app)
    put_records(app, path, records(0, 20))
    until(lambda: total(app, path) == 20, "following")
    search_of(app).follower.stop()
    search_of(app).engine.close()
    damaged = [each for each in tmp_path.rglob(f"*{suffix}") if each.is_file()]
    assert damaged
    for each in damaged:
        each.unlink() if length is None else os.truncate(each, length)
    again = make_app(database_url, **changes)
    try:
        search = search_of(again)
        until(lambda: search.engine.position(index_of(path)) is not None, "a new index")
        until(lambda: total(again, path) == 20, "following")
        assert compare(search.engine, search.store, index_of(path)).equal
    finally:
        search_of(again).follower.stop()
        search_of(again).engine.close()

"""Answers on disk: asked for again only if they have changed, and nobody else's."""

import multiprocessing
import os
import random
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub import AsyncBuildHub, BuildHub
from buildhub.client.answer_cache import AnswerCache, Kept
from buildhub.client.errors import DiskFailure, Refused, Unavailable
from buildhub.client.exchange import Answer, Question
from buildhub.sqlite_file import DatabaseFailure

from tests.jobs.client.conftest import Client
from tests.jobs.client.test_faults import place_of
from tests.jobs.command.test_find import call
from tests.jobs.served_catalogue import RECORDS, Place
from tests.stand_ins.http_server import forwarding, running


class Server:
    """Answers the coverage, each sender another one, all of them with the same entity tag."""

    def __init__(self) -> None:
        self.tag = '"1"'
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[str | None] = []

    async def handle(self, request: web.Request) -> web.Response:
        known = request.headers.get("If-None-Match")
        self.asked.append(known)
        if self.status != 200:
            return web.Response(status=self.status)
        if known == self.tag:
            return web.Response(status=304, headers={"ETag": self.tag})
        sender = request.headers.get("Authorization", "nobody")
        moment = f"{2000 + sum(map(ord, sender + self.tag)) % 1000}-01-01T00:00:00Z"
        body = {"data": {"complete_until": moment, "channels": []}}
        return web.json_response(body, headers={"ETag": self.tag, **self.headers})


def test_an_answer_is_sent_again_only_if_it_has_changed(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    server = Server()
    with running(server.handle) as url:
        hub = connect(place_of(url), cache=tmp_path / "answers")
        first = [hub.coverage(), hub.coverage()]
        server.tag = '"2"'
        second = [hub.coverage(), hub.coverage()]
    assert server.asked == [None, '"1"', '"1"', '"2"']
    assert first[0] == first[1] != second[0] == second[1]


def test_all_records_come_again_from_the_disk(
    connect: Callable[..., Client], catalogue: Place, tmp_path: Path
) -> None:
    sizes: list[int] = []

    def measure(body: bytes) -> bytes:
        sizes.append(len(body))
        return body

    with running(forwarding(catalogue.url.removesuffix("/v1"), lambda *_: measure)) as url:
        place = Place(f"{url}/v1", catalogue.bucket, catalogue.collection)
        hub = connect(place, cache=tmp_path / "answers")
        first, again = hub.builds(), hub.builds()
    assert len(first) == len(RECORDS)
    assert again == first
    assert [size > 0 for size in sizes] == [True, False]


def test_both_clients_share_a_cache(tmp_path: Path) -> None:
    server, path = Server(), tmp_path / "answers"
    with running(server.handle) as url:
        with BuildHub(f"{url}/v1", cache=path) as hub:
            first = hub.coverage()
        other = Client(AsyncBuildHub(f"{url}/v1", cache=path))
        assert other.coverage() == first
        other.end()
    assert server.asked == [None, '"1"']


SENDERS: list[dict[str, str]] = [
    {},
    {"auth": "a:secret"},
    {"auth": "b:secret"},
    {"token": "one"},
    {"token": "two"},
    {"client_id": "a", "secret": "secret"},
    {"client_id": "b", "secret": "secret"},
]


def test_nobody_gets_the_answer_to_somebody_else(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    server = Server()
    with running(server.handle) as url:
        for credentials in SENDERS:
            connect(place_of(url), cache=tmp_path / "answers", **credentials).coverage()
    assert server.asked == [None] * len(SENDERS)


def test_no_server_gets_the_answer_of_another(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    servers = Server(), Server()
    with running(servers[0].handle) as one, running(servers[1].handle) as two:
        for url in (one, two):
            connect(place_of(url), cache=tmp_path / "answers").coverage()
    assert [server.asked for server in servers] == [[None], [None]]


REFUSALS = [pytest.param(403, Refused, id="revoked"), pytest.param(503, Unavailable, id="busy")]


@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_what_is_kept_is_no_answer_without_the_server(
    connect: Callable[..., Client], tmp_path: Path, status: int, error: type[Exception]
) -> None:
    server = Server()
    with running(server.handle) as url:
        hub = connect(place_of(url), cache=tmp_path / "answers")
        hub.coverage()
        server.status = status
        with pytest.raises(error):
            hub.coverage()


def test_what_is_not_to_be_stored_is_not_kept(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    server = Server()
    server.headers = {"Cache-Control": "private, no-store"}
    with running(server.handle) as url:
        hub = connect(place_of(url), cache=tmp_path / "answers")
        assert hub.coverage() == hub.coverage()
    assert server.asked == [None, None]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "answers"
    with keeping(path) as cache:
        settle(cache, "/a", b"a")
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
        assert modes == dict.fromkeys(("answers", "answers-wal", "answers-shm"), 0o600)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_place_where_nothing_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file" / "answers", Path("/dev/null")):
        with pytest.raises(DiskFailure, match=str(path)):
            BuildHub("http://localhost/v1", cache=path)


QUESTION: Question[Any] = Question("/a", lambda answer: answer.body)


class keeping:  # noqa: N801
    """A context with an open cache."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.cache = AnswerCache(path, "nobody", **options)

    def __enter__(self) -> AnswerCache:
        return self.cache

    def __exit__(self, *_: object) -> None:
        self.cache.close()


def settle(cache: AnswerCache, url: str, body: bytes, tag: str = '"1"') -> None:
    cache.settle(url, QUESTION, None, Answer(url, 200, {"ETag": tag}, body))


def test_a_damaged_file_costs_requests_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    draw = random.Random(1)  # noqa: S311 - the same on every run.
    bodies = {f"/{number}": draw.randbytes(3000) for number in range(20)}
    found_count = 0
    for _ in range(40):
        with keeping(path) as cache:
            for url, body in bodies.items():
                settle(cache, url, body)
        content = bytearray(path.read_bytes())
        for _ in range(3):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        with keeping(path) as cache:
            for url, body in bodies.items():
                kept = cache.find(url, QUESTION)
                assert kept in (None, Kept('"1"', body))
                found_count += kept is not None
    assert found_count > 0


NO_DATABASES = [
    pytest.param(b"something else\n" * 1000, id="text"),
    pytest.param(b"SQLite format 3\x00" + b"\xff" * 8000, id="a-head-alone"),
]


@pytest.mark.parametrize("content", NO_DATABASES)
def test_a_file_that_is_no_database_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "answers"
    path.write_bytes(content)
    with keeping(path) as cache:
        assert cache.find("/a", QUESTION) is None
        settle(cache, "/a", b"a")
        assert cache.find("/a", QUESTION) == Kept('"1"', b"a")
    assert path.with_name("answers.damaged").read_bytes() == content


def test_it_stays_below_its_bound_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    path, most_bytes = tmp_path / "answers", 200_000
    draw = random.Random(1)  # noqa: S311 - the same on every run.
    with keeping(path, most_bytes=most_bytes) as cache:
        for number in range(100):
            settle(cache, f"/{number}", draw.randbytes(8000))
        settle(cache, "/large", draw.randbytes(50_000))
        found = [number for number in range(100) if cache.find(f"/{number}", QUESTION)]
        assert cache.find("/large", QUESTION) is None
    assert found == list(range(found[0], 100))
    assert 0.8 * most_bytes < len(found) * 8000 < most_bytes
    assert path.stat().st_size < 2 * most_bytes


def test_a_disk_that_fails_ends_the_cache_and_no_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise DatabaseFailure("disk full", "SQLITE_FULL")

    server = Server()
    with (
        running(server.handle) as url,
        BuildHub(f"{url}/v1", cache=tmp_path / "answers") as hub,
        monkeypatch.context() as patch,
    ):
        patch.setattr("buildhub.sqlite_file.SqliteFile.write", fail)
        assert hub.coverage() == hub.coverage()
    assert server.asked == [None, None]
    assert "answers are kept no longer: disk full" in caplog.text


SHARING = """
import random, sys
from pathlib import Path
from buildhub.client.answer_cache import AnswerCache
from buildhub.client.exchange import Answer, Question

question = Question("/a", None)
cache = AnswerCache(Path(sys.argv[1]), "nobody", most_bytes=100_000)
for round in range(150):
    url = f"/{random.randrange(20)}"
    kept = cache.find(url, question)
    assert kept is None or kept.body == url.encode() * 2000, kept
    cache.settle(url, question, None, Answer(url, 200, {"ETag": '"1"'}, url.encode() * 2000))
assert cache.find(url, question) is not None
"""


def test_processes_share_a_file(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SHARING, str(tmp_path / "answers")]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert errors == [b"", b"", b""]


# Nothing of the other threads is used in the child, but for the lock, which is the case.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_threads_and_a_forked_process_share_a_cache(tmp_path: Path) -> None:
    with keeping(tmp_path / "answers") as cache:
        threads = [
            threading.Thread(target=settle, args=(cache, f"/{number}", b"a")) for number in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        child = multiprocessing.get_context("fork").Process(
            target=lambda: os._exit(42 if cache.find("/7", QUESTION) else 1)
        )
        child.start()
        child.join(20)
        assert child.exitcode == 42
        assert cache.find("/3", QUESTION) == Kept('"1"', b"a")


def test_a_setting_of_the_commands_names_the_file(catalogue: Place, tmp_path: Path) -> None:
    path = tmp_path / "answers"
    for _ in range(2):
        found = call(catalogue, "find", "53.0b10", BUILDHUB_ANSWER_CACHE=str(path))
        assert "3 builds" in found.stderr
    assert path.exists()
    refused = call(catalogue, "find", "53.0b10", "--answer-cache", str(tmp_path))
    assert refused.exit_code == 3
    assert "cannot be written" in refused.stderr

"""Files of builds, from servers that break off, change, and send too much."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.client.errors import BrokenAnswer, DiskFailure, RequestError, Unavailable
from buildhub.client.parsing import parse_record
from buildhub.client.values import Record

from tests.conftest import make_record
from tests.jobs.client.conftest import Client
from tests.jobs.conftest import QUICK
from tests.jobs.served_catalogue import Place
from tests.stand_ins.http_server import running

CONTENT = bytes(range(256)) * 4000
NOWHERE = Place("http://127.0.0.1:1/v1", "build-hub", "releases")


def record_at(url: str) -> Record:
    data = make_record(download__url=f"{url}/pub/Firefox 53.0b9.exe", download__size=len(CONTENT))
    return parse_record({**data, "last_modified": 1})


class FileServer:
    """Serves `CONTENT` with ranges, as much of it in an answer as `most` says."""

    def __init__(self, most: int = len(CONTENT), content: bytes = CONTENT, ranges: bool = True):
        self.most, self.content, self.ranges = most, content, ranges
        self.starts: list[int] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        start = request.http_range.start or 0 if self.ranges else 0
        self.starts.append(start)
        response = web.StreamResponse(status=206 if start else 200)
        response.content_length = len(self.content) - start
        await response.prepare(request)
        await response.write(self.content[start : start + self.most])
        if start + self.most < len(self.content):
            assert request.transport is not None
            request.transport.close()
        return response


def test_a_file_is_saved_under_its_name(connect: Callable[..., Client], tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    with running(FileServer().handle) as url:
        path = connect(NOWHERE).download(
            record_at(url), tmp_path, progress=lambda *each: seen.append(each)
        )
    assert path == tmp_path / "Firefox 53.0b9.exe"
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert list(tmp_path.iterdir()) == [path]


def test_a_download_goes_on_where_it_broke_off(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    server = FileServer(most=600_000)
    with running(server.handle) as url:
        # Of what came before the end, aiohttp does not give all.
        patient = connect(NOWHERE, retry_policy=RetryPolicy(20, QUICK))
        path = patient.download(record_at(url), tmp_path / "file")
    assert path.read_bytes() == CONTENT
    assert len(server.starts) > 1
    assert server.starts[1] > 0


def test_the_next_call_goes_on_with_what_is_there(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(CONTENT[:1000])
    server = FileServer()
    with running(server.handle) as url:
        connect(NOWHERE).download(record_at(url), tmp_path / "file")
    assert server.starts == [1000]
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_again(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    (tmp_path / "file.part").write_bytes(b"something else")
    with running(FileServer(ranges=False).handle) as url:
        connect(NOWHERE).download(record_at(url), tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_a_file_that_is_too_long_is_not_kept(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    server = FileServer(most=2 * len(CONTENT), content=CONTENT * 2)
    with (
        running(server.handle) as url,
        pytest.raises(BrokenAnswer, match="more than the 1,024,000 bytes"),
    ):
        connect(NOWHERE).download(record_at(url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_stays_too_short_is_unavailable(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    with (
        running(FileServer(content=CONTENT[:1000]).handle) as url,
        pytest.raises(Unavailable, match="broke off"),
    ):
        connect(NOWHERE).download(record_at(url), tmp_path / "file")
    assert not (tmp_path / "file").exists()


def test_a_file_that_is_gone_is_told(connect: Callable[..., Client], tmp_path: Path) -> None:
    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=404)

    with running(gone) as url, pytest.raises(RequestError, match="404"):
        connect(NOWHERE).download(record_at(url), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_what_is_there_is_kept(
    connect: Callable[..., Client], tmp_path: Path
) -> None:
    (tmp_path / "file.part").symlink_to("/dev/full")
    with (
        running(FileServer().handle) as url,
        pytest.raises(DiskFailure, match=r"file\.part: cannot be written \(No space left"),
    ):
        connect(NOWHERE).download(record_at(url), tmp_path / "file")
    assert (tmp_path / "file.part").is_symlink()
    assert not (tmp_path / "file").exists()

"""Finding metadata: where it is looked for, what is remembered, what a fault costs."""

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.cache import ResponseCache
from buildhub.archive.fetch import LARGEST_BODY_BYTES, open_fetcher
from buildhub.archive.metadata_finder import FoundMetadata, MetadataFinder
from buildhub.errors import Unavailable
from buildhub.rules.entry import Entry
from buildhub.rules.paths import Build, parse_path

from tests.stand_ins.http_server import running

MODIFIED = datetime(2018, 6, 1, tzinfo=UTC)
BUILT = MODIFIED.timestamp()
DAY = 24 * 3600.0
CANDIDATES = "/pub/firefox/candidates/61.0-candidates/"
JSON = (
    '{"buildid": "20180621125625", "moz_source_repo": "https://hg.mozilla.org/releases/'
    'mozilla-release", "moz_source_stamp": "' + "a" * 40 + '", "moz_update_channel": "release"}'
)
ARCHIVE = {
    CANDIDATES: '{"prefixes": ["build1/", "build11/", "build9/"], "files": []}',
    f"{CANDIDATES}build11/win64/en-US/firefox-61.0.json": JSON,
}


def build(locale: str = "fr", version: str = "61.0") -> Build:
    found = parse_path(f"pub/firefox/releases/{version}/win64/{locale}/Firefox Setup {version}.exe")
    assert isinstance(found, Build)
    return found


class Server:
    """An archive that is a table, and notes what it is asked for."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="<html>")
        return web.Response(status=page) if isinstance(page, int) else web.Response(text=page)


def find(
    server: Server, path: Path | None, builds: list[Build], *, now: float = BUILT + 100 * DAY
) -> list[FoundMetadata]:
    """Look for the metadata of *builds* at the moment *now*, all at the same time."""

    async def run(url: str) -> list[FoundMetadata]:
        async with open_fetcher(
            parallel=4, retry_policy=RetryPolicy(0), timeout_seconds=10
        ) as fetcher:
            with closing(ResponseCache(path, clock=lambda: now)) as cache:
                # The same archive, at another port in each run.
                finder = MetadataFinder(fetcher, _Renamed(cache, url), f"{url}/", clock=lambda: now)
                entries = [Entry(each.path, 1, MODIFIED) for each in builds]
                return await asyncio.gather(*map(finder.find_metadata, builds, entries))

    with running(server.answer) as url:
        return asyncio.run(run(url))


class _Renamed:
    """A cache that knows the archive by one name."""

    def __init__(self, cache: ResponseCache, url: str) -> None:
        self._cache, self._url = cache, url

    def find_response(self, url: str) -> Any:
        return self._cache.find_response(url.replace(self._url, "archive"))

    def store_response(self, url: str, status: int, body: bytes | None) -> Any:
        return self._cache.store_response(url.replace(self._url, "archive"), status, body)

    def forget_response(self, url: str) -> None:
        self._cache.forget_response(url.replace(self._url, "archive"))


def test_a_release_has_the_metadata_of_its_highest_candidate() -> None:
    server = Server(ARCHIVE)
    (found,) = find(server, None, [build()])
    assert found.candidate_number == 11
    assert found.metadata is not None
    assert found.metadata.build_id == "20180621125625"


def test_many_locales_at_once_ask_once() -> None:
    server = Server(ARCHIVE)
    found = find(server, None, [build(locale) for locale in ("fr", "de", "pl", "ja")])
    assert len({id(each.metadata) for each in found}) == 1
    assert server.asked == list(ARCHIVE)


def test_a_second_run_asks_nothing(tmp_path: Path) -> None:
    first = find(Server(ARCHIVE), tmp_path / "cache", [build()])
    server = Server({})
    assert find(server, tmp_path / "cache", [build()]) == first
    assert server.asked == []


def test_misses_are_remembered_too(tmp_path: Path) -> None:
    assert find(Server({}), tmp_path / "cache", [build()]) == [FoundMetadata(None, None)]
    server = Server(ARCHIVE)
    assert find(server, tmp_path / "cache", [build()]) == [FoundMetadata(None, None)]
    assert server.asked == []


def test_misses_of_a_young_build_are_soon_asked_for_again(tmp_path: Path) -> None:
    find(Server({}), tmp_path / "cache", [build()], now=BUILT + 60)
    server = Server(ARCHIVE)
    (found,) = find(server, tmp_path / "cache", [build()], now=BUILT + 60 + 16 * 60)
    assert found.candidate_number == 11


def test_a_newer_candidate_is_seen_and_files_are_not_asked_for_again(tmp_path: Path) -> None:
    find(Server(ARCHIVE), tmp_path / "cache", [build()], now=BUILT + DAY)
    server = Server(
        {
            CANDIDATES: '{"prefixes": ["build11/", "build12/"], "files": []}',
            f"{CANDIDATES}build12/win64/en-US/firefox-61.0.json": JSON.replace("0621", "0622"),
        }
    )
    (found,) = find(server, tmp_path / "cache", [build()], now=BUILT + 3 * DAY)
    assert (found.candidate_number, found.metadata.build_id) == (12, "20180622125625")


UNREADABLE = [
    pytest.param("<?xml version='1.0'?><Error/>", id="xml-for-json"),
    pytest.param("<html>", id="a-page"),
    pytest.param("", id="nothing"),
    pytest.param("[]", id="a-list"),
]


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_no_metadata_counts_as_none(body: str) -> None:
    server = Server(ARCHIVE | {f"{CANDIDATES}build11/win64/en-US/firefox-61.0.json": body})
    assert find(server, None, [build()]) == [FoundMetadata(None, 11)]


@pytest.mark.parametrize(
    "body", [*UNREADABLE, pytest.param(" " * (LARGEST_BODY_BYTES + 1), id="far-too-much")]
)
def test_what_is_no_listing_is_not_taken_for_absence(tmp_path: Path, body: str) -> None:
    with pytest.raises(Unavailable, match=CANDIDATES):
        find(Server(ARCHIVE | {CANDIDATES: body}), tmp_path / "cache", [build()])
    (found,) = find(Server(ARCHIVE), tmp_path / "cache", [build()])
    assert found.candidate_number == 11


def test_after_a_bad_file_the_next_place_is_tried() -> None:
    folder = f"{CANDIDATES}build11/win64/en-US/"
    pages = {
        f"{folder}firefox-61.0.json": "<html>",
        f"{folder}firefox-61.0.txt": "20180621125625\n",
    }
    pages[f"{folder}firefox-61.0.txt"] += "https://hg.mozilla.org/releases/x/rev/" + "b" * 40 + "\n"
    (found,) = find(Server({CANDIDATES: ARCHIVE[CANDIDATES]} | pages), None, [build()])
    assert found.metadata.revision == "b" * 40


def test_a_bad_file_is_asked_for_again_later(tmp_path: Path) -> None:
    path = f"{CANDIDATES}build11/win64/en-US/firefox-61.0.json"
    find(Server(ARCHIVE | {path: "<html>"}), tmp_path / "cache", [build()], now=BUILT + 60)
    (found,) = find(Server(ARCHIVE), tmp_path / "cache", [build()], now=BUILT + DAY)
    assert found.metadata.build_id == "20180621125625"


def test_an_outage_is_not_taken_for_absence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="503"):
        find(Server({CANDIDATES: 503}), tmp_path / "cache", [build()])
    (found,) = find(Server(ARCHIVE), tmp_path / "cache", [build()])
    assert found.candidate_number == 11


def test_an_archive_that_fails_again_and_again_is_down() -> None:
    async def run(url: str) -> list[str]:
        raised = []
        async with open_fetcher(
            parallel=4, retry_policy=RetryPolicy(0), timeout_seconds=10
        ) as fetcher:
            finder = MetadataFinder(fetcher, ResponseCache(None), f"{url}/")
            for major in range(50, 60):
                failing = build(version=f"{major}.0")
                with pytest.raises(Unavailable) as caught:
                    await finder.find_metadata(failing, Entry(failing.path, 1, MODIFIED))
                raised.append(type(caught.value).__name__)
        return raised

    async def busy(request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    with running(busy) as url:
        raised = asyncio.run(run(url))
    assert (raised[0], raised[-1]) == ("Busy", "ArchiveDown")

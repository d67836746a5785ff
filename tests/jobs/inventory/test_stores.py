"""The places that hold inventories: one contract, three of them, and what can be wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from buildhub.archive.fetch import open_fetcher
from buildhub.errors import BadData, ConfigError, Unavailable
from buildhub.inventory.manifest import InventorySource, latest_dated, locate, parse_manifest
from buildhub.inventory.stores import FolderStore, HttpStore, Store, open_store
from buildhub.settings import read_settings
from buildhub_sample_archive import (
    INVENTORY_BUCKET,
    Fault,
    SampleArchive,
    running_sample_archive,
)
from buildhub_sample_archive.inventories.store import write_inventories

from tests.jobs.conftest import QUICK
from tests.stand_ins.http_server import running

LARGEST = 2**20

FOLDER = "public/inventories/net-mozaws-prod-delivery-firefox/delivery-firefox/"
OpenStore = Callable[[], AbstractAsyncContextManager[Store]]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The inventories of the tiny sample as a folder."""
    folder = tmp_path_factory.mktemp("copy")
    write_inventories(SampleArchive("tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def web_server(copy: Path) -> Iterator[str]:
    """The same over HTTP, with the archive's listings."""

    async def answer(request: web.Request) -> web.StreamResponse:
        path = copy / request.path.lstrip("/")
        if request.path.endswith("/") and path.is_dir():
            names = sorted(f"{each.name}/" for each in path.iterdir() if each.is_dir())
            files = [
                {"name": each.name, "size": 1, "last_modified": "2024-06-01T00:09:00Z"}
                for each in path.iterdir()
                if each.is_file()
            ]
            return web.json_response({"prefixes": names, "files": files})
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    with running(answer) as url:
        yield url


@asynccontextmanager
async def opened(
    root: str, endpoint: str | None = None, largest: int = LARGEST
) -> AsyncIterator[Store]:
    settings = replace(
        read_settings({"NB_RETRY_REQUEST": "1"}), s3_endpoint_url=endpoint, retry_waits=QUICK
    )
    async with (
        open_fetcher(
            parallel=2,
            retry_policy=settings.retry_policy,
            timeout_seconds=10,
            largest_body_bytes=largest,
        ) as fetcher,
        open_store(root, fetcher, settings, largest_object_bytes=largest) as store,
    ):
        yield store


class StoreContract:
    """What every store does; a subclass says which with its fixture ``open_it``."""

    def test_folders_are_named_without_slashes(self, open_it: OpenStore) -> None:
        async def ask() -> list[str]:
            async with open_it() as store:
                return await store.list_folders(FOLDER)

        folders = asyncio.run(ask())
        assert latest_dated(folders) == "2024-06-01T00-09Z"
        assert "data" in folders
        assert not [name for name in folders if "/" in name]

    def test_a_folder_that_is_not_there_has_no_folders(self, open_it: OpenStore) -> None:
        async def ask() -> list[str]:
            async with open_it() as store:
                return await store.list_folders("public/nothing/")

        assert asyncio.run(ask()) == []

    def test_files_are_named_without_their_folder(self, open_it: OpenStore) -> None:
        async def ask(key: str) -> list[str]:
            async with open_it() as store:
                return await store.list_files(key)

        files = asyncio.run(ask(f"{FOLDER}2024-06-01T00-09Z/"))
        assert sorted(files) == ["manifest.checksum", "manifest.json"]
        assert asyncio.run(ask("public/nothing/")) == []

    def test_objects_are_read_whole(self, open_it: OpenStore, copy: Path, tmp_path: Path) -> None:
        manifest_key = f"{FOLDER}2024-06-01T00-09Z/manifest.json"

        async def ask() -> tuple[bytes | None, bytes]:
            async with open_it() as store:
                body = await store.fetch_object(manifest_key)
                assert body is not None
                part = parse_manifest(body, key=manifest_key, name="").parts[0]
                file = await store.fetch_file(
                    f"public/{part.key}", tmp_path / "part", largest_bytes=LARGEST
                )
                assert file is not None
                return body, file.read_bytes()[: part.size]

        body, part = asyncio.run(ask())
        assert body == (copy / manifest_key).read_bytes()
        assert part.startswith(b"\x1f\x8b")

    def test_what_is_not_there_is_none(self, open_it: OpenStore, tmp_path: Path) -> None:
        async def ask() -> tuple[bytes | None, Path | None]:
            async with open_it() as store:
                key = "public/nothing.csv.gz"
                return await store.fetch_object(key), await store.fetch_file(
                    key, tmp_path / "part", largest_bytes=LARGEST
                )

        assert asyncio.run(ask()) == (None, None)

    def test_names_hold_the_key(self, open_it: OpenStore) -> None:
        async def ask() -> str:
            async with open_it() as store:
                return store.name("public/a/manifest.json")

        assert asyncio.run(ask()).endswith("/public/a/manifest.json")


class TestFolder(StoreContract):
    @pytest.fixture
    def open_it(self, copy: Path) -> OpenStore:
        return lambda: opened(str(copy))


class TestHttp(StoreContract):
    @pytest.fixture
    def open_it(self, web_server: str) -> OpenStore:
        return lambda: opened(web_server)


class TestS3(StoreContract):
    @pytest.fixture
    def open_it(self, sample_archive: str) -> OpenStore:
        return lambda: opened(f"s3://{INVENTORY_BUCKET}", sample_archive)


@pytest.mark.parametrize("kind", ["http", "s3"])
def test_more_than_was_asked_for_is_not_taken(
    kind: str, web_server: str, sample_archive: str, tmp_path: Path
) -> None:
    root = web_server if kind == "http" else f"s3://{INVENTORY_BUCKET}"
    key = f"{FOLDER}2024-06-01T00-09Z/manifest.json"

    async def read() -> None:
        async with opened(root, sample_archive, 100) as store:
            await store.fetch_object(key)

    async def download() -> None:
        async with opened(root, sample_archive, 100) as store:
            await store.fetch_file(key, tmp_path / "part", largest_bytes=100)

    for question in (read, download):
        with pytest.raises(BadData, match=rf"{key}: more than the 100 bytes"):
            asyncio.run(question())


def test_an_s3_object_that_breaks_off_is_fetched_again(tmp_path: Path) -> None:
    key = f"{FOLDER}2024-06-01T00-09Z/manifest.json"

    async def ask(endpoint: str) -> bytes:
        async with opened(f"s3://{INVENTORY_BUCKET}", endpoint) as store:
            found = await store.fetch_file(key, tmp_path / "part", largest_bytes=LARGEST)
            assert found is not None
            return found.read_bytes()

    with running_sample_archive("tiny", faults=[Fault("truncated", key, times=1)]) as url:
        assert b'"fileSchema"' in asyncio.run(ask(url))


def test_s3_that_stays_down_is_named(tmp_path: Path) -> None:
    async def ask(endpoint: str) -> None:
        async with opened(f"s3://{INVENTORY_BUCKET}", endpoint) as store:
            await store.fetch_object("public/x")

    with (
        running_sample_archive("tiny", faults=[Fault("unavailable", "public/x")]) as url,
        pytest.raises(Unavailable, match=f"s3://{INVENTORY_BUCKET}/public/x"),
    ):
        asyncio.run(ask(url))


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a folder"):
        FolderStore(tmp_path / "nothing")


def test_http_names_are_encoded() -> None:
    store = HttpStore(None, "http://host/")  # type: ignore[arg-type]
    assert store.name("a b+c") == "http://host/a%20b%2Bc"


PLACES = [
    pytest.param(
        "s3://bucket/public/inventories/x/2024-06-01T00-09Z/manifest.json",
        InventorySource("s3://bucket", "public/inventories/x/2024-06-01T00-09Z/manifest.json"),
        id="in-a-bucket",
    ),
    pytest.param(
        "https://host/copy/public/inventories/x",
        InventorySource("https://host/copy", "public/inventories/x/"),
        id="folder-of-dated-folders",
    ),
    pytest.param(
        "/data/2024-06-01T00-09Z/manifest.json",
        InventorySource("/data", "2024-06-01T00-09Z/manifest.json"),
        id="a-copy-without-public",
    ),
    pytest.param("https://host/copy/", InventorySource("https://host/copy/", ""), id="bare-folder"),
]


@pytest.mark.parametrize(("address", "source"), PLACES)
def test_locate(address: str, source: InventorySource) -> None:
    assert locate(address) == source


def test_the_latest_dated_folder_is_the_greatest_date() -> None:
    names = ["data", "hive", "2017-07-13T00-09Z", "2017-08-02T00-11Z", "2018", "9999-zz"]
    assert latest_dated(names) == "2017-08-02T00-11Z"
    assert latest_dated(["data", "hive"]) is None

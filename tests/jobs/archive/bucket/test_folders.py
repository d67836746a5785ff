"""Folders from flat listings of the bucket, compared with the archive's own folder pages."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.archive.bucket.client import BucketClient
from buildhub.archive.bucket.folders import list_folder, list_tree, unit_of
from buildhub.archive.fetch import address, open_fetcher
from buildhub.archive.listing import Listing, fetch_listing
from buildhub.rules.walkable_folders import may_hold_builds
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET

from tests.jobs.conftest import QUICK

NAMES = sorted(each.path for each in SampleArchive("tiny").iter_objects())
FOLDERS = sorted(
    {"/".join(n.split("/")[:i]) + "/" for n in NAMES for i in range(1, n.count("/") + 1)}
)
WALKABLE = [folder for folder in FOLDERS if may_hold_builds(folder)]
UNITS = sorted({unit for folder in WALKABLE if (unit := unit_of(folder))})


def ask(url: str, question: Callable[[BucketClient, Any], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with open_fetcher(
            parallel=8, retry_policy=RetryPolicy(1, QUICK), timeout_seconds=20
        ) as fetcher:
            return await question(BucketClient(fetcher, f"{url}/", ARCHIVE_BUCKET), fetcher)

    return asyncio.run(run())


def names(listing: Listing | None) -> tuple[set[str], dict[str, str]] | None:
    if listing is None:
        return None
    return set(listing.folders), {each.name: str(each.modified) for each in listing.files}


def test_each_unit_has_the_folders_that_the_pages_show(sample_archive: str) -> None:
    async def compare(client: BucketClient, fetcher: Any) -> int:
        count = 0
        for unit in UNITS[::7]:
            tree = await list_tree(client, unit)
            for folder in (each for each in WALKABLE if unit_of(each) == unit):
                page = await fetch_listing(fetcher, address(f"{sample_archive}/", folder))
                assert names(tree.peek(folder)) == names(page), folder
                assert tree.pop(folder) is not None
                assert tree.pop(folder) is None
                count += 1
        return count

    assert ask(sample_archive, compare) > 50


def test_a_folder_alone_is_what_its_page_shows(sample_archive: str) -> None:
    async def compare(client: BucketClient, fetcher: Any) -> None:
        for folder in (*FOLDERS[:20], *FOLDERS[::97]):
            page = await fetch_listing(fetcher, address(f"{sample_archive}/", folder))
            assert names(await list_folder(client, folder)) == names(page), folder
        assert await list_folder(client, "pub/nothing/") is None

    ask(sample_archive, compare)


def test_folders_that_hold_no_builds_are_passed_over(sample_archive: str) -> None:
    """A page's worth of files in one is not listed to its end."""

    async def count(client: BucketClient, fetcher: Any) -> tuple[int, int]:
        tree = await list_tree(client, "pub/firefox/")
        return client.page_count, len(tree.files)

    page_count, folder_count = ask(sample_archive, count)
    below = sum(name.startswith("pub/firefox/") for name in NAMES)
    assert folder_count == sum(f.startswith("pub/firefox/") for f in WALKABLE) + 1
    assert page_count <= below // 1000 + 1


UNIT_OF = [
    ("pub/", None),
    ("pub/firefox/", None),
    ("pub/firefox/releases/", None),
    ("pub/firefox/releases/60.0/", "pub/firefox/releases/60.0/"),
    ("pub/firefox/releases/60.0/win32/fr/", "pub/firefox/releases/60.0/"),
    ("pub/firefox/candidates/60.0-candidates/", None),
    (
        "pub/firefox/candidates/60.0-candidates/build10/",
        "pub/firefox/candidates/60.0-candidates/build10/",
    ),
    (
        "pub/firefox/candidates/60.0-candidates/build1/win32/fr/",
        "pub/firefox/candidates/60.0-candidates/build1/",
    ),
    ("pub/firefox/nightly/2024/05/", None),
    (
        "pub/firefox/nightly/2024/05/2024-05-31-09-12-00-mozilla-central-l10n/",
        "pub/firefox/nightly/2024/05/2024-05-31",
    ),
    (
        "pub/fenix/nightly/2024/05/2024-05-20-21-46-33-fenix-128.0a1-android-x86_64/",
        "pub/fenix/nightly/2024/05/2024-05-20",
    ),
    (
        "pub/thunderbird-mobile/android/releases/21.1/",
        "pub/thunderbird-mobile/android/releases/21.1/",
    ),
    (
        "pub/vpn/candidates/2.39.0-candidates/build20260720210739/windows/",
        "pub/vpn/candidates/2.39.0-candidates/build20260720210739/",
    ),
]


@pytest.mark.parametrize(("folder", "unit"), UNIT_OF)
def test_what_is_listed_together(folder: str, unit: str | None) -> None:
    assert unit_of(folder) == unit

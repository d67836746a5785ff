"""The bucket's listing in Google Cloud Storage's JSON API, asked over HTTP."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from buildhub_sample_archive import Fault, SampleArchive, running_sample_archive
from buildhub_sample_archive.archive import Object
from buildhub_sample_archive.http.bucket_listing import API_PATH, ARCHIVE_BUCKET
from hypothesis import given
from hypothesis import strategies as st

OBJECTS = {each.path: each for each in SampleArchive("tiny").iter_objects()}
NAMES = sorted(OBJECTS)
FOLDER = "pub/firefox/candidates/56.0b12-candidates/"


@pytest.fixture(scope="module")
def archive() -> Iterator[str]:
    with running_sample_archive("tiny") as url:
        yield url


def ask(url: str, **query: str) -> requests.Response:
    return requests.get(f"{url}{API_PATH}{ARCHIVE_BUCKET}/o", params=query, timeout=10)


def pages(url: str, **query: str) -> Iterator[dict[str, Any]]:
    while True:
        page = ask(url, **query).json()
        yield page
        if "nextPageToken" not in page:
            return
        query["pageToken"] = page["nextPageToken"]


def names(url: str, **query: str) -> list[str]:
    return [item["name"] for page in pages(url, **query) for item in page.get("items", ())]


def prefixes(url: str, **query: str) -> list[str]:
    return [each for page in pages(url, **query) for each in page.get("prefixes", ())]


def test_all_pages_together_have_each_object_once_in_order(archive: str) -> None:
    sizes = [len(page["items"]) for page in pages(archive)]
    assert names(archive) == NAMES
    assert sizes[:-1] == [1000] * (len(NAMES) // 1000)


@given(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(("", "pub/fi", FOLDER)))
def test_a_range_of_names_is_cut_out_of_the_whole(
    archive: str, start: str, end: str, prefix: str
) -> None:
    expected = [n for n in NAMES if start <= n < end and n.startswith(prefix)]
    found = names(archive, startOffset=start, endOffset=end, prefix=prefix)
    assert found == expected


@pytest.mark.parametrize("limit", ["1", "3", "1000", "5000"])
@pytest.mark.parametrize("prefix", ["", "pub/", "pub/f", FOLDER, f"{FOLDER}build1/win32/en-US/"])
def test_a_delimiter_folds_names_behind_it(archive: str, prefix: str, limit: str) -> None:
    below = [name.removeprefix(prefix) for name in NAMES if name.startswith(prefix)]
    query = {"prefix": prefix, "delimiter": "/", "maxResults": limit}
    assert names(archive, **query) == [prefix + name for name in below if "/" not in name]
    folders = {f"{prefix}{name.split('/')[0]}/" for name in below if "/" in name}
    assert prefixes(archive, **query) == sorted(folders)


def test_items_and_prefixes_are_counted_together(archive: str) -> None:
    for page in pages(archive, prefix=FOLDER, delimiter="/", maxResults="2"):
        assert len(page.get("items", ())) + len(page.get("prefixes", ())) <= 2


def test_an_object_is_described_as_the_store_has_it(archive: str) -> None:
    items = {i["name"]: i for page in pages(archive, prefix=FOLDER) for i in page["items"]}
    assert set(items) == {name for name in NAMES if name.startswith(FOLDER)}
    for name, item in items.items():
        made: Object = OBJECTS[name]
        assert item["size"] == str(made.size)
        for moment in ("timeCreated", "updated", "timeStorageClassUpdated"):
            assert item[moment].startswith(made.modified.strftime("%Y-%m-%dT%H:%M:%S."))
        if "-" in made.etag:
            assert "md5Hash" not in item
        else:
            assert b64decode(item["md5Hash"]).hex() == made.etag


def test_young_candidates_expire_and_what_tells_about_them_does_not(archive: str) -> None:
    items = {i["name"]: i for page in pages(archive) for i in page["items"]}
    expiring = {name for name, item in items.items() if "customTime" in item}
    assert expiring
    assert all("/candidates/" in name for name in expiring)
    assert not any(name.endswith(("buildhub.json", "_info.txt")) for name in expiring)
    for name in expiring:
        assert items[name]["customTime"][:4] == str(OBJECTS[name].modified.year + 1)[:4]


def test_fields_select_parts_of_an_answer(archive: str) -> None:
    answer = ask(
        archive, fields="nextPageToken,prefixes,items(name,md5Hash)", maxResults="1"
    ).json()
    assert set(answer) == {"nextPageToken", "items"}
    assert set(answer["items"][0]) == {"name", "md5Hash"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"maxResults": "0"}, "maxResults '0'"),
        ({"maxResults": "many"}, "maxResults 'many'"),
        ({"pageToken": "?"}, "pageToken '?'"),
        ({"delimiter": "-"}, "delimiter '-'"),
        ({"fields": "items(name"}, "fields 'items(name'"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    archive: str, query: dict[str, str], named: str
) -> None:
    answer = ask(archive, **query)
    assert answer.status_code == 400
    assert named in answer.json()["error"]["message"]


def test_another_bucket_is_not_found(archive: str) -> None:
    answer = requests.get(f"{archive}{API_PATH}other/o", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, 404)


@pytest.mark.parametrize(
    ("fault", "query", "status"),
    [
        (Fault("unavailable", FOLDER), {"prefix": FOLDER}, 503),
        (Fault("unavailable", FOLDER), {"prefix": "pub/"}, 200),
        (Fault("unavailable", FOLDER), {"prefix": "pub/", "startOffset": FOLDER}, 503),
        (Fault("listed-only", FOLDER), {"prefix": FOLDER}, 200),
        (Fault("busy", FOLDER, seconds=0), {"prefix": FOLDER}, 503),
    ],
)
def test_faults_go_by_where_a_page_begins(fault: Fault, query: dict[str, str], status: int) -> None:
    with running_sample_archive("tiny", faults=[fault]) as url:
        assert ask(url, **query).status_code == status


def test_faults_can_hide_metadata_and_show_markers_of_folders() -> None:
    faults = [Fault("no-metadata", FOLDER), Fault("nameless", f"{FOLDER}build1/$")]
    with running_sample_archive("tiny", faults=faults) as url:
        shown = names(url, prefix=FOLDER)
        marked = ask(url, prefix=f"{FOLDER}build1/").json()["items"][0]
    assert shown
    assert not any(name.endswith((".json", ".txt")) for name in shown)
    assert (marked["name"], marked["size"]) == (f"{FOLDER}build1/", "0")
